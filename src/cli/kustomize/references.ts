import { inPods, isAt, type Place, placeIn, visit } from './field-path.ts';
import { currentOf, describe, namespaceOf, type Resource } from './resource.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';

type Referred = { kind: string; group?: string; places: readonly Place[] };

const rbac = 'rbac.authorization.k8s.io';
const workloads = ['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet'];

/**
 * Fields that hold the name of another object, by the kind they name (kustomize's default name references). A field
 * that is a mapping, not a text, holds the name in `name` and says where in `namespace`.
 */
const references: readonly Referred[] = [
  ...workloads.map((kind): Referred => ({ kind, places: [placeIn('HorizontalPodAutoscaler', 'spec/scaleTargetRef/name')] })),
  {
    kind: 'ConfigMap',
    group: '',
    places: [
      ...inPods(
        'volumes/configMap/name',
        'volumes/projected/sources/configMap/name',
        'containers/env/valueFrom/configMapKeyRef/name',
        'initContainers/env/valueFrom/configMapKeyRef/name',
        'containers/envFrom/configMapRef/name',
        'initContainers/envFrom/configMapRef/name',
      ),
      placeIn('Node', 'spec/configSource/configMap'),
      placeIn(['Role', 'ClusterRole'], 'rules/resourceNames'),
      { kinds: ['Ingress'], path: ['metadata', 'annotations', 'nginx.ingress.kubernetes.io/fastcgi-params-configmap'] },
    ],
  },
  {
    kind: 'Secret',
    group: '',
    places: [
      ...inPods(
        'volumes/secret/secretName',
        'volumes/projected/sources/secret/name',
        'containers/env/valueFrom/secretKeyRef/name',
        'initContainers/env/valueFrom/secretKeyRef/name',
        'containers/envFrom/secretRef/name',
        'initContainers/envFrom/secretRef/name',
        'imagePullSecrets/name',
      ),
      placeIn('Ingress', 'spec/tls/secretName'),
      ...[
        'ingress.kubernetes.io/auth-secret',
        'nginx.ingress.kubernetes.io/auth-secret',
        'nginx.ingress.kubernetes.io/auth-tls-secret',
      ].map((it): Place => ({ kinds: ['Ingress'], path: ['metadata', 'annotations', it] })),
      placeIn('ServiceAccount', 'imagePullSecrets/name'),
      ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map((it) => placeIn('StorageClass', `parameters/${it}`)),
      placeIn(['Role', 'ClusterRole'], 'rules/resourceNames'),
      placeIn('PersistentVolume', 'spec/azureFile/secretName'),
    ],
  },
  {
    kind: 'Service',
    group: '',
    places: [
      placeIn('StatefulSet', 'spec/serviceName', { group: 'apps' }),
      ...[
        'rules/http/paths/backend/serviceName',
        'backend/serviceName',
        'rules/http/paths/backend/service/name',
        'defaultBackend/service/name',
      ].map((it) => placeIn('Ingress', `spec/${it}`)),
      placeIn('APIService', 'spec/service/name', { group: 'apiregistration.k8s.io' }),
      placeIn(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'], 'webhooks/clientConfig/service'),
    ],
  },
  { kind: 'Role', group: rbac, places: [placeIn('RoleBinding', 'roleRef/name', { group: rbac })] },
  { kind: 'ClusterRole', group: rbac, places: [placeIn(['RoleBinding', 'ClusterRoleBinding'], 'roleRef/name', { group: rbac })] },
  {
    kind: 'ServiceAccount',
    group: '',
    places: [placeIn(['RoleBinding', 'ClusterRoleBinding'], 'subjects', { group: rbac }), ...inPods('serviceAccountName')],
  },
  { kind: 'PersistentVolumeClaim', group: '', places: inPods('volumes/persistentVolumeClaim/claimName') },
  {
    kind: 'PersistentVolume',
    group: '',
    places: [placeIn('PersistentVolumeClaim', 'spec/volumeName'), placeIn('ClusterRole', 'rules/resourceNames')],
  },
  {
    kind: 'StorageClass',
    group: 'storage.k8s.io',
    places: [
      placeIn(['PersistentVolume', 'PersistentVolumeClaim'], 'spec/storageClassName'),
      placeIn('StatefulSet', 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  { kind: 'PriorityClass', group: 'scheduling.k8s.io', places: inPods('priorityClassName') },
  { kind: 'IngressClass', group: 'networking.k8s.io', places: [placeIn('Ingress', 'spec/ingressClassName')] },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    places: [placeIn('ValidatingAdmissionPolicyBinding', 'spec/policyName')],
  },
];

/** Writes the names that objects have now wherever others refer to the names they had. */
export function followNames(resources: readonly Resource[]): void {
  for (const referrer of resources) {
    for (const referred of references) {
      for (const place of referred.places) {
        if (isAt(place, referrer.object))
          visit(referrer.object, place, (holder, field) => follow(holder, field, { referrer, referred, place, resources }));
      }
    }
  }
}

type Context = { referrer: Resource; referred: Referred; place: Place; resources: readonly Resource[] };

function follow(holder: Json, field: string, context: Context): void {
  const value = holder[field];
  if (typeof value === 'string') {
    const found = findReferred(value, context);
    if (found) holder[field] = currentOf(found).name;
  } else if (isRecord(value)) followMapping(value, context);
  else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      if (typeof item === 'string') {
        const found = findReferred(item, context);
        if (found) value[at] = currentOf(found).name;
      } else if (isRecord(item)) followMapping(item, context);
    }
  }
}

function followMapping(mapping: Json, context: Context): void {
  if (typeof mapping.name !== 'string') return;
  const namespace = typeof mapping.namespace === 'string' ? mapping.namespace : undefined;
  const found = findReferred(mapping.name, context, namespace);
  if (!found) return;
  const now = currentOf(found);
  mapping.name = now.name;
  if (now.namespace !== '') mapping.namespace = now.namespace;
}

/** The one object that was called so; of several, the one that went through the same prefixes and suffixes. */
function findReferred(name: string, context: Context, namespace?: string): Resource | undefined {
  const { referrer, referred } = context;
  let found = context.resources.filter(
    (it) =>
      it.previous.some((was) => was.name === name) &&
      it.previous.some((was) => was.kind === referred.kind && (referred.group === undefined || was.group === referred.group)) &&
      canRefer(referrer, it) &&
      isNamedByRole(context, it) &&
      (namespace === undefined || namespacesOf(it).includes(namespace)),
  );
  if (found.length > 1) found = found.filter((it) => sameEnds(it, referrer, true));
  if (found.length > 1) found = found.filter((it) => sameEnds(it, referrer, false));
  const names = new Set(found.map((it) => currentOf(it).name));
  if (names.size > 1)
    throw new KustomizationError(
      `${describe(currentOf(referrer))}: found multiple possible referrals: ${found.map((it) => describe(currentOf(it))).join(', ')}`,
    );
  return found[0];
}

const namespacesOf = (it: Resource): string[] => [...it.previous, currentOf(it)].map((id) => namespaceOf(id));

/** Objects refer within their namespace; what has none refers, and is referred to, from everywhere. */
function canRefer(referrer: Resource, it: Resource): boolean {
  const [from, to] = [namespaceOf(currentOf(referrer)), namespaceOf(currentOf(it))];
  return from === '' || to === '' || from === to || currentOf(it).kind === 'ServiceAccount';
}

/** roleRef says of which kind the role is. */
function isNamedByRole({ referrer, place }: Context, it: Resource): boolean {
  const { roleRef } = referrer.object;
  return place.path[0] !== 'roleRef' || !isRecord(roleRef) || typeof roleRef.kind !== 'string' || roleRef.kind === currentOf(it).kind;
}

function sameEnds(a: Resource, b: Resource, allowNone: boolean): boolean {
  const same = (some: readonly string[], others: readonly string[]): boolean => {
    if (some.length === 0 || others.length === 0) return allowNone || some.length === others.length;
    const shared = Math.min(some.length, others.length);
    return some.slice(-shared).join('\0') === others.slice(-shared).join('\0');
  };
  return same(a.prefixes, b.prefixes) && same(a.suffixes, b.suffixes);
}
