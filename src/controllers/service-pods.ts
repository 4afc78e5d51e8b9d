import { type core, isPodFinished, pod, type discovery, service } from '../kinds/index.ts';
import { keyOf } from '../meta/owner.ts';
import { matchesMap } from '../meta/selector.ts';
import type { ControllerContext, Trigger } from './run.ts';

type Selecting = { spec: { selector?: { [key: string]: string } } };

/** Who has no selector has no pods either: somebody else says where such a Service leads. */
export const hasSelector = (it: Selecting): boolean => Object.keys(it.spec.selector ?? {}).length > 0;
export const isHeadless = ({ spec }: core.Service): boolean => !spec.clusterIP || spec.clusterIP === 'None';

/** Pods whose labels a Service selects, whatever their state. */
export const podsOf = (it: core.Service, { informers }: ControllerContext): readonly core.Pod[] =>
  hasSelector(it)
    ? informers
        .of(pod)
        .inNamespace(it.metadata.namespace ?? '')
        .filter((one) => matchesMap(it.spec.selector, one.metadata.labels))
    : [];

/** Makes the Services due whose pods have changed. */
export const podsTrigger: Trigger = {
  kind: pod,
  keys: ({ metadata }, { informers }) =>
    informers
      .of(service)
      .inNamespace(metadata.namespace ?? '')
      .filter((it) => hasSelector(it) && matchesMap(it.spec.selector, metadata.labels))
      .map(keyOf),
};

/** A pod with an address that has not ended stands behind its Services, ready or not (endpointslice/util, ShouldPodBeInEndpoints). */
export const isEndpoint = (it: core.Pod, includeTerminating: boolean): boolean =>
  !isPodFinished(it) && addressesOf(it).length > 0 && (includeTerminating || it.metadata.deletionTimestamp === undefined);

export function addressesOf({ status }: core.Pod): string[] {
  const all = (status?.podIPs ?? []).map((it) => it.ip ?? '').filter((it) => it !== '');
  return all.length > 0 ? all : status?.podIP ? [status.podIP] : [];
}

/** A pod is known by its name where it asks for that in the Service's own subdomain. */
export const hostnameIn = (it: core.Pod, { metadata }: core.Service): string | undefined =>
  it.spec.hostname && it.spec.subdomain === metadata.name ? it.spec.hostname : undefined;

export const podReference = ({ metadata }: core.Pod): NonNullable<discovery.Endpoint['targetRef']> => ({
  kind: 'Pod',
  ...(metadata.namespace && { namespace: metadata.namespace }),
  name: metadata.name,
  uid: metadata.uid,
});
