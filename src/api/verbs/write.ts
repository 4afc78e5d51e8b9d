import type { AnyKind, Part } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { nameSuffix } from '../../lib/random.ts';
import { deepCopy, deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, toCause } from '../../meta/field-error.ts';
import { validateObjectMeta } from '../../meta/object-meta.ts';
import { alreadyExists, badRequest, conflict, invalid } from '../../meta/status-error.ts';
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../../meta/types.ts';
import { type Entry, RevisionMismatch } from '../../store/index.ts';
import { decode, encode, remember, shown, storedKind, storeKey } from '../codec.ts';
import type { ApiContext, WriteOptions } from '../context.ts';
import { hasStatus, saysTheSame, trackedFields, type UpdateRoute } from '../ownership.ts';
import { getEntry } from './read.ts';

/** A written object; `entry` is missing after a dry run. */
export type Written = { object: KubeObject; entry: Entry | undefined };

type WithStatus = KubeObject & { spec?: unknown; status?: unknown };

const countsGenerations = (kind: AnyKind): boolean => kind.generation ?? kind.scale !== undefined;

function refuseFaults(kind: AnyKind, object: KubeObject, faults: FieldError[]): void {
  if (faults.length > 0) throw invalid(kind, object.metadata.name || object.metadata.generateName || '', faults.map(toCause));
}

/** Creates `object` (already read by the schema). The server's part of the metadata is filled in here. */
export async function createObject(
  api: ApiContext,
  kind: AnyKind,
  namespace: string | undefined,
  object: KubeObject,
  options: TrackedOptions,
): Promise<Written> {
  const stored = storedKind(kind);
  const source = kind.viewOf ? kind.viewOf.toStored(object) : object;
  const { managedFields: given, ...metadata }: Partial<ObjectMeta> = source.metadata;
  if (kind.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation');
    metadata.namespace = namespace;
  }
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const fixedName = metadata.name;
  for (let attempt = 0; ; attempt++) {
    const draft = deepCopy({ ...source, metadata }) as WithStatus;
    // Generated names leave room for the suffix (names are at most 63 long).
    draft.metadata.name = fixedName || (metadata.generateName ? metadata.generateName.slice(0, 58) + nameSuffix(api.random) : '');
    draft.metadata.uid = api.random.uuid();
    draft.metadata.creationTimestamp = toTime(api.clock.now());
    for (const key of ['resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'selfLink'] as const)
      delete draft.metadata[key];
    if (countsGenerations(stored)) draft.metadata.generation = 1;
    if (hasStatus(stored) && stored.kind !== 'Node') delete draft.status;
    stored.defaults?.(draft);
    setManagers(draft, options.applied ? given : trackedFields(api, kind, undefined, asSeen(kind, draft), undefined, options));
    await api.admission.create(stored, draft);
    options.approve?.(stored, draft);
    stored.defaults?.(draft);
    stored.prepareCreate?.(draft);
    const admitted = await api.admission.reserve(stored, draft, undefined);
    try {
      refuseFaults(stored, draft, [
        ...validateObjectMeta(draft.metadata, stored),
        ...(stored.validate?.(draft) ?? []),
        ...viewFaults(kind, draft),
      ]);
      if (options.dryRun) {
        if (fixedName && (await api.store.get(storeKey(stored, namespace, fixedName)))) throw alreadyExists(stored, fixedName);
        return { object: kind.viewOf ? kind.viewOf.fromStored(draft) : draft, entry: undefined };
      }
      const entry = await api.store.put(storeKey(stored, namespace, draft.metadata.name), encode(draft), 0);
      remember(entry, draft);
      return { object: shown(kind, entry), entry };
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
      if (fixedName || attempt >= 7) throw alreadyExists(kind, draft.metadata.name);
    } finally {
      admitted();
    }
  }
}

/** An object as its kind shows it. */
const asSeen = (kind: AnyKind, stored: KubeObject): KubeObject => (kind.viewOf ? kind.viewOf.fromStored(stored) : stored);

function setManagers({ metadata }: KubeObject, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries?.length) metadata.managedFields = entries;
  else delete metadata.managedFields;
}

/** What a view asks for beyond the kind it is a view of. */
const viewFaults = (kind: AnyKind, stored: KubeObject, was?: KubeObject): FieldError[] =>
  kind.viewOf ? (kind.validate?.(kind.viewOf.fromStored(stored), was && kind.viewOf.fromStored(was)) ?? []) : [];

/** `applied`: the object brings its managedFields along. Else they follow from what the write changes. */
export type TrackedOptions = WriteOptions & { applied?: boolean };
export type Change = (was: KubeObject) => KubeObject;

/**
 * Replaces an object by what `change` makes of it. With `expected`, only if it is still at that revision; else the
 * change is made again on whatever is newest. A change that changes nothing writes nothing.
 */
export async function updateObject(
  api: ApiContext,
  kind: AnyKind,
  namespace: string | undefined,
  name: string,
  change: Change,
  options: TrackedOptions & { subresource?: UpdateRoute | undefined },
): Promise<Written> {
  const stored = storedKind(kind);
  for (let attempt = 0; ; attempt++) {
    const entry = await getEntry(api, kind, namespace, name);
    const was = decode(entry);
    const changed = change(shown(kind, entry));
    const asked = kind.viewOf ? kind.viewOf.toStored(changed) : changed;
    const expected = asked.metadata.resourceVersion;
    if (expected && expected !== '0' && expected !== String(entry.revision)) {
      throw conflict(kind, name, 'the object has been modified; please apply your changes to the latest version and try again');
    }
    const draft = draftOf(stored, was, asked, options.subresource);
    setManagers(draft, managersOf(api, kind, { was, asked, draft }, options));
    if (options.subresource !== 'status' && options.subresource !== 'binding')
      await api.admission.update(stored, draft, was, options.subresource);
    options.approve?.(stored, draft, was);
    const admitted = await api.admission.reserve(stored, draft, was);
    try {
      refuseFaults(stored, draft, [...faultsOfUpdate(stored, draft, was, options.subresource), ...viewFaults(kind, draft, was)]);
      if (isUnchanged(draft, was)) return { object: shown(kind, entry), entry };
      if (options.dryRun) return { object: kind.viewOf ? kind.viewOf.fromStored(draft) : draft, entry: undefined };
      if (isGone(stored, draft)) {
        const revision = await api.store.delete(entry.key, entry.revision);
        return { object: { ...draft, metadata: { ...draft.metadata, resourceVersion: String(revision) } }, entry: undefined };
      }
      const written = await api.store.put(entry.key, encode(draft), entry.revision);
      remember(written, draft);
      return { object: shown(kind, written), entry: written };
    } catch (error) {
      if (!(error instanceof RevisionMismatch)) throw error;
      if (expected || attempt >= 20)
        throw conflict(kind, name, 'the object has been modified; please apply your changes to the latest version and try again');
    } finally {
      admitted();
    }
  }
}

function managersOf(
  api: ApiContext,
  kind: AnyKind,
  { was, asked, draft }: { was: KubeObject; asked: KubeObject; draft: KubeObject },
  options: TrackedOptions & { subresource?: UpdateRoute | undefined },
): ManagedFieldsEntry[] | undefined {
  // What the scheduler says by binding a pod is told by nobody.
  if (options.subresource === 'binding') return was.metadata.managedFields;
  const given = asked.metadata.managedFields;
  if (options.applied) return given;
  return trackedFields(api, kind, asSeen(kind, was), asSeen(kind, draft), given, options);
}

/** Whether a draft is the object as it was, apart from the times at which somebody came to own what he owned before. */
function isUnchanged(draft: KubeObject, was: KubeObject): boolean {
  const { managedFields } = draft.metadata;
  if (!saysTheSame(managedFields, was.metadata.managedFields)) return false;
  setManagers(draft, was.metadata.managedFields);
  if (deepEqual(draft, was)) return true;
  setManagers(draft, managedFields);
  return false;
}

function unmanaged({ managedFields: _, ...metadata }: ObjectMeta): ObjectMeta {
  return metadata;
}

/** A deletion that waited for finalizers is over when the last one has gone. */
function isGone(kind: AnyKind, draft: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = draft.metadata;
  if (!deletionTimestamp || finalizers?.length || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  return kind.kind !== 'Namespace' || !(draft as KubeObject & { spec?: { finalizers?: string[] } }).spec?.finalizers?.length;
}

const partOf = (kind: AnyKind, route: string | undefined): Part<KubeObject> | undefined => kind.parts?.find((it) => it.name === route);

/** The object as it shall be, still without managedFields. */
function draftOf(kind: AnyKind, was: KubeObject, asked: KubeObject, subresource: UpdateRoute | undefined): WithStatus {
  // What binding changes, in spec and status together, is no change by a user: the generation stays.
  if (subresource === 'binding') return { ...asked, metadata: { ...asked.metadata, resourceVersion: was.metadata.resourceVersion } };
  if (subresource === 'status') {
    const status = (asked as WithStatus).status;
    const { labels, annotations } = asked.metadata;
    // Upstream lets /status change these two, and nothing else of the metadata.
    const metadata = { ...unmanaged(was.metadata), ...(labels && { labels }), ...(annotations && { annotations }) };
    const draft = deepCopy({ ...was, metadata, ...(status !== undefined && { status }) });
    kind.prepareStatus?.(draft, was);
    return draft;
  }
  const part = partOf(kind, subresource);
  // Who changes a part leaves the metadata alone, but may say which object is meant.
  const meta = part ? { ...was.metadata, uid: asked.metadata.uid ?? was.metadata.uid } : asked.metadata;
  const draft = deepCopy({ ...asked, metadata: unmanaged(meta) }) as WithStatus;
  const { uid, creationTimestamp, resourceVersion, deletionTimestamp, deletionGracePeriodSeconds, generation, namespace, name } =
    was.metadata;
  Object.assign(draft.metadata, { uid: draft.metadata.uid ?? uid, creationTimestamp, resourceVersion, name: draft.metadata.name ?? name });
  if (namespace) draft.metadata.namespace ??= namespace;
  const kept: Partial<ObjectMeta> = draft.metadata;
  delete kept.deletionTimestamp;
  delete kept.deletionGracePeriodSeconds;
  delete kept.generation;
  Object.assign(kept, {
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }),
    ...(generation !== undefined && { generation }),
  });
  delete draft.metadata.selfLink;
  if (was.metadata.generateName && !draft.metadata.generateName) draft.metadata.generateName = was.metadata.generateName;
  for (const key of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const) {
    const value = draft.metadata[key];
    if (value && Object.keys(value).length === 0) delete draft.metadata[key];
  }
  const before = was as WithStatus;
  if (hasStatus(kind)) {
    if (before.status === undefined) delete draft.status;
    else draft.status = deepCopy(before.status);
  }
  part?.keep(draft, was);
  kind.defaults?.(draft);
  if (subresource !== 'finalize') kind.prepareUpdate?.(draft, was);
  if (countsGenerations(kind) && !deepEqual(draft.spec, before.spec)) draft.metadata.generation = (generation ?? 0) + 1;
  return draft;
}

function faultsOfUpdate(kind: AnyKind, draft: KubeObject, was: KubeObject, subresource: string | undefined): FieldError[] {
  if (subresource === 'binding') return [];
  const faults: FieldError[] = [];
  if (draft.metadata.uid !== was.metadata.uid) {
    throw conflict(
      kind,
      was.metadata.name,
      `Precondition failed: UID in precondition: ${draft.metadata.uid}, UID in object meta: ${was.metadata.uid}`,
    );
  }
  if (draft.metadata.name !== was.metadata.name) faults.push(invalidValue('metadata.name', draft.metadata.name, 'field is immutable'));
  if (draft.metadata.namespace !== was.metadata.namespace)
    faults.push(invalidValue('metadata.namespace', draft.metadata.namespace, 'field is immutable'));
  if (was.metadata.deletionTimestamp) {
    const added = (draft.metadata.finalizers ?? []).filter((it) => !(was.metadata.finalizers ?? []).includes(it));
    if (added.length > 0) {
      faults.push({
        path: 'metadata.finalizers',
        reason: 'FieldValueForbidden',
        message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((it) => JSON.stringify(it)).join(', ')}}`,
      });
    }
  }
  if (subresource === 'status') return [...faults, ...(kind.validateStatus?.(draft, was) ?? [])];
  const part = partOf(kind, subresource);
  const own = part ? part.validate(draft, was) : (kind.validate?.(draft, was) ?? []);
  return [...faults, ...validateObjectMeta(draft.metadata, kind), ...own];
}
