import type { Io } from '../io.ts';
import { renderLines, type Table, tableLines, type TableOptions } from '../printers/index.ts';
import type { Resource } from '../resources/index.ts';

export type Piece = { resource: Resource; table: Table };
export type TablesOptions = Omit<TableOptions, 'withNamespace'> & { everywhere: boolean };

/** Prints tables one after the other: those of one kind under one headline. False when there was nothing to print. */
export function printTables(pieces: readonly Piece[], io: Io, options: TablesOptions): boolean {
  let written = false;
  for (const group of inARow(pieces)) {
    const lines: string[][] = [];
    for (const { resource, table } of group) {
      const { header, rows } = tableLines(table, resource, { ...options, withNamespace: options.everywhere && resource.namespaced });
      if (rows.length === 0) continue;
      if (lines.length === 0 && options.headers) lines.push(header);
      lines.push(...rows);
    }
    if (lines.length === 0) continue;
    if (written && options.headers) io.write('\n');
    io.write(renderLines(lines));
    written = true;
  }
  return written;
}

function inARow(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  for (const it of pieces) {
    const last = groups.at(-1);
    if (last?.[0]?.resource === it.resource) last.push(it);
    else groups.push([it]);
  }
  return groups;
}
