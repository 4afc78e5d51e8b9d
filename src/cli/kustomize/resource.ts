import { isClusterScoped } from './cluster-scoped.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';

export type Identity = { group: string; version: string; kind: string; name: string; namespace: string };

/** An object on its way through the layers, with the names it had before: references were written to those. */
export type Resource = {
  object: Json;
  /** Oldest first; its current identity is not among them. */
  previous: Identity[];
  prefixes: string[];
  suffixes: string[];
  /** Its name will end in a hash of its content. */
  hashed: boolean;
};

export function resourceOf(object: Json): Resource {
  const { kind, apiVersion } = object;
  if (typeof kind !== 'string' || kind === '' || typeof apiVersion !== 'string')
    throw new KustomizationError(`an object needs apiVersion and kind: ${JSON.stringify(object).slice(0, 120)}`);
  const it: Resource = { object, previous: [], prefixes: [], suffixes: [], hashed: false };
  if (currentOf(it).name === '') throw new KustomizationError(`${kind}: missing metadata.name`);
  return it;
}

/** The metadata of an object, made when it has none. */
export function metadataOf(object: Json): Json {
  if (!isRecord(object.metadata)) object.metadata = {};
  return object.metadata as Json;
}

export function typeOf(object: Json): { group: string; version: string; kind: string } {
  const apiVersion = String(object.apiVersion);
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind: String(object.kind) };
}

export function currentOf({ object }: Resource): Identity {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  return { ...typeOf(object), name: textIn(metadata.name), namespace: textIn(metadata.namespace) };
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value));

export const originalOf = (it: Resource): Identity => it.previous[0] ?? currentOf(it);

/** Remembers who it is, before a change of its name or namespace. */
export const remember = (it: Resource): void => {
  it.previous.push(currentOf(it));
};

export const namespaceOf = (id: Identity): string => (isClusterScoped(id) ? '' : id.namespace || 'default');

export const sameIdentity = (a: Identity, b: Identity): boolean =>
  a.kind === b.kind && a.group === b.group && a.version === b.version && a.name === b.name && namespaceOf(a) === namespaceOf(b);

/** Those that are or were called so. */
export const everCalled = (resources: readonly Resource[], id: Identity): Resource[] =>
  resources.filter((it) => sameIdentity(currentOf(it), id) || it.previous.some((was) => sameIdentity(was, id)));

export const describe = ({ group, version, kind, name, namespace }: Identity): string =>
  `${kind}.${version}${group ? `.${group}` : ''}/${name}${namespace ? `.${namespace}` : ''}`;
