import { type AnyKind, kinds } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { applyConfiguration } from '../meta/apply/apply.ts';
import { conflictError } from '../meta/apply/conflict.ts';
import { entriesOf, isSame, type Manager, readManagers, storedManagers, type Writer } from '../meta/apply/managers.ts';
import type { Json } from '../meta/apply/record.ts';
import { createdText } from '../meta/apply/created.ts';
import { structureOf } from '../meta/apply/structure.ts';
import { trackUpdate } from '../meta/apply/track.ts';
import type { Versions } from '../meta/apply/versions.ts';
import { deepEqual } from '../meta/copy.ts';
import { messageOf } from '../meta/schema/schema.ts';
import { badRequest } from '../meta/status-error.ts';
import type { KubeObject, ManagedFieldsEntry } from '../meta/types.ts';
import { storedKind } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';

/** The route of an update, where it is not the object's own. */
export type UpdateRoute = 'status' | 'scale' | 'finalize' | 'binding' | 'ephemeralcontainers' | 'resize';
export type TrackOptions = WriteOptions & { subresource?: UpdateRoute | undefined };

/** Nobody said who it is: upstream's word for it. */
const nobody = 'unknown';

/** Whether a kind has a status that only /status changes. */
export const hasStatus = (kind: AnyKind): boolean => kind.status ?? messageOf(kind.message)?.fields.has('status') === true;

/** The part of an object that a route never changes, and so nobody comes to own through it. */
const unreached = (kind: AnyKind, subresource: UpdateRoute | undefined): string | undefined =>
  subresource === 'status' ? 'spec' : hasStatus(kind) ? 'status' : undefined;

/** The versions a kind is seen in: that of the kind that is stored, and those of its views. */
function versionsOf(kind: AnyKind, subresource: UpdateRoute | undefined): Versions {
  const stored = storedKind(kind);
  const kindOf = (apiVersion: unknown): AnyKind | undefined =>
    [kind, stored].find((it) => it.apiVersion === apiVersion) ??
    kinds.find((it) => it.viewOf?.kind === stored && it.apiVersion === apiVersion);
  return {
    structure(apiVersion) {
      const of = kindOf(apiVersion);
      return of && structureOf(of.message, unreached(of, subresource));
    },
    convert(object, apiVersion) {
      if (object.apiVersion === apiVersion || Object.keys(object).length === 0) return object;
      const [from, to] = [kindOf(object.apiVersion)?.viewOf, kindOf(apiVersion)?.viewOf];
      const inStore = from ? from.toStored(asObject(object)) : asObject(object);
      return asJson(to ? to.fromStored(inStore) : inStore);
    },
  };
}

const asJson = (object: object | undefined): Json => (object ?? {}) as Json;
const asObject = (json: Json): KubeObject => json as unknown as KubeObject;

const writerOf = <T extends Writer['operation']>(kind: AnyKind, operation: T, { fieldManager, subresource }: TrackOptions) => ({
  manager: fieldManager || nobody,
  operation,
  apiVersion: kind.apiVersion,
  ...(subresource && { subresource }),
});

/**
 * managedFields after a write that is no apply. `now` is what the request made of the object, before admission: what the
 * server sets by itself belongs to nobody. `given` are the entries the request came with: they replace what is there.
 */
export function trackedFields(
  api: ApiContext,
  kind: AnyKind,
  was: KubeObject | undefined,
  now: KubeObject,
  given: ManagedFieldsEntry[] | undefined,
  options: TrackOptions,
): ManagedFieldsEntry[] | undefined {
  if (!was) return createdFields(api, kind, now, options);
  const stored = was.metadata.managedFields;
  const base = baseOf(stored, given, options.subresource);
  // Where nobody kept record, nobody begins to but with an apply.
  if (base.length === 0) return undefined;
  const managers = trackUpdate({
    was: asJson(was),
    now: asJson(now),
    managers: base,
    by: writerOf(kind, 'Update', options),
    time: toTime(api.clock.now()),
    versions: versionsOf(kind, options.subresource),
  });
  if (managers === base && base.length === stored?.length && !given) return stored;
  return entriesOf(managers);
}

function createdFields(api: ApiContext, kind: AnyKind, now: KubeObject, options: TrackOptions): ManagedFieldsEntry[] | undefined {
  const text = createdText(structureOf(kind.message, unreached(kind, undefined)), asJson(now));
  if (text === undefined) return undefined;
  return entriesOf([{ ...writerOf(kind, 'Update', options), time: toTime(api.clock.now()), fields: api.fieldSets.ofText(text) }]);
}

/** An empty list, or one with an empty entry, asks for all record to be forgotten. */
const isReset = (given: readonly ManagedFieldsEntry[]): boolean =>
  given.length === 0 || (given.length === 1 && Object.keys(given[0] as ManagedFieldsEntry).length === 0);

function baseOf(
  stored: ManagedFieldsEntry[] | undefined,
  given: ManagedFieldsEntry[] | undefined,
  subresource: UpdateRoute | undefined,
): readonly Manager[] {
  if (!given || subresource || deepEqual(given, stored)) return storedManagers(stored);
  if (isReset(given)) return [];
  // Clients that do not understand them must not destroy them.
  const read = readManagers(given);
  return read && read.length > 0 ? read : storedManagers(stored);
}

export type Configuration = {
  /** As the client wrote it. */
  raw: Json;
  /** The same, read by the schema. */
  config: KubeObject;
  force: boolean;
  /** Reads what kubectl once applied from its side. */
  readLast: (text: string) => KubeObject;
};

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object after an apply, with its managedFields. Fails with Conflict, as upstream words it. */
export function appliedObject(
  api: ApiContext,
  kind: AnyKind,
  live: KubeObject | undefined,
  { raw, config, force, readLast }: Configuration,
  options: TrackOptions,
): KubeObject {
  if (config.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const by = writerOf(kind, 'Apply', options);
  const mine = lastOf(kind, live, readLast);
  const { resourceVersion: _, ...metadata } = live?.metadata ?? {};
  const base = live ? { ...live, metadata } : {};
  const applied = applyConfiguration({
    live: asJson(base),
    config: asJson(config),
    managers: storedManagers(live?.metadata.managedFields),
    by,
    force,
    time: toTime(api.clock.now()),
    versions: versionsOf(kind, options.subresource),
    lastApplied: mine && asJson(mine),
  });
  if (applied.conflicts) throw conflictError(applied.conflicts);
  const object = asObject(applied.object);
  const annotations = object.metadata.annotations;
  const managedFields = entriesOf(applied.managers);
  return {
    ...object,
    metadata: {
      ...object.metadata,
      // Who goes back to `kubectl apply` finds there what was applied last.
      ...(by.manager === 'kubectl' && annotations?.[lastApplied] && { annotations: { ...annotations, [lastApplied]: textOf(raw) } }),
      managedFields: managedFields ?? [],
    },
  };
}

function lastOf(kind: AnyKind, live: KubeObject | undefined, readLast: Configuration['readLast']): KubeObject | undefined {
  const text = live?.metadata.annotations?.[lastApplied];
  if (!text) return undefined;
  try {
    const last = readLast(text);
    return last.apiVersion === kind.apiVersion ? last : undefined;
  } catch {
    // Anybody can write that annotation. What cannot be read excuses no conflict.
    return undefined;
  }
}

function textOf(raw: Json): string {
  const { metadata } = raw as { metadata?: { annotations?: Record<string, string> } };
  if (!metadata?.annotations) return `${JSON.stringify(raw)}\n`;
  const { [lastApplied]: _, ...annotations } = metadata.annotations;
  return `${JSON.stringify({ ...raw, metadata: { ...metadata, annotations } })}\n`;
}

/** Whether two lists of entries say the same, whenever they were written. */
export function saysTheSame(a: readonly ManagedFieldsEntry[] | undefined, b: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length) return false;
  const managers = storedManagers(b as ManagedFieldsEntry[]);
  return storedManagers(a as ManagedFieldsEntry[]).every((it) =>
    managers.some((other) => isSame(it, other) && it.apiVersion === other.apiVersion && deepEqual(it.fields, other.fields)),
  );
}
