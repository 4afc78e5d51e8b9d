import type { ManagedFieldsEntry } from '../types.ts';
import type { FieldSet } from './field-set.ts';

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

/** Enough for every template and every agent of a large cluster. */
const mostShared = 4_000;

/** Sets that many objects have in common, kept once: pods of one template are owned alike. */
export class SharedSets {
  readonly #byText = new Map<string, FieldSet>();

  of(set: FieldSet): FieldSet {
    const text = setText(set);
    const known = this.#byText.get(text);
    if (known === undefined) this.#keep(text, set);
    return known ?? set;
  }

  ofText(text: string): FieldSet {
    let set = this.#byText.get(text);
    if (set === undefined) {
      set = JSON.parse(text) as FieldSet;
      texts.set(set, text);
      this.#keep(text, set);
    }
    return set;
  }

  #keep(text: string, set: FieldSet): void {
    if (this.#byText.size >= mostShared) this.#byText.delete(this.#byText.keys().next().value as string);
    this.#byText.set(text, set);
  }
}
