import type { ManagedFieldsEntry } from '../types.ts';
import { type FieldSet, type FieldSetDraft, member } from './field-set.ts';

// Sets are never changed, so that what one looks like in JSON is found out once.
const texts = new WeakMap<FieldSet, string>();

/** The JSON of a set. */
export function setText(set: FieldSet): string {
  let text = texts.get(set);
  if (text === undefined) {
    text = JSON.stringify(set);
    texts.set(set, text);
  }
  return text;
}

/** The JSON of managedFields. */
export const entriesText = (entries: readonly ManagedFieldsEntry[]): string => `[${entries.map(entryText).join()}]`;

function entryText({ fieldsV1, subresource, ...entry }: ManagedFieldsEntry): string {
  const fields = fieldsV1 ? `,"fieldsV1":${setText(fieldsV1 as FieldSet)}` : '';
  return `${JSON.stringify(entry).slice(0, -1)}${fields}${subresource ? `,"subresource":${JSON.stringify(subresource)}` : ''}}`;
}

/** In each of two generations: enough for every template and every agent of a large cluster. */
const mostKept = 2_000;

/**
 * Sets that many objects are created with, kept once: pods of one template are owned alike. What nobody has asked for
 * during a generation is forgotten; the objects that have it keep it. (What updates come to is not looked for here:
 * statuses of pods differ by their addresses.)
 */
export class SharedSets {
  #young = new Map<string, FieldSet>();
  #old = new Map<string, FieldSet>();

  ofText(text: string): FieldSet {
    const known = this.#find(text);
    if (known !== undefined) return known;
    const set = leavesShared(JSON.parse(text) as FieldSet);
    texts.set(set, text);
    return this.#keep(text, set);
  }

  #find(text: string): FieldSet | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    return old && this.#keep(text, old);
  }

  #keep(text: string, set: FieldSet): FieldSet {
    if (this.#young.size >= mostKept) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, set);
    return set;
  }
}

/** A set that was just parsed, with one and the same object for all its leaves: they are most of it. */
export function leavesShared(set: FieldSet): FieldSet {
  const draft = set as FieldSetDraft;
  let isLeaf = true;
  for (const step in draft) {
    isLeaf = false;
    draft[step] = leavesShared(draft[step] as FieldSet);
  }
  return isLeaf ? member : draft;
}
