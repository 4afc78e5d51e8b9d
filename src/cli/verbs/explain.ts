import { CommandError } from '../command.ts';
import { PlainFault } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { findResource, type Resource } from '../resources/index.ts';
import { verb } from './verb.ts';

type Schema = {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  required?: string[];
  enum?: unknown[];
  'x-kubernetes-group-version-kind'?: Array<{ group: string; version: string; kind: string }>;
};
type Document = { components?: { schemas?: Readonly<Record<string, Schema>> } };
type Paths = { paths: Readonly<Record<string, { serverRelativeURL: string }>> };

export const explain = verb({
  name: 'explain',
  summary: 'Describe the fields of a kind',
  usage: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]',
  completes: 'types',
  flags: {
    recursive: onOff('Show the fields of fields too'),
    apiVersion: text('Use this version: group/version'),
    output: text('plaintext'),
  },
  async run(context) {
    const { flags: given, args, io } = context;
    if (args.length === 0)
      throw new CommandError(
        'You must specify the type of resource to explain. Use "peapod api-resources" for a complete list of supported resources.',
      );
    if (args.length > 1) throw new CommandError('We accept only this format: explain RESOURCE');
    if (![undefined, '', 'plaintext'].includes(given.output)) throw new CommandError(`unrecognized format: ${given.output}`);
    const session = context.session();
    const served = await session.served();
    const [word = '', ...fields] = (args[0] as string).split('.');
    const resource = findResource(served, given.apiVersion ? `${word}.${versioned(given.apiVersion)}` : word);
    if (!resource && given.apiVersion && findResource(served, word))
      throw new CommandError(
        `couldn't find resource for ${JSON.stringify(`${given.apiVersion}, Resource=${findResource(served, word)?.plural}`)}`,
      );
    if (!resource) throw new PlainFault(`the server doesn't have a resource type ${JSON.stringify(word)}`);
    const { paths } = await session.requests.json<Paths>({ path: '/openapi/v3' });
    const place = paths[resource.group ? `apis/${resource.group}/${resource.version}` : `api/${resource.version}`];
    if (!place)
      throw new CommandError(`couldn't find resource for ${JSON.stringify(`${resource.apiVersion}, Resource=${resource.plural}`)}`);
    const [path = '', query = ''] = place.serverRelativeURL.split('?');
    const document = await session.requests.json<Document>({ path, query: Object.fromEntries(new URLSearchParams(query)) });
    explainTo((line) => io.print(line), new Schemas(document), resource, fields, given.recursive === true);
    return 0;
  },
});

const versioned = (apiVersion: string): string => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return group ? `${version}.${group}` : `${version}.`;
};

class Schemas {
  readonly #all: Readonly<Record<string, Schema>>;
  constructor(document: Document) {
    this.#all = document.components?.schemas ?? {};
  }

  of({ group, version, kind }: Resource): Schema | undefined {
    return Object.values(this.#all).find((it) =>
      it['x-kubernetes-group-version-kind']?.some((each) => each.group === group && each.version === version && each.kind === kind),
    );
  }

  /** With what it refers to, its own words first. */
  resolved(schema: Schema): Schema {
    const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
    const target = ref === undefined ? undefined : this.#all[nameOf(ref)];
    return target ? { ...target, ...(schema.description && { description: schema.description }) } : schema;
  }

  /** `[]Container`, `map[string]string`, `string`. */
  typeText(schema: Schema): string {
    const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
    if (ref !== undefined) return this.#nameOrType(ref);
    if (schema.type === 'array') return `[]${schema.items ? this.typeText(schema.items) : 'Object'}`;
    if (typeof schema.additionalProperties === 'object') return `map[string]${this.typeText(schema.additionalProperties)}`;
    return schema.type === 'object' || schema.type === undefined ? 'Object' : schema.type;
  }

  /** A type that is one value (Quantity, Time) is told as what it is written as. */
  #nameOrType(ref: string): string {
    const target = this.#all[nameOf(ref)];
    if (target && !target.properties && target.type !== 'object') return target.type ?? 'string';
    return nameOf(ref).split('.').at(-1) as string;
  }

  /** Its own words, and those of the type behind it. */
  descriptions(schema: Schema): string[] {
    const { description: _, ...bare } = schema;
    const behind = this.fields(bare);
    return [...new Set([schema.description, behind.description].filter((it): it is string => Boolean(it)))];
  }

  /** Where the fields are: behind lists and maps too. */
  fields(schema: Schema): Schema {
    const it = this.resolved(schema);
    if (it.type === 'array' && it.items) return this.fields(it.items);
    if (typeof it.additionalProperties === 'object') return this.fields(it.additionalProperties);
    return it;
  }
}

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

type Print = (line: string) => void;

function explainTo(print: Print, schemas: Schemas, resource: Resource, path: readonly string[], recursive: boolean): void {
  const whole = schemas.of(resource);
  if (!whole) throw new CommandError(`couldn't find resource for ${JSON.stringify(`${resource.apiVersion}, Kind=${resource.kind}`)}`);
  if (resource.group) print(`GROUP:      ${resource.group}`);
  print(`KIND:       ${resource.kind}`);
  print(`VERSION:    ${resource.version}`);
  print('');
  let schema = whole;
  for (const [i, name] of path.entries()) {
    const parent = schemas.fields(schema);
    const next = parent.properties?.[name];
    if (!next) throw new CommandError(`field ${JSON.stringify(path.at(-1))} does not exist`);
    if (i === path.length - 1) {
      print(`FIELD: ${name} <${schemas.typeText(next)}>`);
      putEnum(print, schemas.resolved(next), '');
      print('');
    }
    schema = next;
  }
  if (path.length > 0) print('');
  print('DESCRIPTION:');
  const descriptions = schemas.descriptions(schema);
  for (const it of descriptions.length > 0 ? descriptions : ['<empty>']) for (const line of wrapped(it, 76)) print(`    ${line}`);
  if (descriptions.length > 0) print('    ');
  const { properties } = schemas.fields(schema);
  if (!properties) {
    print('');
    return;
  }
  print('FIELDS:');
  putFields(print, schemas, schema, recursive, 1, []);
  print('');
}

function putEnum(print: Print, schema: Schema, pad: string): void {
  if (schema.enum?.length) print(`${pad}ENUM:\n${schema.enum.map((it) => `${pad}    ${it === '' ? '""' : String(it)}`).join('\n')}`);
}

function putFields(print: Print, schemas: Schemas, schema: Schema, recursive: boolean, level: number, above: readonly Schema[]): void {
  const { properties = {}, required = [] } = schemas.fields(schema);
  const pad = '  '.repeat(level);
  for (const name of Object.keys(properties).sort()) {
    const it = properties[name] as Schema;
    print(`${pad}${name}\t<${schemas.typeText(it)}>${required.includes(name) ? ' -required-' : ''}`);
    if (recursive) {
      const inner = schemas.fields(it);
      if (inner.properties && !above.includes(inner)) putFields(print, schemas, it, true, level + 1, [...above, inner]);
      continue;
    }
    putEnum(print, schemas.resolved(it), pad);
    for (const line of wrapped(it.description || '<no description>', 76)) print(`${pad}  ${line}`);
    print('');
  }
}

function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const found: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        found.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...found, line];
  });
}
