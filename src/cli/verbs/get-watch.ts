import { CommandError } from '../command.ts';
import { type Output, renderObject, type Table, tableLines, tableType, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, pathOf } from '../resources/index.ts';
import type { GetContext, Wanted } from './get-flags.ts';

/** `get -w`: what is there, then each change as it comes, until the server ends the watch. */
export async function watchObjects(context: GetContext, output: Output, wanted: readonly Wanted[]): Promise<number> {
  const { flags: given, io } = context;
  const session = context.session();
  const [one] = wanted;
  if (!one || wanted.length > 1) throw new CommandError('you may only specify a single resource type');
  const { resource, target } = one;
  const isTable = output.as === 'table';
  const accept = isTable ? tableType : 'application/json';
  const path = pathOf(resource, resource.namespaced && !given.allNamespaces ? (target?.namespace ?? session.namespace) : undefined);
  const query = {
    labelSelector: given.selector,
    fieldSelector: target ? `metadata.name=${target.name}` : given.fieldSelector,
  };
  // What is named must be there.
  if (target) await session.requests.json({ path: pathOf(resource, target.namespace, target.name) });
  const listed = await session.requests.json<Table & { items?: AnyObject[] }>({ path, accept, query });
  const lines = new WatchedLines();
  let hasHeader = given.noHeaders === true;
  const show = (type: string, object: unknown): void => {
    if (!isTable) {
      const it = given.showManagedFields ? (object as AnyObject) : withoutManagedFields(object as AnyObject);
      const shown = given.outputWatchEvents ? { object: it, type } : it;
      io.write(`${output.as === 'yaml' ? '---\n' : ''}${renderObject(output, shown)}`);
      return;
    }
    const { header, rows } = tableLines(object as Table, resource, {
      wide: output.wide,
      headers: true,
      withNamespace: given.allNamespaces === true && resource.namespaced,
      withKind: given.showKind === true,
      showLabels: given.showLabels === true,
      labelColumns: given.labelColumns ?? [],
    });
    if (rows.length === 0) return;
    const withEvents = (line: readonly string[], event: string): string[] => (given.outputWatchEvents ? [event, ...line] : [...line]);
    const all = rows.map((it) => withEvents(it, type));
    io.write(lines.render(hasHeader ? all : [withEvents(header, 'EVENT'), ...all]));
    hasHeader = true;
  };
  if (!given.watchOnly) {
    if (isTable) show('ADDED', listed);
    else for (const it of listed.items ?? []) show('ADDED', { ...it, apiVersion: resource.apiVersion, kind: resource.kind });
  }
  let columns = listed.columnDefinitions ?? null;
  const watching = { path, accept, query: { ...query, watch: true, resourceVersion: listed.metadata?.resourceVersion } };
  for await (const { type, object } of session.requests.watch<Table & AnyObject>(watching)) {
    if (type === 'BOOKMARK') continue;
    // Only the first table of a watch tells its columns.
    if (isTable) columns = object.columnDefinitions ?? columns;
    show(type, isTable ? { ...object, columnDefinitions: columns } : object);
  }
  return 0;
}

/** Columns never become narrower than they have been. */
class WatchedLines {
  #widths: number[] = [];

  render(lines: ReadonlyArray<readonly string[]>): string {
    for (const line of lines)
      for (const [i, cell] of line.slice(0, -1).entries()) this.#widths[i] = Math.max(this.#widths[i] ?? 6, [...cell].length + 3);
    return lines
      .map((line) => `${line.map((cell, i) => (i < line.length - 1 ? cell.padEnd(this.#widths[i] ?? 0) : cell)).join('')}\n`)
      .join('');
  }
}
