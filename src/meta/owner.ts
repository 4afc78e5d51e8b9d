import type { KubeObject, ObjectMeta, OwnerReference } from './types.ts';

/** The one owner that manages this object, if it has one. */
export const controllerOf = (object: { metadata: Partial<ObjectMeta> }): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((it) => it.controller);

/** A reference that makes `object` the managing controller of what carries it. */
export const ownerReference = (kind: { apiVersion: string; kind: string }, object: KubeObject): OwnerReference => ({
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  name: object.metadata.name,
  uid: object.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export const isDeleting = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

/** `namespace/name`, or the name alone for cluster-wide objects. */
export const keyOf = (object: { metadata: { namespace?: string; name: string } }): string =>
  object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;

/** The way back from `keyOf`. */
export function splitKey(key: string): { namespace?: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
