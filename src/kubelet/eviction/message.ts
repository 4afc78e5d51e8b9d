import type { core } from '../../kinds/index.ts';
import { formatQuantity, quantityValue } from '../../meta/quantity.ts';
import type { Shortage } from './plan.ts';
import type { Candidate } from './rank.ts';

/** Why a pod had to go, in upstream's words (kubelet, evictionMessage): each sentence ends with a space. */
export function shortageMessage({ starved, least, observed }: Shortage, { pod, usage }: Candidate): string {
  const format = starved === 'memory' || starved === 'ephemeral-storage' ? 'binary' : 'decimal';
  const amount = (it: number): string => formatQuantity(it, format);
  const told = [
    `The node was low on resource: ${starved}. Threshold quantity: ${amount(least)}, available: ${amount(observed.available)}. `,
  ];
  const whole = starved === 'memory' ? pod.spec.resources?.requests?.memory : undefined;
  if (usage && whole !== undefined)
    told.push(`Pod ${pod.metadata.name} was using ${amount(usage.memoryBytes)}, request is ${whole}, has larger consumption of memory. `);
  if (starved === 'memory' || starved === 'ephemeral-storage') {
    for (const it of usage?.containers ?? []) {
      const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === it.name);
      const request = container?.resources?.requests?.[starved] ?? '0';
      const used = starved === 'memory' ? it.memoryBytes : it.diskBytes;
      if (container && used > quantityValue(request))
        told.push(`Container ${it.name} was using ${amount(used)}, request is ${request}, has larger consumption of ${starved}. `);
    }
  }
  return told.join('');
}

/** What a pod has on the node's disk, and in which of its volumes. */
export type LocalStorage = {
  volumes: ReadonlyMap<string, number>;
  volumeFiles: number;
  containers: ReadonlyArray<{ name: string; diskBytes: number }>;
  totalBytes: number;
};

/** Why a pod must go that takes more of the disk than it may, whatever is left of it (kubelet, localStorageEviction). */
export function limitMessage({ spec }: core.Pod, podLimit: string | undefined, used: LocalStorage): string | undefined {
  for (const { name, emptyDir } of spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    const bytes = used.volumes.get(name);
    if (limit !== undefined && bytes !== undefined && quantityValue(limit) > 0 && bytes > quantityValue(limit))
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `;
  }
  if (podLimit !== undefined && used.totalBytes > quantityValue(podLimit))
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${podLimit}. `;
  for (const { name, resources } of spec.containers) {
    const limit = resources?.limits?.['ephemeral-storage'];
    const bytes = used.containers.find((it) => it.name === name)?.diskBytes ?? 0;
    if (limit !== undefined && quantityValue(limit) > 0 && bytes > quantityValue(limit))
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(limit)}. `;
  }
  return undefined;
}
