import type { AnyKind } from '../kinds/index.ts';
import type { FieldSet } from '../meta/apply/field-set.ts';
import { entriesText, leavesShared } from '../meta/apply/text.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Entry, Revision } from '../store/index.ts';

// What an entry holds is parsed at most once, and not at all when it was written by this process.
const objects = new WeakMap<Entry, KubeObject>();
const heads = new WeakMap<AnyKind, Buffer>();

/** How the stored form of every object of a kind begins; after it comes the metadata's first field. */
function headOf(kind: AnyKind): Buffer {
  let head = heads.get(kind);
  if (!head) {
    head = Buffer.from(`{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(kind.apiVersion)},"metadata":{`);
    heads.set(kind, head);
  }
  return head;
}

const bytesIn = ({ value }: Entry): Buffer => Buffer.from(value.buffer, value.byteOffset, value.byteLength);

/** The bytes that go into the store. They have no resourceVersion, which the store alone knows. */
export function encode(object: KubeObject): Buffer {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, managedFields, ...meta } = metadata;
  if (!managedFields) return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: meta, ...rest }));
  const head = JSON.stringify({ kind, apiVersion, metadata: meta }).slice(0, -2);
  const tail = JSON.stringify(rest).slice(1);
  return Buffer.from(`${head},"managedFields":${entriesText(managedFields)}}${tail === '}' ? '' : ','}${tail}`);
}

/** The object of an entry, shared by all who ask: not to be changed. */
export function decode(entry: Entry): KubeObject {
  let object = objects.get(entry);
  if (!object) {
    object = JSON.parse(bytesIn(entry).toString()) as KubeObject;
    object.metadata.resourceVersion = String(entry.revision);
    for (const it of object.metadata.managedFields ?? []) if (it.fieldsV1) it.fieldsV1 = leavesShared(it.fieldsV1 as FieldSet);
    objects.set(entry, object);
  }
  return object;
}

/** Remembers the object a write was made from, so that nobody has to parse what was just serialised. */
export function remember(entry: Entry, object: KubeObject): KubeObject {
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(entry.revision) } };
  objects.set(entry, stored);
  return stored;
}

/** What a kind shows of an entry: the stored object, or its view of it. With a later revision when it tells of a deletion. */
export function shown(kind: AnyKind, entry: Entry, revision: Revision = entry.revision): KubeObject {
  const object = decode(entry);
  const now = revision === entry.revision ? object : { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  return kind.viewOf ? kind.viewOf.fromStored(now) : now;
}

/**
 * The same as bytes, in pieces to be joined: the stored bytes with the resourceVersion spliced in, at a place that
 * follows from the kind. Nothing is serialised again but what a view shows.
 */
export function piecesOf(kind: AnyKind, entry: Entry, revision: Revision = entry.revision): Buffer[] {
  const head = headOf(kind);
  const value = bytesIn(entry);
  if (kind.viewOf || !value.subarray(0, head.length).equals(head)) return [Buffer.from(JSON.stringify(shown(kind, entry, revision)))];
  return [head, Buffer.from(`"resourceVersion":"${revision}",`), value.subarray(head.length)];
}

export const bytesOf = (kind: AnyKind, entry: Entry, revision: Revision = entry.revision): Buffer =>
  Buffer.concat(piecesOf(kind, entry, revision));

/** The kind that is really stored: a view's stored kind, else the kind itself. */
export const storedKind = (kind: AnyKind): AnyKind => kind.viewOf?.kind ?? kind;

/** `/registry/deployments.apps/default/web`; a namespace or name left out gives the prefix of a range. */
export function storeKey(kind: AnyKind, namespace?: string, name?: string): string {
  const { resource, namespaced } = storedKind(kind);
  const inside = namespaced ? (namespace ? `${namespace}/` : '') : '';
  return `/registry/${resource}/${inside}${name ?? ''}`;
}
