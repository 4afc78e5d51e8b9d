import { itemStep } from './compare.ts';
import { type FieldSet, has, reachesInto } from './field-set.ts';
import { isRecord, type Json, put } from './record.ts';
import { fieldStep } from './step.ts';
import type { Struct, Structure } from './structure.ts';

/** The object without the parts in the set. What loses its last part is null, until `withoutNulls` (upstream: typed/remove.go). */
export const removeFields = (structure: Struct, value: Json, set: FieldSet): Json => (removed(structure, value, set) as Json | null) ?? {};

function removed(structure: Structure, value: unknown, set: FieldSet): unknown {
  switch (structure.is) {
    case 'leaf':
      return value;
    case 'struct':
    case 'map': {
      if (!isRecord(value)) return value;
      const left: Json = {};
      for (const key of Object.keys(value)) {
        const step = fieldStep(key);
        if (has(set, step)) continue;
        const inner = structure.is === 'map' ? structure.of : structure.fields.get(key)?.of;
        const goesOn = inner !== undefined && reachesInto(set, step);
        put(left, key, goesOn ? removed(inner, value[key], set[step] as FieldSet) : value[key]);
      }
      return orNull(left, Object.keys(left).length);
    }
    default: {
      if (!Array.isArray(value)) return value;
      const left: unknown[] = [];
      for (const item of value) {
        const step = itemStep(structure, item);
        if (has(set, step)) continue;
        left.push(structure.is === 'list' && reachesInto(set, step) ? removed(structure.of, item, set[step] as FieldSet) : item);
      }
      return orNull(left, left.length);
    }
  }
}

const orNull = (value: unknown, size: number): unknown => (size > 0 ? value : null);

/** Drops what has become null, at any depth that has a structure of its own. */
export function withoutNulls(structure: Structure, value: unknown): unknown {
  if (structure.is === 'list' && Array.isArray(value)) return value.map((it) => withoutNulls(structure.of, it));
  if (!isRecord(value) || (structure.is !== 'struct' && structure.is !== 'map')) return value;
  const left: Json = {};
  for (const key of Object.keys(value)) {
    const inner = structure.is === 'map' ? structure.of : structure.fields.get(key)?.of;
    if (value[key] !== null) put(left, key, inner === undefined ? value[key] : withoutNulls(inner, value[key]));
  }
  return left;
}
