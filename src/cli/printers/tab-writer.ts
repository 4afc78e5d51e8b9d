/** How columns are laid out: the least width of a column with its padding, and the padding. */
export type Layout = { minWidth: number; padding: number; tabWidth?: number };

/** Tables of `get`. */
export const tableLayout: Layout = { minWidth: 6, padding: 3 };
/** What `describe` writes. */
export const describeLayout: Layout = { minWidth: 0, padding: 2 };

/**
 * Aligns lines whose cells end with a tab, as Go's text/tabwriter does: a column reaches over neighbouring lines that
 * have a cell in it, and what follows a line's last tab belongs to none.
 */
export function aligned(text: string, layout: Layout): string {
  const lines = text.split('\n').map((it) => it.split('\t'));
  const widths: number[][] = lines.map(() => []);
  measure(lines, widths, 0, lines.length, 0, layout);
  return lines
    .map((cells, row) =>
      cells.map((cell, column) => (column < cells.length - 1 ? padded(cell, widths[row]?.[column] ?? 0) : cell)).join(''),
    )
    .join('\n');
}

function measure(lines: string[][], widths: number[][], from: number, to: number, column: number, layout: Layout): void {
  for (let row = from; row < to; row++) {
    if (column >= (lines[row]?.length ?? 0) - 1) continue;
    let end = row;
    let width = layout.minWidth;
    let isEmpty = true;
    for (; end < to && column < (lines[end]?.length ?? 0) - 1; end++) {
      const cell = lines[end]?.[column] ?? '';
      if (widthOf(cell) > 0) isEmpty = false;
      width = Math.max(width, widthOf(cell) + layout.padding);
    }
    if (isEmpty && layout.minWidth === 0) width = layout.padding;
    for (let at = row; at < end; at++) (widths[at] as number[])[column] = width;
    measure(lines, widths, row, end, column + 1, layout);
    row = end - 1;
  }
}

const widthOf = (cell: string): number => [...cell].length;
const padded = (cell: string, width: number): string => cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
