import { isRecord, type Json } from './shape.ts';
import { typeOf } from './resource.ts';

/** A place in objects of some kinds. Lists on the way are walked through, item by item. */
export type Place = {
  /** Fields from the object's root on. One that ends in [] is a list, which is never made. */
  path: readonly string[];
  kinds?: readonly string[];
  group?: string;
  version?: string;
  /** Fields that are missing on the way are made. */
  create?: boolean;
};

export function isAt(place: Place, object: Json): boolean {
  const { group, version, kind } = typeOf(object);
  return (
    (!place.kinds || place.kinds.includes(kind)) &&
    (place.group === undefined || place.group === group) &&
    (place.version === undefined || place.version === version)
  );
}

/** Calls `change` with every holder of the last field of the path, and the field's name. */
export function visit(object: Json, place: Place, change: (holder: Json, field: string) => void): void {
  if (isAt(place, object)) walk(object, place.path, place.create ?? false, change);
}

function walk(at: unknown, path: readonly string[], create: boolean, change: (holder: Json, field: string) => void): void {
  if (Array.isArray(at)) {
    for (const item of at) walk(item, path, create, change);
    return;
  }
  const [step, ...rest] = path;
  if (!isRecord(at) || step === undefined) return;
  const field = step.replace(/\[\]$/, '');
  if (rest.length === 0) {
    if (create || Object.hasOwn(at, field)) change(at, field);
    return;
  }
  if (create && field === step && (at[field] === undefined || at[field] === null)) at[field] = {};
  walk(at[field], rest, create, change);
}

/** Where kinds keep the spec of their pods. Upstream writes these places out, field by field; here they are multiplied. */
export const podSpecs: ReadonlyArray<{ kinds: readonly string[]; path: readonly string[] }> = [
  { kinds: ['Pod'], path: ['spec'] },
  { kinds: ['PodTemplate'], path: ['template', 'spec'] },
  {
    kinds: ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'ReplicationController'],
    path: ['spec', 'template', 'spec'],
  },
  { kinds: ['CronJob'], path: ['spec', 'jobTemplate', 'spec', 'template', 'spec'] },
];

/** The places that a path like `volumes/configMap/name` has in the pods of all kinds. */
export const inPods = (...paths: string[]): Place[] =>
  paths.flatMap((path) => podSpecs.map((spec) => ({ kinds: spec.kinds, path: [...spec.path, ...path.split('/')] })));

/** A place by its path and the kinds that have it. */
export const placeIn = (kinds: string | readonly string[], path: string, more: Omit<Place, 'path' | 'kinds'> = {}): Place => ({
  kinds: typeof kinds === 'string' ? [kinds] : kinds,
  path: path.split('/'),
  ...more,
});
