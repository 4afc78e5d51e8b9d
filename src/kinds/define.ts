import type { FieldError } from '../meta/field-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { age } from './age.ts';

/** A column of `kubectl get`. `wide` columns (priority 1) show with -o wide alone. */
export type Column<T> = {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: 'name' | 'quantity' | 'duration';
  wide?: boolean;
  description?: string;
  value: (it: T, now: number) => string | number | boolean | undefined;
};

/** Stands before the first wide column of every table, unless the record puts it elsewhere. */
export const ageColumn: Column<KubeObject> = { name: 'Age', type: 'string', value: (it, now) => age(it.metadata.creationTimestamp, now) };

export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
export type Verb = (typeof allVerbs)[number];

/** How the `scale` subresource reads and writes a kind. */
export type Scale<T> = {
  replicas: (it: T) => number;
  setReplicas: (draft: T, replicas: number) => void;
  statusReplicas: (it: T) => number;
  /** The pods it counts, in the string form of a label selector. */
  selector: (it: T) => string;
};

/** A part of an object with a route of its own that reads the whole and changes that part alone, such as `pods/resize`. */
export type Part<T> = {
  name: string;
  /** Sets everything but the part back to what it was. */
  keep: (draft: T, was: T) => void;
  /** Faults of the whole object, and of what has become of the part. */
  validate: (it: T, was: T) => FieldError[];
};

/**
 * A kind, written down once. Routes, discovery, OpenAPI, tables, selectors and completion follow from it.
 * The functions are pure but for the draft they are handed, and know only the object itself: what needs
 * other objects (a namespace that must exist, a free cluster IP) is admission, in `api/admission`.
 */
export type KindRecord<T extends KubeObject> = {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  namespaced: boolean;
  /** Its message in the facts file; `<group>/<version>.<kind>` if not given. */
  message?: string;
  /** False where upstream has no status route although the message has a status. Default: as the message. */
  status?: boolean;
  /** What may be done with it. Default: everything. */
  verbs?: readonly Verb[];
  /** A deletion answers with the object, not with a Status. */
  returnsDeleted?: boolean;
  /** An update of what does not exist creates it. */
  createOnUpdate?: boolean;
  scale?: Scale<T>;
  parts?: ReadonlyArray<Part<T>>;
  /** Fills what the user left out, in place. Runs on every write and must be idempotent. */
  defaults?: (draft: T) => void;
  /** Create: drops what the user may not set and sets what only the server may. `status` is dropped before. */
  prepareCreate?: (draft: T) => void;
  /** Update of the main resource; `status` has been copied from `was` before. `generation` rises when spec changed (caller's work). */
  prepareUpdate?: (draft: T, was: T) => void;
  /** Update through /status: what a client that does not know a field leaves out stays. */
  prepareStatus?: (draft: T, was: T) => void;
  /** Faults of the whole object; with `was`, also what may not change. Metadata is checked by the caller. */
  validate?: (it: T, was?: T) => FieldError[];
  /** Faults of an update through /status. */
  validateStatus?: (it: T, was: T) => FieldError[];
  /** After Name and around Age, which every table has unless `bareTable`. */
  columns?: readonly Column<T>[];
  bareTable?: boolean;
  /** metadata.generation counts changes of the spec. Default: kinds that can be scaled. */
  generation?: boolean;
  /** Fields a field selector may name, besides metadata.name and metadata.namespace. */
  fields?: Readonly<Record<string, (it: T) => string>>;
  /** Seconds between a delete request and removal; undefined means at once. Pods alone have it upstream. */
  graceSeconds?: (it: T, asked: number | undefined) => number | undefined;
  /** Name rule: most are DNS subdomains. Returns the faults, worded as upstream. */
  nameFaults?: (name: string, isPrefix: boolean) => string[];
  /** This kind is another view of a stored kind: events.k8s.io/v1 Event is core/v1 Event. */
  viewOf?: { kind: AnyKind; fromStored: (stored: KubeObject) => T; toStored: (it: T) => KubeObject };
};

/** A kind as the rest of the process uses it: the record plus what follows from it at once. */
export type Kind<T extends KubeObject = KubeObject> = Omit<
  KindRecord<T>,
  'singular' | 'shortNames' | 'categories' | 'message' | 'verbs'
> & {
  verbs: readonly Verb[];
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  message: string;
  /** `v1`, `apps/v1` */
  apiVersion: string;
  /** `pods`, `deployments.apps`: unique, the name used in messages and store keys. */
  resource: string;
};

/** The directory of a group's messages in the facts file: the first label of the group, `core` for the legacy one. */
const factsGroup = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] as string));

export function defineKind<T extends KubeObject>(record: KindRecord<T>): Kind<T> {
  const { group, version, kind, plural } = record;
  return {
    ...record,
    singular: record.singular ?? kind.toLowerCase(),
    shortNames: record.shortNames ?? [],
    categories: record.categories ?? [],
    verbs: record.verbs ?? allVerbs,
    message: record.message ?? `${factsGroup(group)}/${version}.${kind}`,
    apiVersion: group ? `${group}/${version}` : version,
    resource: group ? `${plural}.${group}` : plural,
  };
}

/** A Kind of any object: what lists of kinds hold. */
// biome-ignore lint/suspicious/noExplicitAny: a record's functions take their own object type; a mixed list cannot name it.
export type AnyKind = Kind<any>;
