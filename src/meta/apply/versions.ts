import { type Comparison, compareObjects } from './compare.ts';
import type { Json } from './record.ts';
import type { Struct } from './structure.ts';

/** The versions a kind is served in. Of a version that is not served any more nothing is known. */
export type Versions = {
  structure(apiVersion: string): Struct | undefined;
  /** The object as that version has it. */
  convert(object: Json, apiVersion: string): Json;
};

/** What differs between two objects, by version; compared once for each. */
export function comparisons(versions: Versions, was: Json, now: Json): (apiVersion: string) => Comparison | undefined {
  const made = new Map<string, Comparison | undefined>();
  return (apiVersion) => {
    if (!made.has(apiVersion)) {
      const structure = versions.structure(apiVersion);
      made.set(apiVersion, structure && compareObjects(structure, versions.convert(was, apiVersion), versions.convert(now, apiVersion)));
    }
    return made.get(apiVersion);
  };
}
