import type { KubeObject } from '../../../meta/types.ts';
import type { AnyKind } from '../../define.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from '../../generated/core-v1.ts';
import { qosClassOf } from '../pod/resources.ts';

/** Both ways a quota names scopes. */
export const scopesOf = ({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] => [
  ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
  ...(spec.scopeSelector?.matchExpressions ?? []),
];

/** Whether a quota is about an object at all. Scopes are about pods, one is about claims; what is neither matches none. */
export const isInScope = (quota: ResourceQuota, kind: AnyKind, object: KubeObject): boolean =>
  scopesOf(quota).every((scope) =>
    scope.scopeName === 'VolumeAttributesClass'
      ? kind.resource === 'persistentvolumeclaims' && hasClass(scope, object as PersistentVolumeClaim)
      : kind.resource === 'pods' && matches(scope, object as Pod),
  );

/** The class a claim asks for, the one it has and the one it is being given all count (KEP-3751). */
function hasClass({ operator, values = [] }: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter(Boolean);
  return names.length === 0 ? matchesValue(operator, values, undefined) : names.some((it) => matchesValue(operator, values, it));
}

function matches({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (scopeName) {
    case 'Terminating':
      return (pod.spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (pod.spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort';
    case 'PriorityClass':
      return matchesValue(operator, values, pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return asksElsewhere(pod);
    default:
      return false;
  }
}

function matchesValue(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && value !== '' && values.includes(value);
    case 'NotIn':
      return !value || !values.includes(value);
    case 'Exists':
      return Boolean(value);
    default:
      return !value;
  }
}

/** Affinity to pods of other namespaces. */
function asksElsewhere({ spec }: Pod): boolean {
  const terms: PodAffinityTerm[] = [];
  for (const pods of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    terms.push(...(pods?.requiredDuringSchedulingIgnoredDuringExecution ?? []));
    terms.push(...(pods?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((it) => it.podAffinityTerm));
  }
  return terms.some((it) => (it?.namespaces?.length ?? 0) > 0 || it?.namespaceSelector !== undefined);
}
