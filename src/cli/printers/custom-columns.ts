import { CommandError } from '../command.ts';
import { findAll, relaxedPath, shown, type Template } from './jsonpath.ts';
import { aligned, tableLayout } from './tab-writer.ts';

export type CustomColumn = { header: string; path: Template };

/** `NAME:.metadata.name,RSRC:.metadata.resourceVersion`. Fails with a CommandError. */
export function customColumns(spec: string): CustomColumn[] {
  if (spec === '') throw new CommandError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const at = part.indexOf(':');
    if (at < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, at), path: relaxedPath(part.slice(at + 1)) };
  });
}

/** Headers in the first line of a file, paths in the second. */
export function customColumnsOfFile(text: string): CustomColumn[] {
  const [headers = '', paths = ''] = text.split('\n');
  const [names, specs] = [headers.trim().split(/\s+/), paths.trim().split(/\s+/)];
  if (headers.trim() === '' || names.length !== specs.length)
    throw new CommandError(`number of headers (${names.length}) and field specifications (${specs.length}) don't match`);
  return names.map((header, i) => ({ header, path: relaxedPath(specs[i] as string) }));
}

export function renderCustomColumns(columns: readonly CustomColumn[], objects: readonly unknown[], withHeaders: boolean): string {
  const rows = objects.map((it) => columns.map(({ path }) => cellOf(path, it)).join('\t'));
  const lines = withHeaders ? [columns.map((it) => it.header).join('\t'), ...rows] : rows;
  return lines.length === 0 ? '' : aligned(`${lines.join('\n')}\n`, tableLayout);
}

const cellOf = (path: Template, object: unknown): string => {
  const found = findAll(path, object);
  return found.length === 0 ? '<none>' : found.map((it) => (it === null ? '<nil>' : shown(it))).join(',');
};
