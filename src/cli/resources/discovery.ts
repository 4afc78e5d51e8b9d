import type { APIGroupList, APIResource, APIResourceList, APIVersions } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import type { Requests } from '../connection/requests.ts';

/** A kind as the server tells it. */
export type Resource = {
  group: string;
  version: string;
  /** `apps/v1`, or `v1` for the core group. */
  apiVersion: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  /** `status`, `scale` and the like. */
  subresources: readonly string[];
  /** The group prefers this version. */
  preferred: boolean;
};

/** What the server serves, in its order, subresources left out. */
export type Served = { resources: readonly Resource[]; groupVersions: readonly string[] };

export async function discover(requests: Requests): Promise<Served> {
  const [core, groups] = await Promise.all([requests.json<APIVersions>({ path: '/api' }), requests.json<APIGroupList>({ path: '/apis' })]);
  const places = [
    ...core.versions.map((it) => ({ path: `/api/${it}`, group: '', version: it, preferred: true })),
    ...groups.groups.flatMap(({ name, versions, preferredVersion }) =>
      versions.map(({ version }) => ({
        path: `/apis/${name}/${version}`,
        group: name,
        version,
        preferred: version === (preferredVersion?.version ?? versions[0]?.version),
      })),
    ),
  ];
  const lists = await Promise.all(places.map(({ path }) => requests.json<APIResourceList>({ path })));
  return {
    resources: places.flatMap((place, i) => {
      const all = lists[i]?.resources ?? [];
      return all.filter(({ name }) => !name.includes('/')).map((it) => asResource(place, it, all));
    }),
    groupVersions: places.map(({ group, version }) => (group ? `${group}/${version}` : version)),
  };
}

type GroupVersion = { group: string; version: string; preferred: boolean };

const asResource = ({ group, version, preferred }: GroupVersion, it: APIResource, all: readonly APIResource[]): Resource => ({
  group,
  version,
  apiVersion: group ? `${group}/${version}` : version,
  kind: it.kind,
  plural: it.name,
  singular: it.singularName || it.kind.toLowerCase(),
  shortNames: it.shortNames ?? [],
  categories: it.categories ?? [],
  namespaced: it.namespaced,
  verbs: it.verbs ?? [],
  subresources: all.filter(({ name }) => name.startsWith(`${it.name}/`)).map(({ name }) => name.slice(it.name.length + 1)),
  preferred,
});

/** `deployments.apps`, or `pods` for the core group: how messages name a resource. */
export const qualified = ({ plural, group }: Resource): string => (group ? `${plural}.${group}` : plural);

/** The name before an object's in answers: `deployment.apps/web`, `pod/web`. */
export const objectName = ({ kind, group }: Pick<Resource, 'kind' | 'group'>, name: string): string =>
  `${kind.toLowerCase()}${group ? `.${group}` : ''}/${name}`;

/** The resource a user means by `po`, `deployments.apps`, `deployments.v1.apps` or `Pod`. Fails with a CommandError. */
export function resourceNamed(served: Served, word: string): Resource {
  const found = findResource(served, word);
  if (!found) throw new CommandError(`the server doesn't have a resource type ${JSON.stringify(word)}`);
  return found;
}

export function findResource({ resources }: Served, word: string): Resource | undefined {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const group = rest.join('.');
  const isCalled = (it: Resource): boolean => it.plural === name || it.singular.toLowerCase() === name || it.kind.toLowerCase() === name;
  const called = resources.filter(isCalled);
  const candidates = called.length > 0 ? called : resources.filter((it) => it.shortNames.includes(name));
  if (rest.length === 0) return candidates.find((it) => it.preferred) ?? candidates[0];
  const [version = '', ...ofGroup] = rest;
  const exact = candidates.find((it) => it.version === version && it.group === ofGroup.join('.'));
  return exact ?? candidates.find((it) => it.group === group && it.preferred) ?? candidates.find((it) => it.group.startsWith(group));
}

/** The resources of `all` and other categories, in the server's order. */
export const inCategory = ({ resources }: Served, word: string): Resource[] =>
  resources.filter((it) => it.preferred && it.categories.includes(word));

/** The resource of a manifest. Fails with a CommandError as kubectl words it. */
export function resourceOfKind(served: Served, apiVersion: string, kind: string): Resource | undefined {
  return served.resources.find((it) => it.apiVersion === apiVersion && it.kind === kind);
}

/** What an address is made of. */
export type Place = Pick<Resource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** `/apis/apps/v1/namespaces/default/deployments/web/status`, each part escaped. */
export function pathOf(resource: Place, namespace: string | undefined, ...rest: string[]): string {
  const parts = [
    ...(resource.group ? ['apis', resource.group] : ['api']),
    resource.version,
    ...(resource.namespaced && namespace ? ['namespaces', namespace] : []),
    resource.plural,
    ...rest,
  ];
  return parts.map((it) => `/${encodeURIComponent(it)}`).join('');
}
