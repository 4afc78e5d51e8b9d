import { readFileSync } from 'node:fs';
import { CommandError } from '../command.ts';
import { type AnyObject, objectName } from '../resources/index.ts';
import { type CustomColumn, customColumns, customColumnsOfFile, renderCustomColumns } from './custom-columns.ts';
import { prettyJson } from './json.ts';
import { parseJsonPath, renderJsonPath, type Template } from './jsonpath.ts';
import { goYaml } from './yaml.ts';

/** What `-o` asks for. */
export type Output =
  | { as: 'json' | 'yaml' | 'name' }
  | { as: 'table'; wide: boolean }
  | { as: 'jsonpath'; template: Template; json: boolean }
  | { as: 'columns'; columns: readonly CustomColumn[] };

const objectFormats = 'go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,yaml'.split(
  ',',
);
const getFormats =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml'.split(
    ',',
  );

/** Reads `-o` of `get` (`withTables`), or of a verb that prints what it has done. Fails with a CommandError. */
export function outputOf(given: string | undefined, options: { withTables: boolean; template?: string | undefined }): Output | undefined {
  if (given === undefined || given === '') return options.withTables ? { as: 'table', wide: false } : undefined;
  const at = given.indexOf('=');
  const [format, argument] = at < 0 ? [given, options.template ?? ''] : [given.slice(0, at), given.slice(at + 1)];
  switch (format.toLowerCase()) {
    case 'json':
    case 'yaml':
    case 'name':
      return { as: format.toLowerCase() as 'json' | 'yaml' | 'name' };
    case 'wide':
      if (options.withTables) return { as: 'table', wide: true };
      break;
    case 'jsonpath':
    case 'jsonpath-as-json':
      if (argument === '') throw new CommandError('template format specified but no template given');
      return { as: 'jsonpath', template: parseJsonPath(argument), json: format !== 'jsonpath' };
    case 'jsonpath-file':
      return { as: 'jsonpath', template: parseJsonPath(textIn(argument)), json: false };
    case 'custom-columns':
      if (options.withTables) return { as: 'columns', columns: customColumns(argument) };
      break;
    case 'custom-columns-file':
      if (options.withTables) return { as: 'columns', columns: customColumnsOfFile(textIn(argument)) };
      break;
    case 'go-template':
    case 'go-template-file':
    case 'template':
    case 'templatefile':
      throw new CommandError(`${format} is a language of Go programs: use -o jsonpath or -o custom-columns with peapod`);
  }
  const allowed = options.withTables ? getFormats : objectFormats;
  throw new CommandError(
    `unable to match a printer suitable for the output format ${JSON.stringify(given)}, allowed formats are: ${allowed.join(',')}`,
  );
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError(`error reading template ${path}, open ${path}: no such file or directory`, { cause });
  }
}

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '');

/** Without the fields that only the machinery reads. */
export function withoutManagedFields<T extends AnyObject>(object: T): T {
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata } as T;
}

/** One object in the form that was asked for. */
export function renderObject(output: Exclude<Output, { as: 'table' }>, object: unknown, options: { headers?: boolean } = {}): string {
  switch (output.as) {
    case 'json':
      return prettyJson(object);
    case 'yaml':
      return goYaml(object);
    case 'name':
      return namesOf(object as AnyObject & { items?: AnyObject[] });
    case 'jsonpath':
      return renderJsonPath(output.template, object);
    case 'columns':
      return renderCustomColumns(output.columns, itemsOf(object), options.headers ?? true);
  }
}

const itemsOf = (object: unknown): readonly unknown[] =>
  (object as { kind?: string; items?: unknown[] }).kind === 'List' ? ((object as { items?: unknown[] }).items ?? []) : [object];

const namesOf = (object: AnyObject & { items?: AnyObject[] }): string =>
  (object.kind.endsWith('List') && object.items ? object.items : [object])
    .map((it) => `${objectName({ kind: it.kind, group: groupOf(it.apiVersion) }, it.metadata.name)}\n`)
    .join('');
