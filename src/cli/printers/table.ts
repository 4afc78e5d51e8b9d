import type { AnyObject, Resource } from '../resources/index.ts';
import { aligned, tableLayout } from './tab-writer.ts';

/** What the server answers to a request for a table. */
export type Table = {
  kind?: string;
  columnDefinitions: ReadonlyArray<{ name: string; type: string; format: string; priority: number }> | null;
  rows: ReadonlyArray<{ cells: readonly unknown[]; object?: AnyObject }> | null;
  metadata?: { resourceVersion?: string; continue?: string };
};
export const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export type TableOptions = {
  wide: boolean;
  headers: boolean;
  withNamespace: boolean;
  withKind: boolean;
  showLabels: boolean;
  labelColumns: readonly string[];
};

export type TableLines = { header: string[]; rows: string[][] };

/** The cells to be shown of a table, as texts. */
export function tableLines(table: Table, resource: Resource, options: TableOptions): TableLines {
  const definitions = table.columnDefinitions ?? [];
  const shown = definitions.map((it, at) => ({ ...it, at })).filter((it) => options.wide || it.priority === 0);
  const header = [
    ...(options.withNamespace ? ['NAMESPACE'] : []),
    ...shown.map((it) => it.name.toUpperCase()),
    ...options.labelColumns.map(labelHeader),
    ...(options.showLabels ? ['LABELS'] : []),
  ];
  const rows = (table.rows ?? []).map(({ cells, object }) => [
    ...(options.withNamespace ? [object?.metadata.namespace ?? ''] : []),
    ...shown.map(({ at }, i) => {
      const text = cellText(cells[at]);
      return i === 0 && options.withKind ? `${resource.kind.toLowerCase()}${resource.group ? `.${resource.group}` : ''}/${text}` : text;
    }),
    ...options.labelColumns.map((it) => object?.metadata.labels?.[it] ?? ''),
    ...(options.showLabels ? [labelsText(object?.metadata.labels)] : []),
  ]);
  return { header, rows };
}

export const renderLines = (lines: readonly (readonly string[])[]): string =>
  lines.length === 0 ? '' : aligned(`${lines.map((it) => it.join('\t')).join('\n')}\n`, tableLayout);

/** Several lines in one cell would break the table: the first is shown. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>';
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  const end = text.search(/[\n\r\f]/);
  return end < 0 ? text : `${text.slice(0, end)}...`;
}

/** `app.kubernetes.io/name` is a column NAME. */
const labelHeader = (label: string): string => (label.split('/').at(-1) ?? label).toUpperCase();

export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string => {
  const entries = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',');
};
