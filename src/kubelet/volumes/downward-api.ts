import type { core } from '../../kinds/index.ts';
import { podField, resourceField } from '../env/downward.ts';
import { defaultMode } from './keys.ts';
import { type Files, VolumeError, type VolumeType } from './volume-type.ts';

export function downwardFiles(
  pod: core.Pod,
  items: readonly core.DownwardAPIVolumeFile[] | undefined,
  mode: number,
  allocatable: { [name: string]: string },
): Files {
  const files: Files = new Map();
  for (const item of items ?? []) {
    const text = item.fieldRef ? fieldOf(pod, item.fieldRef.fieldPath) : resourceOf(pod, item.resourceFieldRef, allocatable);
    files.set(item.path, { data: Buffer.from(text), mode: item.mode ?? mode });
  }
  return files;
}

function fieldOf(pod: core.Pod, path: string): string {
  const text = podField(pod, path, { podIp: pod.status?.podIP ?? '', hostIp: pod.status?.hostIP ?? '' });
  if (text === undefined) throw new VolumeError(`unsupported fieldPath: ${path}`);
  return text;
}

function resourceOf(pod: core.Pod, ref: core.ResourceFieldSelector | undefined, allocatable: { [name: string]: string }): string {
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((it) => it.name === ref?.containerName);
  if (!ref || !container) throw new VolumeError(`container ${ref?.containerName ?? ''} not found`);
  return resourceField(container, ref, allocatable);
}

export const downwardApiVolume: VolumeType = {
  field: 'downwardAPI',
  files: async (pod, { downwardAPI: source }, { allocatable }) =>
    downwardFiles(pod, source?.items, source?.defaultMode ?? defaultMode, allocatable),
};
