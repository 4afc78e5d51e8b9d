import { type AnyKind, kinds } from '../../kinds/index.ts';
import { atomicMessages } from '../../meta/schema/atomic.ts';
import { type Field, isScalar, messageOf, singles } from '../../meta/schema/schema.ts';
import { type Descriptions, descriptions } from './descriptions.ts';

type Schema = Record<string, unknown>;

/** io.k8s.api.core.v1.Pod and so on: the names that clients know the definitions by. */
export function definitionName(message: string): string {
  if (message === 'resource.Quantity.Quantity') return 'io.k8s.apimachinery.pkg.api.resource.Quantity';
  if (message === 'intstr.IntOrString') return 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';
  if (message.startsWith('runtime.')) return `io.k8s.apimachinery.pkg.${message}`;
  const dotted = message.replaceAll('/', '.');
  return message.startsWith('meta/') ? `io.k8s.apimachinery.pkg.apis.${dotted}` : `io.k8s.api.${dotted}`;
}

const scalarSchemas: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
};
const singleSchemas: Readonly<Record<string, Schema>> = {
  time: { type: 'string', format: 'date-time' },
  microTime: { type: 'string', format: 'date-time' },
  duration: { type: 'string' },
  quantity: { type: 'string' },
  intOrString: { type: 'string', format: 'int-or-string' },
  any: { type: 'object' },
};

export const gvkKey = 'x-kubernetes-group-version-kind';
const mapType = 'x-kubernetes-map-type';

/** Every definition that the kinds reach, by name. `refs` is where definitions are: '#/definitions/' or '#/components/schemas/'. */
export function definitionsOf(served: readonly AnyKind[], refs: string): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const said = descriptions();
  const open = [...served.map((it) => it.message), 'meta/v1.DeleteOptions', 'meta/v1.Status'];
  const typeOf = (type: string): Schema => {
    if (isScalar(type)) return { ...scalarSchemas[type] };
    if (messageOf(type)?.plainList) return { type: 'array', items: { type: 'string' } };
    open.push(type);
    return { $ref: `${refs}${definitionName(type)}` };
  };
  for (let message = open.pop(); message !== undefined; message = open.pop()) {
    const name = definitionName(message);
    if (Object.hasOwn(found, name)) continue;
    const single = singles[message];
    found[name] = single ? { ...singleSchemas[single] } : objectSchema(message, typeOf, said);
    if (atomicMessages.has(message)) Object.assign(found[name] as Schema, { [mapType]: 'atomic' });
  }
  for (const kind of served) {
    const gvk = { group: kind.group, kind: kind.kind, version: kind.version };
    const name = definitionName(kind.message);
    Object.assign(found[name] as Schema, { [gvkKey]: [gvk] });
    found[`${name}List`] = listSchema(kind, `${refs}${name}`, refs);
  }
  found[definitionName('meta/v1.ListMeta')] ??= objectSchema('meta/v1.ListMeta', typeOf, said);
  const versions = [...new Set(kinds.map((it) => it.apiVersion))].map((it) => it.split('/'));
  Object.assign(found[definitionName('meta/v1.DeleteOptions')] as Schema, {
    [gvkKey]: versions.map((it) => ({ group: it.length > 1 ? it[0] : '', kind: 'DeleteOptions', version: it.at(-1) })),
  });
  return found;
}

const kindFields = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

function objectSchema(message: string, typeOf: (type: string) => Schema, said: Descriptions): Schema {
  const words = said[message] ?? {};
  const fields = [...(messageOf(message)?.fields.values() ?? [])];
  const properties: Record<string, Schema> = {};
  const hasMeta =
    fields.some((it) => it.type === 'meta/v1.ObjectMeta' || it.type === 'meta/v1.ListMeta') && !message.endsWith('TemplateSpec');
  if (hasMeta || message === 'meta/v1.DeleteOptions') Object.assign(properties, kindFields);
  for (const field of fields) properties[field.name] = fieldSchema(field, typeOf);
  for (const [name, schema] of Object.entries(properties)) if (words[name]) properties[name] = described(schema, words[name]);
  const required = fields.filter((it) => it.required).map((it) => it.name);
  return { ...(words[''] && { description: words[''] }), type: 'object', properties, ...(required.length && { required }) };
}

/** Beside a reference nothing counts in OpenAPI v3: there it stands in an allOf of one, as upstream writes it. */
function described(schema: Schema, description: string): Schema {
  const { $ref, ...rest } = schema;
  if (typeof $ref !== 'string' || !$ref.startsWith('#/components/')) return { description, ...schema };
  return { description, allOf: [{ $ref }], ...rest };
}

function fieldSchema(field: Field, typeOf: (type: string) => Schema): Schema {
  const one = typeOf(field.type);
  const marks: Schema = {
    ...(field.default !== undefined && { default: field.default }),
    ...(field.listType && { 'x-kubernetes-list-type': field.listType }),
    ...(field.listMapKeys && { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...((field.mapType ?? field.structType) && { [mapType]: field.mapType ?? field.structType }),
    ...(field.mergeKey && { 'x-kubernetes-patch-merge-key': field.mergeKey }),
    ...(field.strategies.length && { 'x-kubernetes-patch-strategy': field.strategies.join(',') }),
  };
  if (field.map) return { type: 'object', additionalProperties: one, ...marks };
  if (field.list) return { type: 'array', items: one, ...marks };
  return { ...one, ...marks };
}

const listSchema = (kind: AnyKind, item: string, refs: string): Schema => ({
  type: 'object',
  required: ['items'],
  properties: {
    ...kindFields,
    items: { type: 'array', items: { $ref: item } },
    metadata: { $ref: `${refs}${definitionName('meta/v1.ListMeta')}` },
  },
  [gvkKey]: [{ group: kind.group, kind: `${kind.kind}List`, version: kind.version }],
});

export type Operation = { method: string; path: string; kind: AnyKind; action: string; parameters: readonly string[] };

const writes = ['dryRun', 'fieldManager', 'fieldValidation'];
/** What clients look up before they send dryRun or fieldValidation. */
const operations = [
  { verb: 'list', method: 'get', one: false, action: 'list', parameters: ['limit', 'continue', 'labelSelector', 'fieldSelector', 'watch'] },
  { verb: 'create', method: 'post', one: false, action: 'post', parameters: writes },
  { verb: 'get', method: 'get', one: true, action: 'get', parameters: [] },
  { verb: 'update', method: 'put', one: true, action: 'put', parameters: writes },
  { verb: 'patch', method: 'patch', one: true, action: 'patch', parameters: [...writes, 'force'] },
  { verb: 'delete', method: 'delete', one: true, action: 'delete', parameters: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'] },
] as const;

/** The requests each kind takes. */
export function operationsOf(served: readonly AnyKind[]): Operation[] {
  return served.flatMap((kind) => {
    const root = kind.group ? `/apis/${kind.apiVersion}` : '/api/v1';
    const all = `${root}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}`;
    return operations
      .filter(({ verb }) => kind.verbs.includes(verb))
      .map(({ one, method, action, parameters }) => ({ kind, method, action, parameters, path: one ? `${all}/{name}` : all }));
  });
}
