import type { core } from '../../kinds/index.ts';
import type { ResourceLimits } from '../../runtime/index.ts';
import type { ObservedContainer } from '../observed.ts';

/** What to change of a running container, and whether that takes a restart. */
export type ContainerResize = { limits: ResourceLimits; restart: boolean };

const of = { cpu: ['cpuShares', 'nanoCpus'], memory: ['memoryBytes'] } as const;

/** Compares what a container was given with what its engine lets it use (kuberuntime's computePodResizeAction). */
export function planResize(container: core.Container, seen: ObservedContainer, given: ResourceLimits): ContainerResize | undefined {
  if (!seen.limits) return undefined;
  const limits: ResourceLimits = {};
  let restart = false;
  for (const name of ['cpu', 'memory'] as const) {
    const policy = container.resizePolicy?.find((it) => it.resourceName === name)?.restartPolicy;
    for (const field of of[name]) {
      // A limit that is not given is none; one that was there cannot be taken away.
      if (given[field] === undefined || given[field] === seen.limits[field]) continue;
      limits[field] = given[field];
      restart ||= policy === 'RestartContainer';
    }
  }
  return Object.keys(limits).length > 0 ? { limits, restart } : undefined;
}
