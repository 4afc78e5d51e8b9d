import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient, createInformers, createMemoryTransport, type MemoryTransport } from '../../../src/client/index.ts';
import type { core, Kind } from '../../../src/kinds/index.ts';
import type { PreparedVolume } from '../../../src/kubelet/mounts.ts';
import { createVolumes, type Volumes } from '../../../src/kubelet/volumes/index.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createMemoryRuntime, type MemoryRuntime } from '../../../src/runtime/index.ts';
import { podForTests } from '../../fixtures/kubelet/pods.ts';

/** Volumes of pods over an API in memory and an engine without containers. */
export type VolumeBench = {
  client: Client;
  transport: MemoryTransport;
  runtime: MemoryRuntime;
  clock: VirtualClock;
  volumes: Volumes;
  /** Pods that were said to have files that run out. */
  stale: string[];
  /** Directories that every image is made of here, to be filled. */
  imageLayers: string[];
  /** A folder of the host for hostPath volumes and the like. */
  hostDir: string;
  pod(volume: Omit<core.Volume, 'name'>, spec?: Partial<core.PodSpec>): core.Pod;
  /** Changes an object; resolves when the volumes can know. */
  change<T extends KubeObject>(kind: Kind<T>, name: string, mutate: (draft: T) => void): Promise<void>;
  /** Where the volume named `v` stands on this host. */
  dirOf(pod: core.Pod): Promise<string>;
  close(): Promise<void>;
};

export async function openVolumes({ sharesHost = true }: { sharesHost?: boolean } = {}): Promise<VolumeBench> {
  const clock = new VirtualClock();
  const random = seededRandom(11);
  const transport = createMemoryTransport({ clock, random });
  const client = createClient(transport);
  const ending = new AbortController();
  const root = mkdtempSync(join(tmpdir(), 'volumes-'));
  const informers = createInformers(client, { clock, log: silentLog, signal: ending.signal });
  const runtime = createMemoryRuntime(clock);
  const stale: string[] = [];
  const imageLayers = ['lower', 'upper'].map((it) => join(root, it)).reverse();
  for (const it of imageLayers) await mkdir(it);
  const hostDir = join(root, 'host');
  await mkdir(hostDir);
  const volumes = await createVolumes({
    ...{ client, clock, random, sharesHost, resources: runtime.resources },
    informers,
    rootDir: join(root, 'node'),
    ...{ cluster: 'test', nodeName: 'n1', allocatable: { cpu: '2', memory: '4Gi' }, onStale: (uid) => void stale.push(uid) },
    imageLayers: async () => imageLayers,
  });
  const pods = new Set<string>();
  let count = 0;
  return {
    ...{ client, transport, runtime, clock, volumes, stale, imageLayers, hostDir },
    pod(volume, spec = {}) {
      const uid = `uid-${count++}`;
      pods.add(uid);
      return podForTests({ volumes: [{ name: 'v', ...volume }], ...spec }, { uid, labels: { app: 'web' }, annotations: { note: 'a "b"' } });
    },
    async change(kind, name, mutate) {
      const changed = await client.change(kind, { name, namespace: 'default' }, mutate);
      const known = (): string | undefined => informers.of(kind).get(`default/${name}`)?.metadata.resourceVersion;
      while (known() !== changed?.metadata.resourceVersion) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    async dirOf(pod) {
      const source = (await volumes.prepare(pod)).get('v')?.source;
      return source && 'hostPath' in source ? source.hostPath : '';
    },
    async close() {
      for (const uid of pods) await volumes.remove(uid);
      ending.abort();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** How a type of volume is tried. */
export type VolumeTrial = {
  /** Makes what the volume refers to. */
  prepare?(bench: VolumeBench): Promise<void>;
  volume(bench: VolumeBench): Omit<core.Volume, 'name'>;
  spec?: Partial<core.PodSpec>;
  /** It refers to something that is not there, and what is said then. Absent where there is no such thing. */
  missing?: { volume(bench: VolumeBench): Omit<core.Volume, 'name'>; text: RegExp };
  /** Its content is the pod's, and goes with it. */
  isOfThePod: boolean;
};

/** What every type of volume keeps to. */
export function volumeContract(name: string, trial: VolumeTrial): void {
  describe(`volume: ${name}`, () => {
    let bench: VolumeBench;
    let pod: core.Pod;
    const prepared = async (): Promise<PreparedVolume> => (await bench.volumes.prepare(pod)).get('v') as PreparedVolume;
    beforeEach(async () => {
      bench = await openVolumes();
      await trial.prepare?.(bench);
      pod = bench.pod(trial.volume(bench), trial.spec);
    });
    afterEach(() => bench.close());

    test('is ready to be mounted, and the same when it is made ready again', async () => {
      const { source, readOnly } = await prepared();
      const again = await prepared();
      expect([again.source, again.readOnly]).toEqual([source, readOnly]);
      await bench.volumes.refresh(pod);
      expect((await prepared()).source).toEqual(source);
    });

    test('gives parts of itself, and nothing outside of it', async () => {
      const { subPath } = await prepared();
      const dir = await bench.dirOf(pod);
      if (dir === '') return;
      await mkdir(join(dir, '..sub'));
      await writeFile(join(dir, '..sub', 'f'), 'x');
      await symlink('/etc', join(dir, '..out'));
      expect(await subPath('..sub/f')).toEqual({ hostPath: join(dir, '..sub', 'f') });
      expect(await subPath('..made/deep')).toEqual({ hostPath: join(dir, '..made', 'deep') });
      expect(await readdir(join(dir, '..made'))).toEqual(['deep']);
      await expect(async () => subPath('..out/passwd')).rejects.toThrow('leads out of the volume');
      await expect(async () => subPath('..out/none')).rejects.toThrow('leads out of the volume');
    });

    test(`${trial.isOfThePod ? 'goes' : 'stays'} when its pod goes, which may be said twice`, async () => {
      const dir = await bench.dirOf(pod);
      if (dir !== '') await writeFile(join(dir, '..mark'), 'x');
      expect(await bench.volumes.podsOnDisk()).toContain(pod.metadata.uid);
      await bench.volumes.remove(pod.metadata.uid);
      await bench.volumes.remove(pod.metadata.uid);
      expect(await bench.volumes.podsOnDisk()).not.toContain(pod.metadata.uid);
      const left = dir === '' ? '' : await readFile(join(dir, '..mark'), 'utf8').catch(() => 'gone');
      if (dir !== '') expect(left).toBe(trial.isOfThePod ? 'gone' : 'x');
    });

    const { missing } = trial;
    if (missing) {
      test('says what is missing, in the words of an event', async () => {
        const waiting = bench.pod(missing.volume(bench), trial.spec);
        await expect(bench.volumes.prepare(waiting)).rejects.toMatchObject({
          reason: 'FailedMount',
          message: expect.stringMatching(missing.text),
        });
      });
    }
  });
}
