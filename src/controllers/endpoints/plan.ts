import type { core } from '../../kinds/index.ts';
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
  const all = subsetsOf(service, pods);
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

const isMarked = ({ metadata }: core.Endpoints): boolean => metadata.annotations?.[overCapacity] !== undefined;
