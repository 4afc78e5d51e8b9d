import { isAbsolute } from 'node:path';
import type { core } from '../kinds/index.ts';
import type { Mount } from '../runtime/index.ts';
import { ConfigError } from './env/env.ts';
import { expand } from './env/expand.ts';

/** A volume of a pod, ready to be mounted into its containers. */
export type PreparedVolume = {
  source: Mount['source'];
  readOnly?: boolean;
  /** A path inside it, checked not to lead out, made if it is missing. */
  subPath(path: string): Mount['source'] | Promise<Mount['source']>;
};

const propagation = { None: 'private', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

/** The mounts of a container in the order its manifest lists them. Fails with ConfigError. */
export async function mountsOf(
  container: core.Container,
  volumes: ReadonlyMap<string, PreparedVolume>,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (!volume)
      throw new ConfigError(`cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(container.name)}`);
    const path = mount.subPathExpr ? expandStrictly(mount.subPathExpr, env) : mount.subPath;
    mounts.push({
      source: path ? await volume.subPath(path) : volume.source,
      target: isAbsolute(mount.mountPath) ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: (mount.readOnly ?? false) || (volume.readOnly ?? false),
      ...(mount.mountPropagation && mount.mountPropagation !== 'None' && { propagation: propagation[mount.mountPropagation] }),
    });
  }
  return mounts;
}

/** Unlike in commands, a reference to nothing is a fault here. */
function expandStrictly(text: string, env: ReadonlyMap<string, string>): string {
  const missing: string[] = [];
  const path = expand(text, (name) => {
    const value = env.get(name);
    if (value === undefined) missing.push(name);
    return value ?? '';
  });
  if (missing.length > 0)
    throw new ConfigError(
      `failed to expand subPathExpr ${JSON.stringify(text)}: missing value for ${missing.map((it) => JSON.stringify(it)).join(', ')}`,
    );
  if (isAbsolute(path)) throw new ConfigError(`subPath ${JSON.stringify(path)} must not be an absolute path`);
  if (path.split('/').includes('..')) throw new ConfigError(`subPath ${JSON.stringify(path)} must not contain ".."`);
  return path;
}
