import { compareQuantities, isQuantity } from '../../meta/quantity.ts';
import { CommandError } from '../command.ts';
import { findAll, relaxedPath } from '../printers/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Piece } from './get-tables.ts';

/** Sorts the rows of all tables by a field of their objects. Fails when no object has it. */
export function sortRows(pieces: Piece[], path: string): void {
  const template = relaxedPath(path);
  const rows = pieces.flatMap(({ resource, table }) =>
    (table.rows ?? []).map((row) => ({ resource, table, row, key: findAll(template, row.object)[0] })),
  );
  refuseUnknown(rows, path);
  const inOrder = stable(rows);
  pieces.splice(0, pieces.length, ...inOrder.map(({ resource, table, row }) => ({ resource, table: { ...table, rows: [row] } })));
}

export function sortObjects(objects: AnyObject[], path: string): void {
  const template = relaxedPath(path);
  const keyed = objects.map((object) => ({ object, key: findAll(template, object)[0] }));
  refuseUnknown(keyed, path);
  objects.splice(0, objects.length, ...stable(keyed).map((it) => it.object));
}

function refuseUnknown(rows: ReadonlyArray<{ key: unknown }>, path: string): void {
  if (rows.length > 0 && rows.every((it) => it.key === undefined))
    throw new CommandError(
      `couldn't find any field with path "{${path.replace(/^\{?\.?/, '.').replace(/\}$/, '')}}" in the list of objects`,
    );
}

const stable = <T extends { key: unknown }>(rows: readonly T[]): T[] => [...rows].sort((a, b) => compare(a.key, b.key));

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const [x, y] = [String(a), String(b)];
  if (isQuantity(x) && isQuantity(y)) return compareQuantities(x, y);
  return natural(x, y);
}

/** Numbers within names count as numbers: pod-9 comes before pod-10. */
function natural(a: string, b: string): number {
  const [x, y] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p, q] = [x[i] as string, y[i] as string];
    if (p === q) continue;
    if (/^\d/.test(p) && /^\d/.test(q) && Number(p) !== Number(q)) return Number(p) - Number(q);
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
