import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../src/api/table.ts';
import { type AnyKind, kinds, reviews } from '../../../src/kinds/index.ts';
import { deepCopy } from '../../../src/meta/copy.ts';
import { readObject } from '../../../src/meta/schema/read-object.ts';
import { type Field, isScalar, messageOf, singles } from '../../../src/meta/schema/schema.ts';
import type { KubeObject } from '../../../src/meta/types.ts';

const all = [...kinds, ...reviews];

describe('the list of kinds', () => {
  test('no two share a path, a kind, or a short name', () => {
    const unique = (names: string[]): void => expect(names.filter((it, i) => names.indexOf(it) !== i)).toEqual([]);
    unique(all.map((it) => `${it.apiVersion}/${it.plural}`));
    unique(all.map((it) => `${it.apiVersion}/${it.kind}`));
    unique(all.flatMap((it) => it.shortNames.map((name) => `${it.apiVersion} ${name}`)));
  });
});

const text = fc.oneof(
  fc.constantFrom(
    'a',
    'web',
    'example.com/x',
    '',
    'UPPER',
    '10.0.0.1',
    '25%',
    '..',
    'ClusterIP',
    'Recreate',
    'Exists',
    'constructor',
    'toString',
    '__proto__',
  ),
  fc.string({ maxLength: 8 }),
);
const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  int32: fc.oneof(fc.constantFrom(0, 1, -1, 80, 65_536), fc.integer()),
  int64: fc.oneof(fc.constantFrom(0, 1, -1, 30), fc.maxSafeInteger()),
  double: fc.double({ noNaN: true }),
  bytes: fc.constantFrom('', 'AA==', 'e30='),
};
const forms: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  time: fc.constant('2026-01-02T03:04:05Z'),
  microTime: fc.constant('2026-01-02T03:04:05.000006Z'),
  duration: fc.constant('5s'),
  quantity: fc.constantFrom('0', '1', '-1', '500m', '1Gi', '1e6'),
  intOrString: fc.oneof(fc.constantFrom(0, 1, 80, '25%', 'http', ''), fc.integer({ min: -5, max: 70_000 })),
  any: fc.constantFrom({}, { a: 1 }, [], 'x'),
};

const made = new Map<string, fc.Arbitrary<Record<string, unknown>>>();

/** Any value that the schema lets through: what a client may send, however senseless. */
function anyOf(message: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const key = `${message}/${depth}`;
  let known = made.get(key);
  if (!known) {
    const fields = [...(messageOf(message)?.fields.values() ?? [])].filter((it) => depth > 0 || isScalar(it.type));
    // Few of the fields at a time, since a pod spec has forty.
    known = fc
      .subarray(fields, { maxLength: Math.min(6, fields.length) })
      .chain((some) => fc.record(Object.fromEntries(some.map((it) => [it.name, anyField(it, depth - 1)]))));
    made.set(key, known);
  }
  return known;
}

function anyField(field: Field, depth: number): fc.Arbitrary<unknown> {
  const { type } = field;
  const single = singles[type];
  const known = field.enum && fc.oneof(fc.constantFrom(...field.enum), text);
  const one = (): fc.Arbitrary<unknown> =>
    known ?? (single ? forms[single] : isScalar(type) ? scalars[type] : anyOf(type, depth)) ?? fc.constant({});
  if (field.map) return fc.dictionary(text, one(), { maxKeys: 2 });
  return field.list ? fc.array(one(), { maxLength: 2 }) : one();
}

const anyObject = (kind: AnyKind): fc.Arbitrary<KubeObject> =>
  anyOf(kind.message, 5).map((raw) => {
    const { object } = readObject<KubeObject>(kind, raw);
    object.metadata = { ...object.metadata, name: 'x', ...(kind.namespaced && { namespace: 'default' }) };
    return object;
  });

describe.each(kinds.map((it) => [it.resource, it] as const))('%s', (_, kind) => {
  test('has a message', () => expect(messageOf(kind.message)).toBeDefined());

  test('its functions answer for whatever the schema lets through', () => {
    fc.assert(
      fc.property(anyObject(kind), anyObject(kind), (object, was) => {
        for (const draft of [object, was]) {
          const stored = kind.viewOf ? kind.viewOf.toStored(draft) : draft;
          const record: AnyKind = kind.viewOf?.kind ?? kind;
          record.defaults?.(stored);
          const once = deepCopy(stored);
          record.defaults?.(stored);
          expect(stored, 'defaults are idempotent').toEqual(once);
          record.prepareCreate?.(stored);
          record.validate?.(stored);
          record.graceSeconds?.(stored, undefined);
        }
        if (!kind.viewOf) {
          kind.prepareUpdate?.(object, was);
          kind.validate?.(object, was);
          kind.validateStatus?.(object, was);
        }
        const shown = kind.viewOf ? kind.viewOf.fromStored(kind.viewOf.toStored(object)) : object;
        for (const column of columnsOf(kind)) expect(['string', 'number', 'boolean', 'undefined']).toContain(typeof column.value(shown, 0));
        for (const [path, read] of Object.entries(kind.fields ?? {})) expect(typeof read(shown), path).toBe('string');
        if (kind.scale) expect(typeof kind.scale.selector(shown)).toBe('string');
      }),
      { numRuns: 500, seed: 20_261_124 },
    );
  });
});
