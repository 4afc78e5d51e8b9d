/** One line of the result: what was measured, and against what in the same run. */
export type Row = {
  what: string;
  value: number;
  unit: string;
  /** The same work done without peapod, or by what it is compared with. */
  baseline?: { what: string; value: number };
  budget?: { most?: number; least?: number; of: 'ratio' | 'value'; text: string };
};

const shown = (n: number): string => (n >= 100 ? Math.round(n).toLocaleString('en-US') : n >= 10 ? n.toFixed(1) : n.toFixed(2));

export const ratioOf = (row: Row): number | undefined => (row.baseline ? row.value / row.baseline.value : undefined);

/** Undefined where there is no budget, or nothing to compare with. */
export function isWithin(row: Row): boolean | undefined {
  if (!row.budget) return undefined;
  const measured = row.budget.of === 'ratio' ? ratioOf(row) : row.value;
  if (measured === undefined) return undefined;
  return measured <= (row.budget.most ?? Number.POSITIVE_INFINITY) && measured >= (row.budget.least ?? 0);
}

/** A Markdown table, aligned so that it reads in a terminal too. */
export function renderTable(rows: readonly Row[]): string {
  const head = ['what', 'measured', 'compared with', 'ratio', 'budget', ''];
  const lines = rows.map((row) => {
    const ratio = ratioOf(row);
    const within = isWithin(row);
    return [
      row.what,
      `${shown(row.value)} ${row.unit}`,
      row.baseline ? `${row.baseline.what}: ${shown(row.baseline.value)} ${row.unit}` : '',
      ratio === undefined ? '' : ratio.toFixed(2),
      row.budget?.text ?? '',
      within === undefined ? '' : within ? 'met' : 'missed',
    ];
  });
  const widths = head.map((it, i) => Math.max(it.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const render = (cells: readonly string[]): string => `| ${cells.map((it, i) => it.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [render(head), `|${widths.map((it) => '-'.repeat(it + 2)).join('|')}|`, ...lines.map(render)].join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
