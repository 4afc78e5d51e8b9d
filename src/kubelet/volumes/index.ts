import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import type { Client, Informers } from '../../client/index.ts';
import { configMap, type core, persistentVolume, persistentVolumeClaim, secret } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { quantityValue } from '../../meta/quantity.ts';
import type { Resources } from '../../runtime/index.ts';
import type { PreparedVolume } from '../mounts.ts';
import { writeAtomically } from './atomic-writer.ts';
import { payloadOf, type Sources, VolumeError } from './payload.ts';

export { startVolumeReclaim } from './reclaim.ts';
export { VolumeError } from './payload.ts';

const run = promisify(execFile);

export type VolumesDeps = {
  resources: Resources;
  client: Client;
  informers: Informers;
  rootDir: string;
  nodeName: string;
  clock: Clock;
  log: Log;
};
export type Volumes = {
  /** Makes the pod's volumes ready to be mounted, by name. Doing it again changes nothing. Fails with VolumeError. */
  prepare(pod: core.Pod): Promise<Map<string, PreparedVolume>>;
  /** Brings files that come from objects up to date. */
  refresh(pod: core.Pod): Promise<void>;
  remove(uid: string): Promise<void>;
  /** Pods that have volumes here. */
  podsOnDisk(): Promise<string[]>;
};

/** The driver of the volumes that our provisioner makes. */
const ourDriver = 'volume.peapod.dev';

/** Volumes on a file system that the engine and this process share. */
export function createVolumes(deps: VolumesDeps): Volumes {
  const { informers, client } = deps;
  const plainRoot = join(deps.rootDir, 'volumes');
  // Secrets stay off the disk where there is a file system in memory.
  const secretRoot = existsSync('/dev/shm')
    ? join('/dev/shm', `peapod-${Buffer.from(deps.rootDir).toString('base64url').slice(-40)}`)
    : join(deps.rootDir, 'secret-volumes');
  const sources: Sources = {
    configMap: async (namespace, name) => informers.of(configMap).get(`${namespace}/${name}`) ?? client.get(configMap, { namespace, name }),
    secret: async (namespace, name) => informers.of(secret).get(`${namespace}/${name}`) ?? client.get(secret, { namespace, name }),
  };
  const holdsSecrets = (volume: core.Volume): boolean =>
    volume.secret !== undefined || (volume.projected?.sources ?? []).some((it) => it.secret);
  const dirOf = (pod: core.Pod, volume: core.Volume): string =>
    join(holdsSecrets(volume) ? secretRoot : plainRoot, pod.metadata.uid, volume.name);

  async function project(pod: core.Pod, volume: core.Volume): Promise<string | undefined> {
    const payload = await payloadOf(pod, volume, sources, {});
    if (!payload) return undefined;
    const dir = dirOf(pod, volume);
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o755);
    const stamp = `${new Date(deps.clock.now()).toISOString().replace(/[-:T]/g, '_').replace(/\..*/, '')}.${Math.floor(Math.random() * 1e9)}`;
    await writeAtomically(dir, payload, stamp, pod.spec.securityContext?.fsGroup);
    return dir;
  }

  async function prepareOne(pod: core.Pod, volume: core.Volume): Promise<PreparedVolume> {
    const projected = await project(pod, volume);
    if (projected) return directory(projected, true);
    if (volume.emptyDir) return directory(await emptyDir(dirOf(pod, volume), volume.emptyDir, pod.spec.securityContext?.fsGroup));
    if (volume.hostPath) return directory(await hostPath(volume.hostPath.path, volume.hostPath.type ?? ''));
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${pod.metadata.name}-${volume.name}`);
    if (claim) return claimed(pod, claim, volume.persistentVolumeClaim?.readOnly === true);
    const kind = Object.keys(volume).find((it) => it !== 'name');
    throw new VolumeError(`volumes of type ${kind} are not supported`);
  }

  async function claimed(pod: core.Pod, name: string, readOnly: boolean): Promise<PreparedVolume> {
    const namespace = pod.metadata.namespace ?? '';
    const claim =
      informers.of(persistentVolumeClaim).get(`${namespace}/${name}`) ?? (await client.get(persistentVolumeClaim, { namespace, name }));
    if (!claim) throw new VolumeError(`persistentvolumeclaim ${JSON.stringify(name)} not found`);
    if (claim.status?.phase !== 'Bound' || !claim.spec.volumeName)
      throw new VolumeError(`persistentvolumeclaim ${JSON.stringify(name)} is not bound`);
    const volume = await client.get(persistentVolume, { name: claim.spec.volumeName });
    if (!volume) throw new VolumeError(`persistentvolume ${JSON.stringify(claim.spec.volumeName)} not found`);
    const { csi, hostPath: path, local } = volume.spec;
    if (csi?.driver === ourDriver) {
      const cluster = csi.volumeAttributes?.cluster ?? '';
      const { hostPath: dir } = await deps.resources.ensureVolume(csi.volumeHandle, {
        'dev.peapod.cluster': cluster,
        'dev.peapod.volume': volume.metadata.name,
      });
      await own(dir, pod.spec.securityContext?.fsGroup);
      const inside = directory(dir, readOnly);
      return { ...inside, source: { volume: csi.volumeHandle } };
    }
    if (path) return directory(await hostPath(path.path, path.type ?? ''), readOnly);
    if (local) return directory(await hostPath(local.path, 'Directory'), readOnly);
    throw new VolumeError(
      `volumes of type ${Object.keys(volume.spec).find((it) => typeof volume.spec[it as 'nfs'] === 'object')} are not supported`,
    );
  }

  return {
    async prepare(pod) {
      const ready = new Map<string, PreparedVolume>();
      for (const volume of pod.spec.volumes ?? []) {
        try {
          ready.set(volume.name, await prepareOne(pod, volume));
        } catch (error) {
          throw error instanceof VolumeError
            ? new VolumeError(`MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${error.message}`)
            : error;
        }
      }
      return ready;
    },
    async refresh(pod) {
      for (const volume of pod.spec.volumes ?? []) await project(pod, volume);
    },
    async remove(uid) {
      for (const root of [plainRoot, secretRoot]) {
        const dir = join(root, uid);
        if (!existsSync(dir)) continue;
        for (const name of await readdir(dir)) if (await isMountPoint(join(dir, name))) await run('umount', [join(dir, name)]);
        await rm(dir, { recursive: true, force: true });
      }
    },
    async podsOnDisk() {
      const found = await Promise.all([plainRoot, secretRoot].map((root) => readdir(root).catch(() => [] as string[])));
      return [...new Set(found.flat())];
    },
  };
}

/** Volumes a group owns are writable for it, and what is made inside inherits the group. */
async function own(dir: string, group: number | undefined): Promise<void> {
  if (group === undefined) return;
  await chown(dir, (await stat(dir)).uid, group);
  await chmod(dir, 0o2775);
}

async function isMountPoint(dir: string): Promise<boolean> {
  const [here, above] = await Promise.all([stat(dir), stat(join(dir, '..'))]);
  return here.dev !== above.dev;
}

async function emptyDir(dir: string, source: core.EmptyDirVolumeSource, group: number | undefined): Promise<string> {
  const isNew = !existsSync(dir);
  await mkdir(dir, { recursive: true });
  if (isNew && source.medium === 'Memory') {
    const size = source.sizeLimit ? `,size=${quantityValue(source.sizeLimit)}` : '';
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `mode=0777${size}`, 'tmpfs', dir]);
    } catch (cause) {
      await rm(dir, { recursive: true, force: true });
      throw new VolumeError('emptyDir with medium Memory needs the right to mount a tmpfs on this host');
    }
  }
  if (isNew) await chmod(dir, 0o777);
  if (isNew) await own(dir, group);
  return dir;
}

/** Upstream's checks of hostPath types (pkg/volume/hostpath). */
async function hostPath(path: string, type: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const wrong = (what: string): VolumeError => new VolumeError(`hostPath type check failed: ${path} is not a ${what}`);
  switch (type) {
    case 'DirectoryOrCreate':
      if (!found) await mkdir(path, { recursive: true, mode: 0o755 });
      else if (!found.isDirectory()) throw wrong('directory');
      break;
    case 'FileOrCreate':
      if (!found) await writeFile(path, '', { mode: 0o644 });
      else if (!found.isFile()) throw wrong('file');
      break;
    case 'Directory':
      if (!found?.isDirectory()) throw wrong('directory');
      break;
    case 'File':
      if (!found?.isFile()) throw wrong('file');
      break;
    case 'Socket':
      if (!found?.isSocket()) throw wrong('socket file');
      break;
    case 'CharDevice':
      if (!found?.isCharacterDevice()) throw wrong('character device');
      break;
    case 'BlockDevice':
      if (!found?.isBlockDevice()) throw wrong('block device');
      break;
    default:
      // Unchecked; the engine would make a missing directory, as upstream's runtimes do.
      break;
  }
  return path;
}

function directory(dir: string, readOnly = false): PreparedVolume {
  return {
    source: { hostPath: dir },
    ...(readOnly && { readOnly }),
    async subPath(path) {
      const wanted = join(dir, path);
      if (!existsSync(wanted)) {
        await mkdir(wanted, { recursive: true });
        // As open as the volume itself, as upstream makes them: not everyone who mounts it is root.
        await chmod(wanted, (await stat(dir)).mode & 0o7777);
      }
      const [real, root] = await Promise.all([realpath(wanted), realpath(dir)]);
      if (real !== root && !real.startsWith(root + sep)) throw new VolumeError(`subpath ${JSON.stringify(path)} leads out of the volume`);
      return { hostPath: real };
    },
  };
}
