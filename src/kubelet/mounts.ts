import { isAbsolute } from 'node:path';
import type { core } from '../kinds/index.ts';
import type { Mount } from '../runtime/index.ts';
import { ConfigError } from './env/env.ts';
import { expand } from './env/expand.ts';
import { messageOf } from './faults.ts';

/** A volume of a pod, ready to be mounted into its containers. */
export type PreparedVolume = {
  source: Mount['source'];
  readOnly?: boolean;
  /** A path inside it, checked not to lead out, made if it is missing. */
  subPath(path: string): Mount['source'] | Promise<Mount['source']>;
};

/** Engines from 25 on see to that by themselves, on kernels that can (mount_setattr, 5.12). */
export function readsRecursively({ apiVersion, kernel }: { apiVersion: string; kernel: string }): boolean {
  const atLeast = (text: string, major: number, minor: number): boolean => {
    const [a = 0, b = 0] = text.split('.').map(Number);
    return a > major || (a === major && b >= minor);
  };
  return atLeast(apiVersion, 1, 44) && atLeast(/^\d+\.\d+/.exec(kernel)?.[0] ?? '', 5, 12);
}

const propagation = { None: 'private', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

/** The mounts of a container in the order its manifest lists them. Fails with ConfigError. */
export async function mountsOf(
  container: core.Container,
  volumes: ReadonlyMap<string, PreparedVolume>,
  env: ReadonlyMap<string, string>,
  { recursiveReadOnly = false }: { recursiveReadOnly?: boolean } = {},
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (!volume)
      throw new ConfigError(`cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`);
    const path = checkedSubPath(mount.subPathExpr ? expandStrictly(mount.subPathExpr, env) : (mount.subPath ?? ''));
    refuseRecursion(mount, recursiveReadOnly);
    mounts.push({
      source: path === '' ? volume.source : await partOf(volume, path, mount, container),
      target: isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: (mount.readOnly ?? false) || (volume.readOnly ?? false),
      ...(mount.mountPropagation && mount.mountPropagation !== 'None' && { propagation: propagation[mount.mountPropagation] }),
    });
  }
  return mounts;
}

/** Unlike in commands, a reference to nothing, or to what is empty, is a fault here. */
function expandStrictly(text: string, env: ReadonlyMap<string, string>): string {
  const missing = new Set<string>();
  const path = expand(text, (name) => {
    const value = env.get(name) ?? '';
    if (value === '') missing.add(name);
    return value;
  });
  if (missing.size > 0) throw new ConfigError(`missing value for ${[...missing].sort().join(', ')}`);
  return path;
}

/** A part of a volume stays in the volume (kubelet_pods.go, makeMounts). */
function checkedSubPath(path: string): string {
  if (isAbsolute(path)) throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..')) throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

async function partOf(volume: PreparedVolume, path: string, mount: core.VolumeMount, container: core.Container): Promise<Mount['source']> {
  try {
    return await volume.subPath(path);
  } catch (cause) {
    const what = `failed to prepare subPath for volumeMount ${JSON.stringify(mount.name)} of container ${JSON.stringify(container.name)}`;
    throw new ConfigError(`${what}: ${messageOf(cause)}`, { cause });
  }
}

/** What is mounted below a mount that is to be read alone can be written to, where the engine does not see to it. */
function refuseRecursion({ name, readOnly, recursiveReadOnly: wish = 'Disabled' }: core.VolumeMount, isSupported: boolean): void {
  if (wish !== 'Enabled') return;
  const refuse = (why: string): ConfigError =>
    new ConfigError(`volume ${JSON.stringify(name)} requested recursive read-only mode, but it is ${why}`);
  if (!readOnly) throw refuse('not read-only');
  if (!isSupported) throw refuse('not supported by the runtime');
}
