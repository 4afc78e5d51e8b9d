import { chmod, mkdir } from 'node:fs/promises';
import type { core } from '../../kinds/index.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { directory, engineVolume } from './directory.ts';
import { exists, isMountPoint, mountHugePages, mountMemory } from './files.ts';
import { giveToGroup } from './ownership.ts';
import { type VolumeContext, VolumeError, type VolumeType } from './volume-type.ts';

/** Empty at first, lives as long as the pod; on disk, in memory, or in huge pages of it. */
export const emptyDirVolume: VolumeType = {
  field: 'emptyDir',
  async mount(pod, volume, context) {
    const group = pod.spec.securityContext?.fsGroup;
    const medium = volume.emptyDir?.medium ?? '';
    const inMemory = medium === 'Memory';
    const pageSize = medium.startsWith(huge) ? pageSizeOf(pod, medium) : undefined;
    if (medium !== '' && !inMemory && pageSize === undefined)
      throw new VolumeError(`storage medium ${JSON.stringify(medium)} is not supported`);
    if (pageSize !== undefined && !context.canMount)
      throw new VolumeError(`medium ${medium}: this process may not mount file systems where the engine would see them`);
    if (inMemory && !context.canMount) return inEngineMemory(pod, volume, context, group);
    const dir = context.dirOf(pod, volume);
    const isNew = !(await exists(dir));
    await mkdir(dir, { recursive: true });
    // After a restart of the host the directory may be there and the file system in memory gone.
    const isMounted = (inMemory || pageSize !== undefined) && (await isMountPoint(dir));
    if (inMemory && !isMounted) await mountMemory(dir, memorySize(pod, volume, context.allocatable));
    else if (pageSize !== undefined && !isMounted) await mountHugePages(dir, pageSize);
    else if (!isNew) return directory(dir);
    await chmod(dir, 0o777);
    if (group !== undefined) await giveToGroup(dir, group);
    return directory(dir);
  },
};

const huge = 'HugePages';

/** Which pages are meant: those that the medium names, or the only ones that the pod asks for (kubelet, emptydir). */
export function pageSizeOf({ spec }: core.Pod, medium: string): string {
  const askedFor = [spec.resources, ...[...spec.containers, ...(spec.initContainers ?? [])].map((it) => it.resources)].flatMap((it) =>
    Object.keys({ ...it?.limits, ...it?.requests }).flatMap((name) => /^hugepages-(.+)$/.exec(name)?.[1] ?? []),
  );
  const named = /^HugePages-(.+)$/.exec(medium)?.[1];
  const fitting = named === undefined ? askedFor : askedFor.filter((it) => quantityValue(it) === quantityValue(named));
  const [size] = fitting;
  if (size === undefined)
    throw new VolumeError(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
  if (fitting.some((it) => quantityValue(it) !== quantityValue(size)))
    throw new VolumeError(`medium: ${medium} can't be used if container requests multiple huge page sizes`);
  return size;
}

/** The engine's own volume in memory: mounted where the containers are, wherever that is. */
async function inEngineMemory(pod: core.Pod, volume: core.Volume, context: VolumeContext, group: number | undefined) {
  const name = `peapod_${pod.metadata.uid}_${volume.name}`;
  const sizeBytes = memorySize(pod, volume, context.allocatable);
  await context.resources.ensureVolume(name, context.podLabels(pod), {
    ...(sizeBytes !== undefined && { sizeBytes }),
    mode: group === undefined ? 0o777 : 0o2777,
    ...(group !== undefined && { group }),
  });
  return engineVolume(name);
}

/** Bytes: the least of the volume's limit, the pod's memory limit and what the node gives (kubelet, emptydir). */
export function memorySize(pod: core.Pod, volume: core.Volume, allocatable: { [name: string]: string }): number | undefined {
  const limitOf = (it: core.Container): number => (it.resources?.limits?.memory ? quantityValue(it.resources.limits.memory) : 0);
  const pods = Math.max(
    pod.spec.containers.reduce((sum, it) => sum + limitOf(it), 0),
    ...(pod.spec.initContainers ?? []).map(limitOf),
  );
  const own = volume.emptyDir?.sizeLimit ? quantityValue(volume.emptyDir.sizeLimit) : 0;
  const node = allocatable.memory ? quantityValue(allocatable.memory) : 0;
  const limits = [own, pods, node].filter((it) => it > 0);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
