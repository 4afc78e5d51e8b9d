import { chmod, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Client, Informers } from '../../client/index.ts';
import { configMap, type core, persistentVolume, persistentVolumeClaim, secret } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Resources } from '../../runtime/index.ts';
import type { PreparedVolume } from '../mounts.ts';
import { label } from '../names.ts';
import { writeAtomically } from './atomic-writer.ts';
import { claimVolume, ephemeralVolume } from './claim.ts';
import { configMapVolume } from './config-map.ts';
import { directory } from './directory.ts';
import { downwardApiVolume } from './downward-api.ts';
import { emptyDirVolume } from './empty-dir.ts';
import { exists, memoryRoot, removePodDir } from './files.ts';
import { hostPathVolume } from './host-path.ts';
import { giveToGroup } from './ownership.ts';
import { plainRootOf } from './paths.ts';
import { imageVolume } from './image.ts';
import { nfsVolume } from './nfs.ts';
import { projectedVolume } from './projected.ts';
import { secretVolume } from './secret.ts';
import { createTokens } from './tokens.ts';
import {
  type ImageLayers,
  type Payload,
  setUpError,
  type Sources,
  type VolumeContext,
  VolumeError,
  type VolumeType,
} from './volume-type.ts';

export { volumeDirOnDisk } from './paths.ts';
export { startVolumeReclaim } from './reclaim.ts';
export { VolumeError } from './volume-type.ts';

/** What a volume can be; all others are refused. */
export const volumeTypes: readonly VolumeType[] = [
  emptyDirVolume,
  configMapVolume,
  secretVolume,
  downwardApiVolume,
  projectedVolume,
  hostPathVolume,
  claimVolume,
  ephemeralVolume,
  imageVolume,
  nfsVolume,
];

export type VolumesDeps = {
  resources: Resources;
  client: Client;
  informers: Informers;
  /** On a file system that the engine sees under the same path. */
  rootDir: string;
  cluster: string;
  nodeName: string;
  clock: Clock;
  random: Random;
  allocatable: { [name: string]: string };
  /** The engine is on this host: what is mounted here it can mount into containers. */
  sharesHost: boolean;
  imageLayers: ImageLayers;
  /** A pod's files are to be refreshed: a token in them runs out. */
  onStale(uid: string): void;
};

export type Volumes = {
  /** Makes the pod's volumes ready to be mounted, by name. Doing it again changes nothing. Fails with VolumeError. */
  prepare(pod: core.Pod): Promise<Map<string, PreparedVolume>>;
  /** Brings files that come from objects, and are there already, up to date. Fails, after having done all the others, when one is in the way. */
  refresh(pod: core.Pod): Promise<void>;
  /** Its containers must be gone. */
  remove(uid: string): Promise<void>;
  /** Pods that have volumes here. */
  podsOnDisk(): Promise<string[]>;
};

/** Volumes on file systems that the engine and this process share. */
export async function createVolumes(deps: VolumesDeps): Promise<Volumes> {
  const { clock, random } = deps;
  const plainRoot = plainRootOf(deps.rootDir);
  // Secrets stay off the disk where there is a file system in memory that the engine sees too.
  const secretRoot = (deps.sharesHost ? await memoryRoot(deps.rootDir) : undefined) ?? plainRoot;
  const roots = [...new Set([plainRoot, secretRoot])];
  const tokens = createTokens(deps);
  const timers = new Map<string, () => void>();
  const context: VolumeContext = {
    sources: sourcesFrom(deps),
    resources: deps.resources,
    clock,
    random,
    allocatable: deps.allocatable,
    token: tokens.source,
    imageLayers: deps.imageLayers,
    dirOf: (pod, volume) => join(staysInMemory(volume) ? secretRoot : plainRoot, pod.metadata.uid, volume.name),
    podLabels: ({ metadata: { uid } }) => ({ [label.cluster]: deps.cluster, [label.node]: deps.nodeName, [label.podUid]: uid }),
    sharesHost: deps.sharesHost,
    canMount: deps.sharesHost && process.platform === 'linux' && process.getuid?.() === 0,
  };

  async function project(pod: core.Pod, volume: core.Volume, payload: Payload): Promise<PreparedVolume> {
    const dir = context.dirOf(pod, volume);
    const group = pod.spec.securityContext?.fsGroup;
    if (!(await exists(dir))) {
      await mkdir(dir, { recursive: true });
      await chmod(dir, 0o777);
      if (group !== undefined) await giveToGroup(dir, group, true);
    }
    const moment = new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:T]/g, '_');
    await writeAtomically(dir, payload, `${moment}.${Math.floor(random.next() * 1e10)}`, group);
    return directory(dir, true);
  }

  async function prepareOne(pod: core.Pod, volume: core.Volume): Promise<PreparedVolume> {
    const type = volumeTypes.find(({ field }) => volume[field]);
    try {
      if (!type) throw new VolumeError(`volumes of type ${Object.keys(volume).find((it) => it !== 'name')} are not supported`);
      if ('mount' in type) return await type.mount(pod, volume, context);
      return await project(pod, volume, await type.files(pod, volume, context));
    } catch (error) {
      if (!(error instanceof VolumeError) || /^(MountVolume|Unable to attach)/.test(error.message)) throw error;
      throw setUpError(volume.name, error.message);
    }
  }

  /** Files that run out are asked for again in time. */
  function watchOver({ uid }: { uid: string }): void {
    timers.get(uid)?.();
    timers.delete(uid);
    const dueAt = tokens.dueAt(uid);
    if (dueAt !== undefined)
      timers.set(
        uid,
        clock.schedule(Math.max(0, dueAt - clock.now()), () => deps.onStale(uid)),
      );
  }

  return {
    async prepare(pod) {
      const ready = new Map<string, PreparedVolume>();
      const volumes = pod.spec.volumes ?? [];
      // Others on this host have no business in here; the engine gets in as root.
      for (const dir of new Set(volumes.map((it) => dirname(context.dirOf(pod, it))))) await mkdir(dir, { recursive: true, mode: 0o700 });
      for (const volume of volumes) ready.set(volume.name, await prepareOne(pod, volume));
      watchOver(pod.metadata);
      return ready;
    },
    async refresh(pod) {
      const projected = (pod.spec.volumes ?? []).filter((it) => volumeTypes.some((type) => it[type.field] && 'files' in type));
      const update = async (it: core.Volume): Promise<void> => {
        if (await exists(context.dirOf(pod, it))) await prepareOne(pod, it);
      };
      const outcomes = await Promise.allSettled(projected.map(update));
      watchOver(pod.metadata);
      const failed = outcomes.find((it) => it.status === 'rejected');
      if (failed) throw failed.reason;
    },
    async remove(uid) {
      tokens.forget(uid);
      watchOver({ uid });
      for (const root of roots) await removePodDir(join(root, uid));
      if (context.canMount) return;
      for (const name of await deps.resources.listVolumes({ [label.cluster]: deps.cluster, [label.podUid]: uid }))
        await deps.resources.removeVolume(name);
    },
    async podsOnDisk() {
      const found = await Promise.all(roots.map((root) => readdir(root).catch(() => [] as string[])));
      return [...new Set(found.flat())];
    },
  };
}

/** Takes away what volumes have left on this host outside of `rootDir`, and what is mounted in it. No pod may run any more. */
export async function removeVolumeFiles(rootDir: string): Promise<void> {
  for (const root of [plainRootOf(rootDir), await memoryRoot(rootDir)]) {
    if (root === undefined) continue;
    for (const uid of await readdir(root).catch(() => [])) await removePodDir(join(root, uid));
    await removePodDir(root);
  }
}

const staysInMemory = (volume: core.Volume): boolean =>
  volume.secret !== undefined ||
  volume.emptyDir?.medium === 'Memory' ||
  (volume.projected?.sources ?? []).some((it) => it.secret || it.serviceAccountToken);

/** From the cache where it is filled; it may lag behind what the pod's author has just made. */
function sourcesFrom({ informers, client }: VolumesDeps): Sources {
  const cached = <T>(object: T | undefined, fetch: () => Promise<T | undefined>): Promise<T | undefined> =>
    object ? Promise.resolve(object) : fetch();
  return {
    configMap: (namespace, name) =>
      cached(informers.of(configMap).get(`${namespace}/${name}`), () => client.get(configMap, { namespace, name })),
    secret: (namespace, name) => cached(informers.of(secret).get(`${namespace}/${name}`), () => client.get(secret, { namespace, name })),
    // These change while a pod waits for them: read anew.
    claim: (namespace, name) => client.get(persistentVolumeClaim, { namespace, name }),
    volume: (name) => client.get(persistentVolume, { name }),
  };
}
