import type { core } from '../kinds/index.ts';
import { quantityValue } from '../meta/quantity.ts';
import type { ContainerState, GpuRequest } from '../runtime/index.ts';
import { label } from './names.ts';

/** Resources that stand for graphics processors, and who hands them out at the engine. */
const drivers: Readonly<Record<string, string>> = { 'nvidia.com/gpu': 'nvidia', 'amd.com/gpu': 'amd' };

/**
 * The graphics processors for a container that is limited to some: ones that no other container has, when it is known
 * which there are (`all`), else any. Undefined when it asks for none.
 */
export function gpusFor(
  { resources }: core.Container,
  all: readonly string[],
  containers: () => readonly ContainerState[],
): GpuRequest | undefined {
  for (const [name, driver] of Object.entries(drivers)) {
    const count = quantityValue(resources?.limits?.[name] ?? '0');
    if (count === 0) continue;
    if (driver !== 'nvidia' || all.length === 0) return { driver, count };
    const taken = containers()
      .filter((it) => it.status !== 'exited')
      .flatMap((it) => (it.labels[label.gpus] ?? '').split(','));
    const ids = all.filter((it) => !taken.includes(it)).slice(0, count);
    return ids.length === count ? { driver, ids } : { driver, count };
  }
  return undefined;
}
