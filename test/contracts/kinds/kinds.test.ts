import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../src/api/table.ts';
import { type AnyKind, kinds, reviews } from '../../../src/kinds/index.ts';
import { deepCopy } from '../../../src/meta/copy.ts';
import { messageOf } from '../../../src/meta/schema/schema.ts';
import { anyObject } from '../../fixtures/api/any-object.ts';

const all = [...kinds, ...reviews];

describe('the list of kinds', () => {
  test('no two share a path, a kind, or a short name', () => {
    const unique = (names: string[]): void => expect(names.filter((it, i) => names.indexOf(it) !== i)).toEqual([]);
    unique(all.map((it) => `${it.apiVersion}/${it.plural}`));
    unique(all.map((it) => `${it.apiVersion}/${it.kind}`));
    unique(all.flatMap((it) => it.shortNames.map((name) => `${it.apiVersion} ${name}`)));
  });
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
