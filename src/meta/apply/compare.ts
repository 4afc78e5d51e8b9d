import { deepEqual } from '../copy.ts';
import { emptySet, type FieldSet, type FieldSetDraft, member } from './field-set.ts';
import { asList, asRecord, type Json, own } from './record.ts';
import { fieldStep, keyStep, valueStep } from './step.ts';
import type { Struct, Structure } from './structure.ts';

/** What one object has that the other has not: `written` was added or modified, `removed` has gone. */
export type Comparison = { written: FieldSet; removed: FieldSet };

/** The step of a list's or set's item. Items without any of their keys are one and the same item. */
export const itemStep = (list: Extract<Structure, { is: 'list' | 'set' }>, item: unknown): string =>
  list.is === 'set' ? valueStep(item) : (keyStep(list.keys, item) ?? 'k:{}');

type Node = FieldSet | undefined;
type Found = { written: Node; removed: Node };
const nothing: Found = { written: undefined, removed: undefined };

/** Compares two objects of a kind (upstream: structured-merge-diff, typed/compare.go). An object that is not there yet is `{}`. */
export function compareObjects(structure: Struct, was: Json, now: Json): Comparison {
  const found = compareStruct(structure, was, now);
  return { written: found.written ?? emptySet, removed: found.removed ?? emptySet };
}

/** Collects the nodes of an object's or list's parts; nothing is made as long as nothing differs. */
class Parts {
  #written: FieldSetDraft | undefined;
  #removed: FieldSetDraft | undefined;
  add(step: string, { written, removed }: Found): void {
    if (written !== undefined) this.written(step, written);
    if (removed !== undefined) this.removed(step, removed);
  }
  written(step: string, node: FieldSet): void {
    this.#written ??= {};
    this.#written[step] = node;
  }
  removed(step: string, node: FieldSet): void {
    this.#removed ??= {};
    this.#removed[step] = node;
  }
  get found(): Found {
    return this.#written || this.#removed ? { written: this.#written, removed: this.#removed } : nothing;
  }
}

/** Both sides are there, if only as what is always there. */
function compareValue(structure: Structure, was: unknown, now: unknown): Found {
  if (was === now) return nothing;
  switch (structure.is) {
    case 'leaf':
      return deepEqual(was, now) ? nothing : { written: member, removed: undefined };
    case 'struct':
      return compareStruct(structure, asRecord(was), asRecord(now));
    case 'map':
      return compareMap(structure.of, asRecord(was), asRecord(now));
    default:
      return compareItems(structure, asList(was), asList(now));
  }
}

function compareStruct(structure: Struct, was: Json, now: Json): Found {
  const parts = new Parts();
  for (const key of Object.keys(now)) {
    const field = structure.fields.get(key);
    if (!field) continue;
    const before = own(was, key);
    if (before === undefined && !field.always) parts.written(field.step, wholeOf(field.of, now[key]));
    else parts.add(field.step, compareValue(field.of, before, now[key]));
  }
  for (const key of Object.keys(was)) {
    const field = structure.fields.get(key);
    if (!field || own(now, key) !== undefined) continue;
    if (field.always) parts.add(field.step, compareValue(field.of, was[key], undefined));
    else parts.removed(field.step, wholeOf(field.of, was[key]));
  }
  return parts.found;
}

function compareMap(of: Structure, was: Json, now: Json): Found {
  const parts = new Parts();
  for (const key of Object.keys(now)) {
    const before = own(was, key);
    if (before === undefined) parts.written(fieldStep(key), wholeOf(of, now[key]));
    else parts.add(fieldStep(key), compareValue(of, before, now[key]));
  }
  for (const key of Object.keys(was)) if (own(now, key) === undefined) parts.removed(fieldStep(key), wholeOf(of, was[key]));
  return parts.found;
}

type Items = Extract<Structure, { is: 'list' | 'set' }>;

function compareItems(list: Items, was: readonly unknown[], now: readonly unknown[]): Found {
  if (deepEqual(was, now)) return nothing;
  const parts = new Parts();
  const [before, after] = [itemsByStep(list, was), itemsByStep(list, now)];
  const whole = (item: unknown): FieldSet => (list.is === 'set' ? member : wholeOf(list.of, item));
  for (const [step, items] of after) {
    const old = before.get(step);
    if (old === undefined) parts.written(step, items.length > 1 ? member : whole(items[0]));
    else if (old.length === 1 && items.length === 1) {
      if (list.is === 'list') parts.add(step, compareValue(list.of, old[0], items[0]));
    } // Items of the same key are owned together, by their key alone.
    else if (!deepEqual(old, items)) parts.written(step, items.length > 1 ? member : whole(items[0]));
  }
  for (const [step, items] of before) if (!after.has(step)) parts.removed(step, items.length > 1 ? member : whole(items[0]));
  return parts.found;
}

function itemsByStep(list: Items, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const step = itemStep(list, item);
    const same = found.get(step);
    if (same) same.push(item);
    else found.set(step, [item]);
  }
  return found;
}

const emptyAlways: FieldSet = member;

/** Everything of a value that is new or has gone, itself included. */
export function wholeOf(structure: Structure, value: unknown): FieldSet {
  if (structure.is === 'leaf') return member;
  const node: FieldSetDraft = { '.': member };
  let any = false;
  const add = (step: string, inner: FieldSet): void => {
    node[step] = inner;
    any = true;
  };
  if (structure.is === 'struct') {
    const record = asRecord(value);
    for (const key of Object.keys(record)) {
      const field = structure.fields.get(key);
      if (field) add(field.step, wholeOf(field.of, record[key]));
    }
    for (const key of structure.always)
      if (own(record, key) === undefined) add((structure.fields.get(key) as { step: string }).step, emptyAlways);
  } else if (structure.is === 'map') {
    for (const [key, inner] of Object.entries(asRecord(value))) add(fieldStep(key), wholeOf(structure.of, inner));
  } else {
    for (const [step, items] of itemsByStep(structure, asList(value)))
      add(step, structure.is === 'set' || items.length > 1 ? member : wholeOf(structure.of, items[0]));
  }
  return any ? node : member;
}
