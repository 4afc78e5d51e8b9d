import { atomicMessages } from '../schema/atomic.ts';
import { type Field, isScalar, type Message, messageOf, singles } from '../schema/schema.ts';
import { fieldStep, type ListKeys } from './step.ts';

/**
 * How a value is owned. A leaf is owned as a whole: scalars, atomic lists and maps, raw JSON. Of everything else the
 * parts are owned one by one.
 */
export type Structure =
  | { readonly is: 'leaf' }
  | Struct
  | { readonly is: 'map'; readonly of: Structure }
  | { readonly is: 'set' }
  | { readonly is: 'list'; readonly keys: ListKeys; readonly of: Structure };

export type StructField = {
  readonly step: string;
  /** The step as a key in JSON: `"f:name":` */
  readonly key: string;
  readonly of: Structure;
  /** Upstream's programs write it although it is empty: it is there as soon as what it belongs to is. */
  readonly always: boolean;
};
export type Struct = {
  readonly is: 'struct';
  readonly fields: ReadonlyMap<string, StructField>;
  /** Names of the fields that are always there. */
  readonly always: readonly string[];
};

const leaf: Structure = { is: 'leaf' };
const set: Structure = { is: 'set' };

/** Metadata nobody owns: the server's own part, and what makes the object this one (upstream: stripmeta.go). */
const unowned: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

const known = new Map<string, Structure>();
const roots = new Map<string, Struct>();

/** The structure of a kind's objects, by its message. With `except`, fields of the object itself are left out: nobody comes to own them. */
export function structureOf(message: string, except: string | undefined = undefined): Struct {
  const name = except === undefined ? message : `${message} ${except}`;
  let root = roots.get(name);
  if (!root) {
    root = rootOf(message, except);
    roots.set(name, root);
  }
  return root;
}

function rootOf(message: string, except: string | undefined): Struct {
  const found = messageStructure(message);
  if (found.is !== 'struct') throw new Error(`objects of ${message} have no fields of their own`);
  const fields = new Map([...found.fields].filter(([name]) => name !== except));
  const metadata = fields.get('metadata');
  if (metadata?.of.is === 'struct')
    fields.set('metadata', { ...metadata, of: structOf(new Map([...metadata.of.fields].filter(([name]) => !unowned.has(name)))) });
  return structOf(fields);
}

const structOf = (fields: ReadonlyMap<string, StructField>): Struct => ({
  is: 'struct',
  fields,
  always: [...fields].filter(([, it]) => it.always).map(([name]) => name),
});

function messageStructure(name: string, isGranular = false): Structure {
  if (isScalar(name) || singles[name] !== undefined || (atomicMessages.has(name) && !isGranular)) return leaf;
  const made = known.get(name);
  if (made) return made;
  const message = messageOf(name);
  if (!message || message.plainList) return leaf;
  // A message may contain itself: what is being made is known before its fields are.
  const fields = new Map<string, StructField>();
  const always: string[] = [];
  known.set(name, { is: 'struct', fields, always });
  for (const [key, field] of message.fields) {
    const of = fieldStructure(field);
    const isAlways = of.is !== 'leaf' && (field.required || (of.is === 'struct' && !field.pointer));
    fields.set(key, { step: fieldStep(key), key: `${JSON.stringify(fieldStep(key))}:`, of, always: isAlways });
    if (isAlways) always.push(key);
  }
  return known.get(name) as Structure;
}

function fieldStructure(field: Field): Structure {
  if (field.mapType === 'atomic') return leaf;
  if (field.map) return { is: 'map', of: messageStructure(field.type) };
  if (!field.list) return messageStructure(field.type, field.structType === 'granular');
  if (field.listType === 'set') return set;
  if (field.listType !== 'map' || !field.listMapKeys) return leaf;
  return { is: 'list', keys: keysOf(messageOf(field.type), field.listMapKeys), of: messageStructure(field.type) };
}

const keysOf = (item: Message | undefined, names: readonly string[]): ListKeys =>
  [...names].sort().map((name) => {
    const otherwise = item?.fields.get(name)?.default;
    return { name, ...(otherwise !== undefined && { default: otherwise }) };
  });
