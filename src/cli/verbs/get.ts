import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { PlainFault, throwAll } from '../faults.ts';
import { type Output, outputOf, renderObject, type Table, tableType, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, getObject, meantBy, pathOf, placeOf } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { type GetContext, getFlags, type Wanted } from './get-flags.ts';
import { printTables, type Piece } from './get-tables.ts';
import { watchObjects } from './get-watch.ts';
import { list, listFault, selectNames } from './selection.ts';
import type { Session } from './session.ts';
import { sortRows, sortObjects } from './sort-by.ts';
import { verb } from './verb.ts';

export const get = verb({
  name: 'get',
  summary: 'Show one or many objects',
  usage: '[(-o|--output=)FORMAT] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME …) [flags]',
  completes: 'resources',
  flags: getFlags,
  async run(context) {
    const { flags: given, io } = context;
    if (given.raw !== undefined) {
      io.write(await context.session().requests.text({ path: given.raw }));
      return 0;
    }
    if (given.outputWatchEvents && !given.watch && !given.watchOnly)
      throw new CommandError('--output-watch-events option can only be used with --watch or --watch-only');
    if (given.showLabels && given.output !== undefined && given.output !== '' && given.output !== 'wide')
      throw new CommandError('--show-labels option cannot be used with -o json, yaml, name or a template');
    const output = outputOf(given.output, { withTables: true, template: given.template }) as Output;
    if (context.args.length === 0 && !namesFiles(given))
      throw new PlainFault(
        `You must specify the type of resource to get. Use "peapod api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "peapod explain <resource>" for a detailed description of that resource (e.g. peapod explain pods).\nSee 'peapod get -h' for help and examples`,
      );
    const wanted = await wantedBy(context);
    if (given.watch || given.watchOnly) return watchObjects(context, output, wanted);
    return output.as === 'table' ? getTables(context, output.wide, wanted) : getWhole(context, output, wanted);
  },
});

async function wantedBy(context: GetContext): Promise<Wanted[]> {
  const { flags: given } = context;
  if (namesFiles(given)) return (await selectNames(context, given)).map((target) => ({ resource: target.resource, target }));
  const session = context.session();
  const meant = meantBy(context.args, await session.served());
  if (given.subresource && meant.by === 'type') throw new CommandError('subresource cannot be used when bulk resources are specified');
  if (meant.by === 'type')
    return meant.resources.filter((it) => it.verbs.includes('list') || meant.resources.length === 1).map((resource) => ({ resource }));
  if (meant.by === 'nothing') return [];
  if (given.selector !== undefined || given.fieldSelector !== undefined)
    throw new CommandError('name cannot be provided when a selector is specified');
  if (given.allNamespaces && meant.targets.some((it) => it.resource.namespaced))
    throw new CommandError('a resource cannot be retrieved by name across all namespaces');
  return meant.targets.map(({ resource, name }) => ({ resource, target: session.target(resource, name) }));
}

async function getTables(context: GetContext, wide: boolean, wanted: readonly Wanted[]): Promise<number> {
  const { flags: given, io } = context;
  const session = context.session();
  const faults: unknown[] = [];
  const pieces: Piece[] = [];
  for (const it of wanted) {
    try {
      for (const table of await tablesOf(session, it, given)) pieces.push({ resource: it.resource, table });
    } catch (error) {
      if (!(given.ignoreNotFound && isReason(error, 'NotFound'))) faults.push(error);
    }
  }
  if (given.sortBy !== undefined) sortRows(pieces, given.sortBy);
  const written = printTables(pieces, io, {
    wide,
    headers: !given.noHeaders,
    everywhere: given.allNamespaces === true,
    withKind: given.showKind === true || new Set(wanted.map((it) => it.resource)).size > 1,
    showLabels: given.showLabels === true,
    labelColumns: given.labelColumns ?? [],
  });
  if (!written && faults.length === 0 && !given.ignoreNotFound) {
    const isHere = !given.allNamespaces && pieces.every((it) => it.resource.namespaced);
    io.tell(isHere ? `No resources found in ${session.namespace} namespace.` : 'No resources found');
  }
  throwAll(faults);
  return 0;
}

async function tablesOf(session: Session, { resource, target }: Wanted, given: GetContext['flags']): Promise<Table[]> {
  const includeObject = given.sortBy === undefined ? undefined : 'Object';
  if (target) {
    const path = placeOf(target, ...(given.subresource ? [given.subresource] : []));
    return [asTable(await session.requests.json<Table>({ path, accept: tableType, query: { includeObject } }))];
  }
  const query = { labelSelector: given.selector, fieldSelector: given.fieldSelector };
  const tables: Table[] = [];
  let from: string | undefined;
  do {
    try {
      const path = pathOf(resource, resource.namespaced && !given.allNamespaces ? session.namespace : undefined);
      const page = await session.requests.json<Table>({
        path,
        accept: tableType,
        query: { ...query, includeObject, limit: (given.chunkSize ?? 500) || undefined, continue: from },
      });
      tables.push(asTable(page));
      from = page.metadata?.continue || undefined;
    } catch (error) {
      throw listFault(error, resource, query);
    }
  } while (from);
  return tables;
}

/** Servers answer with the object itself where they have no table for it: its name and age are shown. */
function asTable(answer: Table): Table {
  if (answer.kind === 'Table') return answer;
  const object = answer as unknown as AnyObject & { items?: AnyObject[] };
  const items = Array.isArray(object.items) ? object.items : [object];
  return {
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Created At', type: 'string', format: '', priority: 0 },
    ],
    rows: items.map((it) => ({ cells: [it.metadata.name, it.metadata.creationTimestamp], object: it })),
  };
}

async function getWhole(context: GetContext, output: Exclude<Output, { as: 'table' }>, wanted: readonly Wanted[]): Promise<number> {
  const { flags: given, io } = context;
  const session = context.session();
  const faults: unknown[] = [];
  const objects: AnyObject[] = [];
  for (const it of wanted) {
    try {
      const query = { labelSelector: given.selector, fieldSelector: given.fieldSelector };
      if (!it.target) objects.push(...(await list(session, it.resource, given.allNamespaces === true, query, given.chunkSize)));
      else if (given.subresource) objects.push(await session.requests.json<AnyObject>({ path: placeOf(it.target, given.subresource) }));
      else objects.push(await getObject(session.requests, it.target));
    } catch (error) {
      if (!(given.ignoreNotFound && isReason(error, 'NotFound'))) faults.push(error);
    }
  }
  const isOne = wanted.length === 1 && wanted[0]?.target !== undefined;
  const shown = (given.showManagedFields ? objects : objects.map(withoutManagedFields)).slice();
  if (given.sortBy !== undefined) sortObjects(shown, given.sortBy);
  const whole = isOne ? shown[0] : { apiVersion: 'v1', items: shown, kind: 'List', metadata: { resourceVersion: '' } };
  if (whole && (objects.length > 0 || faults.length === 0)) io.write(renderObject(output, whole, { headers: !given.noHeaders }));
  throwAll(faults);
  return 0;
}
