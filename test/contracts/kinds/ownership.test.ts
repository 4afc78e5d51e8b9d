import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../../src/kinds/index.ts';
import { applyConfiguration } from '../../../src/meta/apply/apply.ts';
import { compareObjects } from '../../../src/meta/apply/compare.ts';
import { createdText } from '../../../src/meta/apply/created.ts';
import { faultsOf } from '../../../src/meta/apply/faults.ts';
import { entriesOf, type Manager, readManagers } from '../../../src/meta/apply/managers.ts';
import type { Json } from '../../../src/meta/apply/record.ts';
import { structureOf } from '../../../src/meta/apply/structure.ts';
import { entriesText } from '../../../src/meta/apply/text.ts';
import type { Versions } from '../../../src/meta/apply/versions.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { anyObject } from '../../fixtures/api/any-object.ts';

const asJson = (object: KubeObject): Json => object as unknown as Json;

describe.each(kinds.map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind] as const))('%s', (_, kind) => {
  const structure = structureOf(kind.message);
  const versions: Versions = { structure: (it) => (it === kind.apiVersion ? structure : undefined), convert: (it) => it };
  const any = anyObject(kind).map(asJson);
  const apply = (manager: string, live: Json, config: Json, managers: readonly Manager[], time: string) => {
    const by = { manager, operation: 'Apply' as const, apiVersion: kind.apiVersion };
    const done = applyConfiguration({ live, config, managers, by, force: true, time, versions });
    if (done.conflicts) throw new Error('nothing stands against force');
    return done;
  };

  test('what is created is what differs from nothing', () => {
    fc.assert(
      fc.property(any, (object) => {
        const { written, removed } = compareObjects(structure, {}, object);
        expect(JSON.parse(createdText(structure, object) ?? '{}')).toEqual(written);
        expect(removed).toEqual({});
      }),
      { numRuns: 20 },
    );
  });

  test('nothing differs from itself, and differences swap with their sides', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(compareObjects(structure, a, structuredClone(a))).toEqual({ written: {}, removed: {} });
        const [there, back] = [compareObjects(structure, a, b), compareObjects(structure, b, a)];
        // What went one way and was not there the other way came back: the same paths.
        expect(Object.keys(there.written).length + Object.keys(there.removed).length > 0).toBe(
          Object.keys(back.written).length + Object.keys(back.removed).length > 0,
        );
      }),
      { numRuns: 20 },
    );
  });

  test('what is applied is there, owned and stays so; letting go of all leaves the other’s alone', () => {
    const appliable = any.filter((it) => faultsOf(structure, it).length === 0);
    fc.assert(
      fc.property(appliable, appliable, (one, two) => {
        const first = apply('one', {}, one, [], '2026-01-01T00:00:01Z');
        const again = apply('one', first.object, one, first.managers, '2026-01-01T00:00:02Z');
        expect(again).toEqual(first);
        const both = apply('two', first.object, two, first.managers, '2026-01-01T00:00:03Z');
        const read = readManagers(entriesOf(both.managers) ?? []);
        expect(JSON.parse(entriesText(entriesOf(read ?? []) ?? []))).toEqual(entriesOf(both.managers) ?? []);
        const alone = apply('one', both.object, {}, both.managers, '2026-01-01T00:00:04Z');
        // An object that was applied empty may have gone with what the other one had in it: it is back now.
        const settled = apply('two', alone.object, two, alone.managers, '2026-01-01T00:00:05Z');
        expect(apply('two', settled.object, two, settled.managers, '2026-01-01T00:00:06Z')).toEqual(settled);
        expect(alone.managers.filter((it) => it.manager === 'one')).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
