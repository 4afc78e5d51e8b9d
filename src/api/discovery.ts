import type { AnyKind } from '../kinds/index.ts';
import { hasStatus } from './ownership.ts';

const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];

/** Subresources that are no plain part of the object, by resource. */
const special: Readonly<Record<string, ReadonlyArray<{ name: string; kind: string; group?: string; version?: string; verbs: string[] }>>> =
  {
    pods: [
      { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
      { name: 'binding', kind: 'Binding', verbs: ['create'] },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
      { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
      { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
    ],
    services: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }],
    nodes: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }],
    serviceaccounts: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
    namespaces: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  };

type Subresource = { name: string; kind: string; group?: string; version?: string; verbs: string[] };

function subresourcesOf(kind: AnyKind): Subresource[] {
  const found: Subresource[] = [...(special[kind.resource] ?? [])];
  for (const { name } of kind.parts ?? []) found.push({ name, kind: kind.kind, verbs: ['get', 'patch', 'update'] });
  if (hasStatus(kind)) found.push({ name: 'status', kind: kind.kind, verbs: ['get', 'patch', 'update'] });
  if (kind.scale) found.push({ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** /api/v1 and /apis/<group>/<version>. */
export function resourceList(kinds: readonly AnyKind[], groupVersion: string): object | undefined {
  const served = kinds.filter((it) => it.apiVersion === groupVersion);
  if (served.length === 0) return undefined;
  const resources = served.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length && { shortNames: kind.shortNames }),
      ...(kind.categories.length && { categories: kind.categories }),
      storageVersionHash: Buffer.from(kind.resource).toString('base64').slice(0, 11).padEnd(12, '='),
    },
    ...subresourcesOf(kind).map((it) => ({
      name: `${kind.plural}/${it.name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(it.version && { group: it.group, version: it.version }),
      kind: it.kind,
      verbs: it.verbs,
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

const groupsOf = (kinds: readonly AnyKind[]): Map<string, string[]> => {
  const groups = new Map<string, string[]>();
  for (const { group, version } of kinds) {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    groups.set(group, versions);
  }
  return groups;
};

function groupOf(name: string, versions: readonly string[]): object {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

/** /apis */
export const groupList = (kinds: readonly AnyKind[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...groupsOf(kinds)].filter(([name]) => name !== '').map(([name, versions]) => groupOf(name, versions)),
});

/** /apis/<group> */
export function oneGroup(kinds: readonly AnyKind[], name: string): object | undefined {
  const versions = groupsOf(kinds).get(name);
  return versions && name ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) } : undefined;
}

/** Everything in one answer (KEP-3352): `legacy` for /api, the named groups for /apis. */
export function aggregated(kinds: readonly AnyKind[], legacy: boolean, version: string): object {
  const items = [...groupsOf(kinds)].filter(([name]) => (name === '') === legacy);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: items.map(([name, versions]) => ({
      metadata: name ? { name, creationTimestamp: null } : { creationTimestamp: null },
      versions: versions.map((one) => ({
        version: one,
        freshness: 'Current',
        resources: kinds.filter((it) => it.group === name && it.version === one).map(aggregatedResource),
      })),
    })),
  };
}

function aggregatedResource(kind: AnyKind): object {
  const subresources = subresourcesOf(kind).map((it) => ({
    subresource: it.name,
    responseKind: { group: it.group ?? kind.group, version: it.version ?? kind.version, kind: it.kind },
    verbs: it.verbs,
  }));
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length && { shortNames: kind.shortNames }),
    ...(kind.categories.length && { categories: kind.categories }),
    ...(subresources.length && { subresources }),
  };
}
