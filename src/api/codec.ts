import type { AnyKind } from '../kinds/index.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Entry, Revision } from '../store/index.ts';

/**
 * Objects and the bytes they are stored and served as. Stored bytes have no resourceVersion, since the store alone
 * knows it; it is spliced in at a place that follows from kind and apiVersion. What was decoded or spliced once
 * hangs on the entry, so that each revision is serialised and parsed at most once.
 */
type Form = { object: KubeObject; bytes: Buffer | undefined };
const forms = new WeakMap<Entry, Form>();

const headOf = (kind: string, apiVersion: string): string =>
  `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{`;

/** The bytes that go into the store. */
export function encode(object: KubeObject): Buffer {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: meta, ...rest }));
}

/** The object of an entry, shared by all who ask: not to be changed. */
export function decode(entry: Entry): KubeObject {
  return formOf(entry).object;
}

function formOf(entry: Entry): Form {
  let form = forms.get(entry);
  if (!form) {
    const object = JSON.parse(Buffer.from(entry.value.buffer, entry.value.byteOffset, entry.value.byteLength).toString()) as KubeObject;
    object.metadata.resourceVersion = String(entry.revision);
    form = { object, bytes: undefined };
    forms.set(entry, form);
  }
  return form;
}

/** Remembers the object a write was made from, so that nobody has to parse what was just serialised. */
export function remember(entry: Entry, object: KubeObject): KubeObject {
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(entry.revision) } };
  forms.set(entry, { object: stored, bytes: undefined });
  return stored;
}

/** The served bytes of an entry, with its revision or (for a deletion) a later one. */
export function bytesOf(entry: Entry, revision: Revision = entry.revision): Buffer {
  const form = formOf(entry);
  if (revision === entry.revision && form.bytes) return form.bytes;
  const head = Buffer.byteLength(headOf(form.object.kind, form.object.apiVersion));
  const value = Buffer.from(entry.value.buffer, entry.value.byteOffset, entry.value.byteLength);
  const bytes = Buffer.concat([value.subarray(0, head), Buffer.from(`"resourceVersion":"${revision}",`), value.subarray(head)]);
  if (revision === entry.revision) form.bytes = bytes;
  return bytes;
}

/** What a kind shows of an entry: the stored object, or its view of it. */
export function shown(kind: AnyKind, entry: Entry, revision: Revision = entry.revision): KubeObject {
  const object = decode(entry);
  const now = revision === entry.revision ? object : { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  return kind.viewOf ? kind.viewOf.fromStored(now) : now;
}

export const shownBytes = (kind: AnyKind, entry: Entry, revision: Revision = entry.revision): Buffer =>
  kind.viewOf ? Buffer.from(JSON.stringify(shown(kind, entry, revision))) : bytesOf(entry, revision);

/** The kind that is really stored: a view's stored kind, else the kind itself. */
export const storedKind = (kind: AnyKind): AnyKind => kind.viewOf?.kind ?? kind;

/** `/registry/deployments.apps/default/web`; a namespace or name left out gives the prefix of a range. */
export function storeKey(kind: AnyKind, namespace?: string, name?: string): string {
  const { resource, namespaced } = storedKind(kind);
  const inside = namespaced ? (namespace ? `${namespace}/` : '') : '';
  return `/registry/${resource}/${inside}${name ?? ''}`;
}
