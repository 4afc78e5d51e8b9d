import { addQuantities, compareQuantities, quantityNumber, quantityValue } from '../../../meta/quantity.ts';
import type { KubeObject, Quantity } from '../../../meta/types.ts';
import type { AnyKind } from '../../define.ts';
import type { PersistentVolumeClaim, Pod, Service } from '../../generated/core-v1.ts';
import { podLimits, podRequests } from '../pod/resources.ts';

export type Usage = { [resource: string]: Quantity };

/** What an object takes of a namespace's quotas, whatever they limit (upstream: pkg/quota/v1/evaluator/core). */
export function usageOf(kind: AnyKind, object: KubeObject, now: number): Usage {
  const usage: Usage = { [`count/${kind.resource}`]: '1' };
  switch (kind.resource) {
    case 'pods':
      return { ...usage, ...podUsage(object as Pod, now) };
    case 'services':
      return { ...usage, ...serviceUsage(object as Service) };
    case 'persistentvolumeclaims':
      return { ...usage, ...claimUsage(object as PersistentVolumeClaim) };
    case 'configmaps':
    case 'secrets':
    case 'replicationcontrollers':
    case 'resourcequotas':
      return { ...usage, [kind.resource]: '1' };
    default:
      return usage;
  }
}

/** One that has ended takes nothing; nor one that should have been gone by now, else a lost node would block a namespace. */
function takesPart({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function podUsage(pod: Pod, now: number): Usage {
  return takesPart(pod, now) ? { pods: '1', ...computeUsage(podRequests(pod.spec), podLimits(pod.spec)) } : {};
}

const native = ['cpu', 'memory', 'ephemeral-storage'];

/** Under all the names a quota may use for them. */
export function computeUsage(requests: Usage, limits: Usage): Usage {
  const usage: Usage = {};
  for (const [name, amount] of Object.entries(requests)) {
    const isHuge = name.startsWith('hugepages-');
    if (native.includes(name) || isHuge) usage[name] = amount;
    if (native.includes(name) || isHuge || isExtended(name)) usage[`requests.${name}`] = amount;
  }
  for (const [name, amount] of Object.entries(limits)) if (native.includes(name)) usage[`limits.${name}`] = amount;
  return usage;
}

const isExtended = (name: string): boolean => name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name);

function serviceUsage({ spec }: Service): Usage {
  const ports = String(spec?.ports?.length ?? 0);
  if (spec?.type === 'NodePort') return { services: '1', 'services.nodeports': ports, 'services.loadbalancers': '0' };
  if (spec?.type !== 'LoadBalancer') return { services: '1', 'services.nodeports': '0', 'services.loadbalancers': '0' };
  const allocated = spec.allocateLoadBalancerNodePorts === false ? String((spec.ports ?? []).filter((it) => it.nodePort).length) : ports;
  return { services: '1', 'services.nodeports': allocated, 'services.loadbalancers': '1' };
}

/** What is asked for, or what was given for an earlier wish if that is more; in whole bytes. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec?.resources?.requests?.['storage'];
  const given = status?.allocatedResources?.['storage'];
  const counts = asked !== undefined && given !== undefined && compareQuantities(given, asked) > 0 ? given : asked;
  return counts === undefined || Number.isInteger(quantityNumber(counts)) ? counts : String(quantityValue(counts));
}

function claimUsage(claim: PersistentVolumeClaim): Usage {
  const { metadata, spec } = claim;
  const storage = storageOf(claim);
  const annotated = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  const name = annotated ?? spec?.storageClassName;
  const prefix = name ? `${name}.storageclass.storage.k8s.io/` : undefined;
  return {
    persistentvolumeclaims: '1',
    ...(storage && { 'requests.storage': storage }),
    ...(prefix && { [`${prefix}persistentvolumeclaims`]: '1' }),
    ...(prefix && storage && { [`${prefix}requests.storage`]: storage }),
  };
}

/** Of what is in `names` alone. */
export const maskUsage = (usage: Usage, names: Readonly<Record<string, unknown>>): Usage =>
  Object.fromEntries(Object.entries(usage).filter(([name]) => Object.hasOwn(names, name)));

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = { ...a };
  for (const [name, amount] of Object.entries(b))
    sum[name] = Object.hasOwn(sum, name) ? addQuantities(sum[name] as Quantity, amount) : amount;
  return sum;
}
