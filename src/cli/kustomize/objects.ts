import { isRecord, type Json, KustomizationError } from './shape.ts';

/** The objects of a file's documents; those of lists come behind all others, as kustomize has them. */
export function objectsIn(documents: readonly unknown[], from: string): Json[] {
  const open = [...documents];
  const found: Json[] = [];
  for (let at = 0; at < open.length; at++) {
    const document = open[at];
    if (!isRecord(document)) throw new KustomizationError(`${from}: expected an object`);
    const { apiVersion, kind, items } = document;
    if (typeof kind !== 'string' || typeof apiVersion !== 'string')
      throw new KustomizationError(`${from}: an object needs apiVersion and kind`);
    if (kind.endsWith('List') && Array.isArray(items)) open.push(...items);
    else found.push(document);
  }
  return found;
}
