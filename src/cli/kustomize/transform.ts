import { isClusterScoped } from './cluster-scoped.ts';
import { type Place, placeIn, visit } from './field-path.ts';
import type { ImageArgs, Kustomization, LabelArgs } from './kustomization.ts';
import { currentOf, describe, metadataOf, originalOf, remember, type Resource, sameIdentity } from './resource.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';

/** Puts everything that has a namespace into this one. Namespace objects themselves take the name. */
export function setNamespace(resources: readonly Resource[], namespace: string): void {
  for (const it of resources) {
    const id = currentOf(it);
    remember(it);
    if (!isClusterScoped(id)) metadataOf(it.object).namespace = namespace;
    else if (id.kind === 'Namespace' && id.group === '') metadataOf(it.object).name = namespace;
    for (const place of serviceNamespaces) visit(it.object, place, (holder, field) => (holder[field] = namespace));
    if (id.kind === 'RoleBinding' || id.kind === 'ClusterRoleBinding') nameDefaultSubjects(it.object, namespace);
  }
  for (const [at, it] of resources.entries()) {
    const twin = resources.slice(0, at).find((other) => sameIdentity(currentOf(other), currentOf(it)));
    if (twin) throw new KustomizationError(`namespace ${namespace} would hold two of ${describe(currentOf(it))}`);
  }
}

const serviceNamespaces: readonly Place[] = [
  placeIn('APIService', 'spec/service/namespace', { group: 'apiregistration.k8s.io', create: true }),
  placeIn('CustomResourceDefinition', 'spec/conversion/webhook/clientConfig/service/namespace', { group: 'apiextensions.k8s.io' }),
];

/** The service account `default` is that of the namespace; others are followed by name. */
function nameDefaultSubjects(object: Json, namespace: string): void {
  for (const subject of Array.isArray(object.subjects) ? object.subjects : [])
    if (isRecord(subject) && subject.name === 'default') subject.namespace = namespace;
}

export function addPrefix(resources: readonly Resource[], prefix: string): void {
  for (const it of resources.filter(canBeRenamed)) {
    it.prefixes.push(prefix);
    rename(it, (name) => `${prefix}${name}`);
  }
}

export function addSuffix(resources: readonly Resource[], suffix: string): void {
  for (const it of resources.filter(canBeRenamed)) {
    it.suffixes.push(suffix);
    rename(it, (name) => `${name}${suffix}`);
  }
}

function rename(it: Resource, change: (name: string) => string): void {
  remember(it);
  const metadata = metadataOf(it.object);
  metadata.name = change(String(metadata.name));
}

/** Names that mean something by themselves stay. */
function canBeRenamed(it: Resource): boolean {
  const { kind, group } = originalOf(it);
  return kind !== 'CustomResourceDefinition' && kind !== 'Namespace' && !(kind === 'APIService' && group === 'apiregistration.k8s.io');
}

const templated = ['ReplicationController', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job'];

const inTemplates = (field: 'labels' | 'annotations'): Place[] => [
  placeIn(templated, `spec/template/metadata/${field}`, { create: true }),
  placeIn('CronJob', `spec/jobTemplate/metadata/${field}`, { create: true }),
  placeIn('CronJob', `spec/jobTemplate/spec/template/metadata/${field}`, { create: true }),
];
const inMetadata = (field: 'labels' | 'annotations'): Place => ({ path: ['metadata', field], create: true });
const inClaimTemplates = placeIn('StatefulSet', 'spec/volumeClaimTemplates[]/metadata/labels', { create: true, group: 'apps' });

const affinities = ['podAffinity', 'podAntiAffinity'].flatMap((it) => [
  `affinity/${it}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
  `affinity/${it}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
]);
const inSelectors: readonly Place[] = [
  placeIn(['Service', 'ReplicationController'], 'spec/selector', { create: true, version: 'v1' }),
  placeIn(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'], 'spec/selector/matchLabels', { create: true }),
  placeIn('Job', 'spec/selector/matchLabels', { group: 'batch' }),
  placeIn('CronJob', 'spec/jobTemplate/spec/selector/matchLabels', { group: 'batch' }),
  placeIn('PodDisruptionBudget', 'spec/selector/matchLabels', { group: 'policy' }),
  ...['podSelector', 'ingress/from/podSelector', 'egress/to/podSelector'].map((it) =>
    placeIn('NetworkPolicy', `spec/${it}/matchLabels`, { group: 'networking.k8s.io' }),
  ),
  ...[...affinities, 'topologySpreadConstraints/labelSelector/matchLabels'].map((it) =>
    placeIn(['Deployment', 'StatefulSet'], `spec/template/spec/${it}`, { group: 'apps' }),
  ),
];

/** Where commonLabels go: also to selectors, which cannot be changed once they are applied. */
const everywhere: readonly Place[] = [inMetadata('labels'), ...inTemplates('labels'), inClaimTemplates, ...inSelectors];

export function addLabels(resources: readonly Resource[], args: LabelArgs): void {
  const places = args.includeSelectors
    ? everywhere
    : [
        inMetadata('labels'),
        ...(args.includeTemplates ? inTemplates('labels') : []),
        ...(args.includeVolumeClaimTemplates ? [inClaimTemplates] : []),
      ];
  addPairs(resources, places, args.pairs ?? {});
}

export const addCommonLabels = (resources: readonly Resource[], labels: { [key: string]: string }): void =>
  addPairs(resources, everywhere, labels);

export const addAnnotations = (resources: readonly Resource[], annotations: { [key: string]: string }): void =>
  addPairs(resources, [inMetadata('annotations'), ...inTemplates('annotations')], annotations);

function addPairs(resources: readonly Resource[], places: readonly Place[], pairs: { [key: string]: string }): void {
  if (Object.keys(pairs).length === 0) return;
  for (const it of resources) {
    for (const place of places) {
      visit(it.object, place, (holder, field) => {
        const before = holder[field];
        holder[field] = { ...(isRecord(before) && before), ...pairs };
      });
    }
  }
}

const scaled = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'];

export function setReplicas(resources: readonly Resource[], { name, count }: NonNullable<Kustomization['replicas']>[number]): void {
  const found = resources.filter((it) => {
    const now = currentOf(it);
    return scaled.includes(now.kind) && [now, ...it.previous].some((id) => id.name === name);
  });
  if (found.length === 0) throw new KustomizationError(`replicas: there is no ${scaled.join(', ')} named ${name ?? ''}`);
  for (const it of found)
    visit(it.object, placeIn(scaled, 'spec/replicas', { create: true }), (holder, field) => (holder[field] = count ?? 0));
}

/** Changes the image of every container, wherever a list of containers is found: custom kinds have pods too. */
export function setImages(resources: readonly Resource[], args: ImageArgs): void {
  for (const it of resources) if (it.object.kind !== 'CustomResourceDefinition') changeImages(it.object, args);
}

function changeImages(at: unknown, args: ImageArgs): void {
  if (Array.isArray(at)) for (const item of at) changeImages(item, args);
  if (!isRecord(at)) return;
  for (const [key, value] of Object.entries(at)) {
    changeImages(value, args);
    if ((key !== 'containers' && key !== 'initContainers') || !Array.isArray(value)) continue;
    for (const container of value)
      if (isRecord(container) && typeof container.image === 'string') container.image = changed(container.image, args);
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function changed(image: string, args: ImageArgs): string {
  const form = new RegExp(`^${escaped(args.name ?? '')}(?::([\\w.{}-]*))?(?:@([a-z0-9]+:[\\w.{}-]*))?$`, 'i');
  const match = form.exec(image);
  if (!match || !args.name) return image;
  let [, tag = '', digest = ''] = match;
  if (args.newTag || args.digest) [tag, digest] = [args.newTag ?? '', args.digest ?? ''];
  else if (args.tagSuffix) [tag, digest] = [`${tag}${args.tagSuffix}`, ''];
  return `${args.newName || args.name}${tag && `:${tag}`}${digest && `@${digest}`}`;
}
