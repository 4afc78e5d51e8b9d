import { type core, swapOf } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import type { Draft } from '../../meta/types.ts';
import { isHeadless } from '../service-pods.ts';
import { subsetsOf, truncated } from './subsets.ts';

export const managedBy = 'endpoints.kubernetes.io/managed-by';
export const controllerName = 'endpoint-controller';
const headlessLabel = 'service.kubernetes.io/headless';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** The Endpoints that show a Service's pods; undefined when those there are do so already. */
export function planEndpoints(
  service: core.Service,
  pods: readonly core.Pod[],
  was: core.Endpoints | undefined,
  changedAt: string | undefined,
): Draft<core.Endpoints> | undefined {
  const all = withSwap(service, subsetsOf(service, pods));
  const fewer = truncated(all);
  const subsets = fewer ?? all;
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [managedBy]: controllerName,
  };
  if (was && deepEqual(was.subsets ?? [], subsets) && deepEqual(was.metadata.labels, labels) && isMarked(was) === (fewer !== undefined))
    return undefined;
  const { [overCapacity]: _, [triggerTime]: __, ...others } = was?.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(changedAt && { [triggerTime]: changedAt }),
    ...(fewer && { [overCapacity]: 'truncated' }),
  };
  const { name, namespace = '' } = service.metadata;
  return { metadata: { ...(was?.metadata ?? { name, namespace }), labels, annotations }, subsets };
}

/** A port that is swapped leads to the host instead of to pods. */
function withSwap(service: core.Service, subsets: core.EndpointSubset[]): core.EndpointSubset[] {
  const swap = swapOf(service);
  if (!swap) return subsets;
  const others = subsets.map((it) => ({
    ...it,
    ports: (it.ports ?? []).filter((port) => (port.name ?? '') !== swap.port || port.protocol !== 'TCP'),
  }));
  const port = { ...(swap.port && { name: swap.port }), port: swap.number, protocol: 'TCP' as const };
  return [...others.filter((it) => it.ports.length > 0), { addresses: [{ ip: swap.address, nodeName: swap.node }], ports: [port] }];
}

const isMarked = ({ metadata }: core.Endpoints): boolean => metadata.annotations?.[overCapacity] !== undefined;
