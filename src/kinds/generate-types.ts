/**
 * Writes the TypeScript types of the whole API from the facts file: meta/v1 into `meta/types.ts`,
 * every other group into `kinds/generated/<group>-<version>.ts`.
 * Run with `npm run update`; `npm run verify` fails when the files are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';

type Field = {
  t?: string;
  map?: string;
  list?: boolean;
  json?: string;
  inline?: boolean;
  required?: boolean;
  enum?: string;
};
type Facts = {
  kinds: Array<{ message: string; kind: string }>;
  enums: Record<string, { values: string[]; enum?: boolean }>;
  messages: Record<string, Record<string, Field>>;
};

const facts: Facts = JSON.parse(readFileSync(new URL('../meta/schema/facts.json', import.meta.url), 'utf8'));
const topLevel = new Set(facts.kinds.map((it) => it.message));
const header = '// Generated from meta/schema/facts.json by kinds/generate-types.ts (npm run update). Do not edit.\n\n';

/** Messages whose JSON form is not an object with the message's fields. */
const special: Record<string, string> = {
  'meta/v1.Time': 'string',
  'meta/v1.MicroTime': 'string',
  'meta/v1.Duration': 'string',
  'meta/v1.FieldsV1': 'Record<string, unknown>',
  'resource.Quantity.Quantity': 'Quantity',
  'intstr.IntOrString': 'IntOrString',
  'runtime.RawExtension': 'Record<string, unknown>',
  'apiextensions/v1.JSON': 'unknown',
  'apiextensions/v1.JSONSchemaPropsOrBool': 'JSONSchemaProps | boolean',
  'apiextensions/v1.JSONSchemaPropsOrArray': 'JSONSchemaProps | JSONSchemaProps[]',
  'apiextensions/v1.JSONSchemaPropsOrStringArray': 'JSONSchemaProps | string[]',
};

const scalars: Record<string, string> = {
  string: 'string',
  bytes: 'string',
  bool: 'boolean',
  double: 'number',
  int32: 'number',
  int64: 'number',
};

const split = (name: string): { group: string; short: string } => {
  const dot = name.lastIndexOf('.');
  return { group: name.slice(0, dot), short: name.slice(dot + 1) };
};
const moduleOf = (group: string): string => group.replaceAll('/', '-').replaceAll('.', '-');
const aliasOf = (group: string): string => moduleOf(group).replaceAll('-', '_');

/** Messages that are plain arrays in JSON: Go slices with a name of their own. */
const isPlainList = (name: string): boolean => /\.(Verbs|ExtraValue)$/.test(name);

function render(groups: string[], prefix: string): string {
  const foreign = new Set<string>();
  const metaNames = new Set<string>();
  const reference = (name: string): string => {
    if (scalars[name]) return scalars[name];
    if (special[name]) {
      for (const word of ['Quantity', 'IntOrString']) {
        if (special[name] === word) metaNames.add(word);
      }
      return special[name];
    }
    if (isPlainList(name)) return `${reference(facts.messages[name]?.items?.t ?? 'string')}[]`;
    const { group, short } = split(name);
    if (groups.includes(group)) return short;
    if (group === 'meta/v1') {
      metaNames.add(short);
      return short;
    }
    foreign.add(group);
    return `${aliasOf(group)}.${short}`;
  };
  const enumType = (field: Field): string | undefined => {
    const values = field.enum ? facts.enums[field.enum] : undefined;
    if (!values?.enum || values.values.length === 0) return undefined;
    return values.values.map((it) => `'${it}'`).join(' | ');
  };
  const typeOf = (field: Field): string => {
    if (field.map !== undefined) return `{ [key: string]: ${reference(field.map)} }`;
    const one = (field.t === 'string' && enumType(field)) || reference(field.t ?? 'string');
    if (!field.list) return one;
    return /[ |]/.test(one) ? `(${one})[]` : `${one}[]`;
  };
  const body: string[] = [];
  for (const [name, fields] of Object.entries(facts.messages)) {
    const { group, short } = split(name);
    if (!groups.includes(group) || special[name] || isPlainList(name)) continue;
    if (group.startsWith('meta') && ['ObjectMeta', 'TypeMeta'].includes(short)) continue;
    const bases: string[] = [];
    const lines: string[] = [];
    const isKind = topLevel.has(name);
    if (isKind || short.endsWith('List')) lines.push('  apiVersion: string;', '  kind: string;');
    for (const [key, field] of Object.entries(fields)) {
      if (field.inline) {
        bases.push(reference(field.t ?? ''));
        continue;
      }
      const json = field.json ?? key;
      let type = typeOf(field);
      let optional = !field.required;
      if (field.t === 'meta/v1.ObjectMeta') {
        if (isKind) optional = false;
        else type = 'Partial<ObjectMeta>';
      }
      if (isKind && json === 'spec') optional = false;
      if (short.endsWith('List') && ['metadata', 'items'].includes(json)) optional = false;
      lines.push(`  ${/^[A-Za-z_$][\w$]*$/.test(json) ? json : `'${json}'`}${optional ? '?' : ''}: ${type};`);
    }
    const extending = bases.length ? ` extends ${bases.join(', ')}` : '';
    body.push(`export interface ${short}${extending} {\n${lines.join('\n')}\n}\n`);
  }
  const imports = [...foreign].sort().map((group) => `import type * as ${aliasOf(group)} from './${moduleOf(group)}.ts';`);
  if (prefix && metaNames.size) {
    imports.unshift(`import type { ${[...metaNames].sort().join(', ')} } from '${prefix}meta/types.ts';`);
  }
  return header + (imports.length ? `${imports.join('\n')}\n\n` : '') + body.join('\n');
}

const metaPrelude = `/** A decimal or binary number with an optional suffix, such as 250m, 1.5Gi or 2e3. */
export type Quantity = string;
export type IntOrString = number | string;

/** Metadata of an object as the server stores it: what the server always fills in is not optional. */
export interface ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  generation?: number;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** What every stored object has, whatever its kind. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** An object before the server has seen it: name or generateName, and nothing the server fills in. */
export type Draft<T> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion?: string;
  kind?: string;
  metadata: Partial<ObjectMeta>;
};

`;

const out = (path: string, text: string): void => writeFileSync(new URL(path, import.meta.url), text);
const meta = render(['meta/v1'], '').replace(header, header + metaPrelude);
out('../meta/types.ts', meta);
const groups = new Set(Object.keys(facts.messages).map((it) => split(it).group));
for (const group of groups) {
  if (/^(meta|runtime|resource\.Quantity|intstr|resource$)/.test(group)) continue;
  out(`./generated/${moduleOf(group)}.ts`, render([group], '../../'));
}
