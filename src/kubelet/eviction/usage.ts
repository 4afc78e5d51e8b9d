import type { core } from '../../kinds/index.ts';
import { below } from '../../lib/files-below.ts';
import type { ContainerState, Streams } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import type { LocalStorage } from './message.ts';
import type { Starved } from './plan.ts';
import type { PodUsage } from './rank.ts';

type Deps = {
  streams: Pick<Streams, 'usage' | 'disk' | 'files'>;
  containersOf(uid: string): readonly ContainerState[];
  /** Where a pod's volume stands if it is on this node's disk. */
  volumeDir(uid: string, volume: string): string;
};

/** What a pod uses now, of everything; its files are counted only where they are what is short. */
export async function podUsage(deps: Deps, pod: core.Pod, starved: Starved): Promise<PodUsage | undefined> {
  const containers = deps.containersOf(pod.metadata.uid).filter((it) => !isSandbox(it));
  const [storage, files, used] = await Promise.all([
    localStorage(deps, pod),
    starved === 'inodes' ? Promise.all(containers.map(async (it) => (await deps.streams.files(it.id)) ?? 0)) : [],
    Promise.all(containers.map(async (it) => (it.status === 'running' ? deps.streams.usage(it.id) : undefined))),
  ]);
  const named = containers.map((it, i) => ({
    name: it.labels[label.container] ?? '',
    memoryBytes: used[i]?.memoryWorkingSetBytes ?? 0,
    processes: used[i]?.processes ?? 0,
    diskBytes: storage.containers[i]?.diskBytes ?? 0,
  }));
  const sum = (amount: (it: (typeof named)[number]) => number): number => named.reduce((all, it) => all + amount(it), 0);
  return {
    memoryBytes: sum((it) => it.memoryBytes),
    diskBytes: storage.totalBytes,
    processes: sum((it) => it.processes),
    ...(starved === 'inodes' && { files: files.reduce((all, it) => all + it, storage.volumeFiles) }),
    containers: named,
  };
}

/** What a pod has written to this node's disk: in its containers, to their logs, into volumes that live as long as it does. */
export async function localStorage(deps: Deps, pod: core.Pod): Promise<LocalStorage> {
  const { uid } = pod.metadata;
  const containers = await Promise.all(
    deps
      .containersOf(uid)
      .filter((it) => !isSandbox(it))
      .map(async (it) => ({ name: it.labels[label.container] ?? '', diskBytes: (await deps.streams.disk(it.id)) ?? 0 })),
  );
  const volumes = new Map<string, number>();
  let volumeFiles = 0;
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    // One in memory is a file system of its own, which ends at its limit by itself.
    if (!emptyDir || emptyDir.medium === 'Memory') continue;
    const { bytes, files } = await below(deps.volumeDir(uid, name));
    volumes.set(name, bytes);
    volumeFiles += files;
  }
  const totalBytes = [...containers.map((it) => it.diskBytes), ...volumes.values()].reduce((sum, it) => sum + it, 0);
  return { volumes, volumeFiles, containers, totalBytes };
}
