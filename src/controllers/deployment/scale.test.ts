import { expect, test } from 'vitest';
import { aDeployment, aSet } from '../../../test/fixtures/controllers/workloads.ts';
import type { IntOrString } from '../../meta/types.ts';
import { sizeAnnotations } from './annotations.ts';
import { hasRoom, planScale, wasScaled } from './scale.ts';

/** Sizes of the old sets, oldest first, then of the current one; undefined: there is none. */
type Sizes = [...old: number[], current: number | undefined];
const rolling = (maxSurge: IntOrString) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable: 1 } },
});

type Options = { surge?: IntOrString; newSurge?: IntOrString; broken?: boolean };
function plan(from: number, to: number, before: Sizes, { surge = 0, newSurge = surge, broken = false }: Options = {}): Sizes {
  const annotations = sizeAnnotations(aDeployment(from, rolling(surge)));
  const sets = before.map((size, i) =>
    size === undefined
      ? undefined
      : aSet(`v${i}`, size, { age: 100 - i, annotations, ...(broken && i === before.length - 1 && { available: 0 }) }),
  );
  const old = sets.slice(0, -1).filter((it) => it !== undefined);
  const planned = new Map(
    planScale(aDeployment(to, rolling(newSurge)), { current: sets.at(-1), old }).map(({ set, replicas }) => [set, replicas]),
  );
  return sets.map((set) => set && (planned.get(set) ?? set.spec.replicas)) as Sizes;
}

// The cases of upstream's TestScale.
const cases: Array<[name: string, from: number, to: number, before: Sizes, after: Sizes, options?: Options]> = [
  ['one set grows', 10, 12, [10], [12]],
  ['one set shrinks', 10, 5, [10], [5]],
  ['two sets grow in proportion', 5, 10, [3, 2], [6, 4]],
  ['two sets shrink in proportion', 5, 3, [3, 2], [2, 1]],
  ['a small old set shrinks to nothing', 9, 4, [1, 8], [0, 4]],
  ['three sets grow', 7, 10, [2, 3, 2], [3, 4, 3]],
  ['three sets shrink', 13, 8, [3, 8, 2], [2, 5, 1]],
  ['what is left over goes to the newest', 3, 4, [1, 1, 1], [1, 1, 2]],
  ['what is left over is taken from the oldest', 3, 2, [1, 1, 1], [0, 1, 1]],
  ['without a current set the latest grows', 4, 5, [2, 2, undefined], [2, 3, undefined]],
  ['all to nothing', 6, 0, [1, 2, 3], [0, 0, 0]],
  ['from nothing only the current set grows', 6, 6, [0, 0, 0], [0, 0, 6]],
  ['from nothing, without a current set, the latest grows', 0, 6, [0, 0, undefined], [0, 6, undefined]],
  ['surge pods count', 10, 20, [6, 6], [11, 11], { surge: 2 }],
  ['surge and size change', 10, 50, [8, 5], [34, 22], { surge: 3, newSurge: 6 }],
  ['size and template change', 10, 14, [3, 7, undefined], [4, 10, undefined]],
  ['a saturated current set ends the others', 2, 2, [1, 2], [0, 2]],
  ['one that is full but broken does not', 2, 2, [1, 2], [1, 2], { surge: 1, broken: true }],
];
test.each(cases)('%s: %i -> %i', (_, from, to, before, after, options) => {
  expect(plan(from, to, before, options)).toEqual(after);
});

test('sets of a Recreate deployment have no shares', () => {
  const sets = { current: aSet('new', 2, { available: 0 }), old: [aSet('old', 3)] };
  expect(planScale(aDeployment(10, { strategy: { type: 'Recreate' } }), sets)).toEqual([]);
});

test('a change of size is told by what active sets were sized for', () => {
  const annotations = sizeAnnotations(aDeployment(3));
  const sets = { current: aSet('new', 3, { annotations }), old: [aSet('old', 0, { annotations: sizeAnnotations(aDeployment(9)) })] };
  expect([3, 4].map((it) => wasScaled(aDeployment(it), sets))).toEqual([false, true]);
  expect(wasScaled(aDeployment(3), { current: aSet('by hand', 1), old: [] })).toBe(false);
});

test('scaling waits for pods that sets have yet to give up', () => {
  const deployment = aDeployment(8, rolling(0));
  const busy = { current: aSet('new', 3), old: [aSet('old', 3, { status: { replicas: 5 } })] };
  const grown = [{ set: busy.current, replicas: 5 }];
  expect(hasRoom(deployment, busy, grown)).toBe(false);
  expect(hasRoom(deployment, { ...busy, old: [aSet('old', 3)] }, grown)).toBe(true);
  expect(hasRoom(deployment, busy, [{ set: busy.current, replicas: 0 }])).toBe(true);
});
