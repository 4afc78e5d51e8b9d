import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { core } from '../../kinds/index.ts';
import type { ContainerState, Streams } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import type { LocalStorage } from './message.ts';
import type { PodUsage } from './rank.ts';

type Deps = {
  streams: Pick<Streams, 'usage' | 'disk'>;
  containersOf(uid: string): readonly ContainerState[];
  /** Where a pod's volume stands if it is on this node's disk. */
  volumeDir(uid: string, volume: string): string;
};

/** What a pod uses now, of everything. Undefined when a part of it cannot be found out. */
export async function podUsage(deps: Deps, pod: core.Pod): Promise<PodUsage | undefined> {
  const containers = deps.containersOf(pod.metadata.uid).filter((it) => !isSandbox(it));
  const [storage, used] = await Promise.all([
    localStorage(deps, pod),
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
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    // One in memory is a file system of its own, which ends at its limit by itself.
    if (emptyDir && emptyDir.medium !== 'Memory') volumes.set(name, await bytesBelow(deps.volumeDir(uid, name)));
  }
  const totalBytes = [...containers.map((it) => it.diskBytes), ...volumes.values()].reduce((sum, it) => sum + it, 0);
  return { volumes, containers, totalBytes };
}

/** The blocks that files take, as du(1) counts them; what has gone meanwhile takes none. */
async function bytesBelow(dir: string): Promise<number> {
  const counted = new Set<number>();
  const open = [dir];
  let bytes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const path = next;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const found = await lstat(join(path, entry.name)).catch(() => undefined);
      if (!found) continue;
      // A file with two names is there once.
      if (found.nlink > 1 && !entry.isDirectory()) {
        if (counted.has(found.ino)) continue;
        counted.add(found.ino);
      }
      bytes += found.blocks * 512;
      if (entry.isDirectory()) open.push(join(path, entry.name));
    }
  }
  return bytes;
}
