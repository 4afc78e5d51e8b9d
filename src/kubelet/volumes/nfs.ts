import { mkdir } from 'node:fs/promises';
import type { core } from '../../kinds/index.ts';
import type { PreparedVolume } from '../mounts.ts';
import { directory } from './directory.ts';
import { mountAt, mountsBelow } from './mount-table.ts';
import { type VolumeContext, VolumeError, type VolumeType } from './volume-type.ts';

export const nfsVolume: VolumeType = {
  field: 'nfs',
  mount: (pod, volume, context) => mountNfs(context.dirOf(pod, volume), volume.nfs as core.NFSVolumeSource, [], context),
};

/** A folder of an NFS server, mounted by this host's kernel; options are a PersistentVolume's. */
export async function mountNfs(
  dir: string,
  { server, path, readOnly = false }: core.NFSVolumeSource,
  options: readonly string[],
  { canMount }: VolumeContext,
): Promise<PreparedVolume> {
  if (!canMount) throw new VolumeError('nfs: this process may not mount file systems where the engine would see them');
  await mkdir(dir, { recursive: true });
  const mounted = await mountsBelow(dir);
  if (!mounted.includes(dir))
    await mountAt(dir, { type: 'nfs', source: `${server}:${path}`, options: [...(readOnly ? ['ro'] : []), ...options] });
  return directory(dir, readOnly);
}
