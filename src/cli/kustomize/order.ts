import type { Kustomization } from './kustomization.ts';
import { currentOf, type Identity, type Resource } from './resource.ts';
import { KustomizationError } from './shape.ts';

/** What others need comes first. The order is kustomize's, which keeps it as it is for good. */
const first = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

export function inOrder(resources: readonly Resource[], options: Kustomization['sortOptions'] = { order: 'legacy' }): Resource[] {
  const { order, legacySortOptions } = options;
  if (order !== 'legacy' && order !== 'fifo') throw new KustomizationError("sortOptions.order must be 'legacy' or 'fifo'");
  if (order === 'fifo') {
    if (legacySortOptions) throw new KustomizationError("sortOptions.legacySortOptions needs the order 'legacy'");
    return [...resources];
  }
  const [begin, end] = legacySortOptions ? [legacySortOptions.orderFirst ?? [], legacySortOptions.orderLast ?? []] : [first, last];
  const rankOf = ({ kind }: Identity): number => {
    if (begin.includes(kind)) return begin.indexOf(kind) - begin.length;
    return end.indexOf(kind) + 1;
  };
  return [...resources].sort((one, other) => {
    const [a, b] = [currentOf(one), currentOf(other)];
    return rankOf(a) - rankOf(b) || compared(typeText(a), typeText(b)) || compared(nameText(a), nameText(b));
  });
}

// What is missing sorts behind everything else.
const typeText = ({ group, version, kind }: Identity): string => `${group || '~G'}_${version}_${kind}`;
const nameText = ({ namespace, name }: Identity): string => `${namespace || '~X'}|${name}`;
const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
