import { readFileSync } from 'node:fs';

export type Scalar = 'string' | 'bool' | 'int32' | 'int64' | 'double' | 'bytes';

/** A field of a message, as JSON and protobuf see it. */
export type Field = {
  /** JSON name. */
  name: string;
  /** Protobuf number, within the message that declares it. */
  number: number;
  /** A scalar, or the name of a message; of the values, when `map` or `list`. */
  type: string;
  list: boolean;
  map: boolean;
  required: boolean;
  /** A pointer upstream: a zero on the wire is meant. */
  pointer: boolean;
  mergeKey?: string;
  /** `merge`, `replace`, `retainKeys`, or some of them. */
  strategies: readonly string[];
  listType?: string;
  listMapKeys?: readonly string[];
  mapType?: string;
  /** `granular`: its parts are owned one by one although its message is written as a whole elsewhere. */
  structType?: string;
  enum?: readonly string[];
  /** What counts when it is left out, where the definitions say so. */
  default?: unknown;
};

export type Message = {
  name: string;
  /** By JSON name; fields of inlined messages are among them. */
  fields: ReadonlyMap<string, Field>;
  /** By protobuf number; an inlined message is one field, with its message's name. */
  wire: ReadonlyMap<number, { field: Field; inline: boolean }>;
  /** The message is written as the plain list of its only field. */
  plainList: boolean;
};

type RawField = {
  n: number;
  t?: string;
  map?: string;
  list?: boolean;
  json?: string;
  inline?: boolean;
  required?: boolean;
  ptr?: boolean;
  enum?: string;
  patchMergeKey?: string;
  patchStrategy?: string;
  listType?: string;
  listMapKeys?: string[];
  mapType?: string;
  structType?: string;
  default?: string;
};
type Facts = { enums: Record<string, { values: string[]; enum?: boolean }>; messages: Record<string, Record<string, RawField>> };

/** Messages whose JSON form is a single value; `any` is kept as it is. */
export const singles: Readonly<Record<string, 'time' | 'microTime' | 'duration' | 'quantity' | 'intOrString' | 'any'>> = {
  'meta/v1.Time': 'time',
  'meta/v1.MicroTime': 'microTime',
  'meta/v1.Duration': 'duration',
  'meta/v1.FieldsV1': 'any',
  'resource.Quantity.Quantity': 'quantity',
  'intstr.IntOrString': 'intOrString',
  'runtime.RawExtension': 'any',
  'apiextensions/v1.JSON': 'any',
  'apiextensions/v1.JSONSchemaPropsOrBool': 'any',
  'apiextensions/v1.JSONSchemaPropsOrArray': 'any',
  'apiextensions/v1.JSONSchemaPropsOrStringArray': 'any',
};

const load = (): Facts => JSON.parse(readFileSync(new URL('./facts.json', import.meta.url), 'utf8')) as Facts;

class Facts36 {
  readonly #facts = load();
  readonly #resolved = new Map<string, Message | undefined>();

  message(name: string): Message | undefined {
    if (!this.#resolved.has(name)) this.#resolved.set(name, this.#resolve(name));
    return this.#resolved.get(name);
  }

  #resolve(name: string): Message | undefined {
    const raw = Object.hasOwn(this.#facts.messages, name) ? this.#facts.messages[name] : undefined;
    if (!raw) return undefined;
    const fields = new Map<string, Field>();
    const wire = new Map<number, { field: Field; inline: boolean }>();
    for (const [key, it] of Object.entries(raw)) {
      const field = this.#field(it.json ?? key, it);
      wire.set(it.n, { field, inline: it.inline === true });
      if (!it.inline) fields.set(field.name, field);
      else for (const [inner, innerField] of this.message(field.type)?.fields ?? []) fields.set(inner, innerField);
    }
    const plainList = /\.(Verbs|ExtraValue)$/.test(name);
    return { name, fields, wire, plainList };
  }

  #field(name: string, it: RawField): Field {
    const values = it.enum ? this.#facts.enums[it.enum] : undefined;
    return {
      name,
      number: it.n,
      type: it.map ?? it.t ?? 'string',
      list: it.list === true,
      map: it.map !== undefined,
      required: it.required === true,
      pointer: it.ptr === true,
      strategies: it.patchStrategy?.split(',') ?? [],
      ...(it.patchMergeKey && { mergeKey: it.patchMergeKey }),
      ...(it.listType && { listType: it.listType }),
      ...(it.listMapKeys && { listMapKeys: it.listMapKeys }),
      ...(it.mapType && { mapType: it.mapType }),
      ...(it.structType && { structType: it.structType }),
      ...(values?.enum && { enum: values.values }),
      ...defaultOf(it.default),
    };
  }
}

/** Most are JSON; a few name a constant of upstream's programs, which says nothing here. */
function defaultOf(text: string | undefined): { default?: unknown } {
  if (text === undefined || text.startsWith('ref(')) return {};
  return { default: JSON.parse(text) as unknown };
}

let facts: Facts36 | undefined;

/** The message of that name in the facts file (`core/v1.Pod`), resolved on first use; undefined when there is none. */
export function messageOf(name: string): Message | undefined {
  facts ??= new Facts36();
  return facts.message(name);
}

/** An object of its own even inside another one (the claims of a StatefulSet): it may say its apiVersion and kind. */
export const isWholeObject = ({ name, fields }: Message): boolean =>
  fields.get('metadata')?.type === 'meta/v1.ObjectMeta' && !/TemplateSpec$|\.PersistentVolumeClaimTemplate$/.test(name);

const scalars = new Set(['string', 'bool', 'int32', 'int64', 'double', 'bytes']);
export const isScalar = (type: string): type is Scalar => scalars.has(type);
