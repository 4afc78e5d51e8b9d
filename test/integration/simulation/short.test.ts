import { expect, test } from 'vitest';
import { families } from '../../simulation/families/index.ts';
import { runSeed } from '../../simulation/run.ts';

/** The short form of `npm run simulate`: the long one takes more seeds and more steps. */
const [seeds, steps] = [[1, 2], 150];

test.each(families.flatMap((family) => seeds.map((seed) => [family.name, seed, family] as const)))(
  '%s: whatever happens, every invariant holds (seed %i)',
  async (name, seed, family) => {
    const { broken, trace } = await runSeed(family, { seed, steps });
    const replay = `npm run simulate -- --seed ${seed} --family ${name} --steps ${steps}`;
    expect(broken, `${replay}\n${trace.join('\n')}`).toEqual([]);
  },
);

test('a seed is a whole life: it can be seen again, change by change', async () => {
  const [family] = families;
  if (!family) throw new Error('no families');
  const first = await runSeed(family, { seed: 7, steps: 150 });
  const again = await runSeed(family, { seed: 7, steps: 150 });
  const other = await runSeed(family, { seed: 8, steps: 150 });
  expect(again).toEqual(first);
  expect(other.sum).not.toBe(first.sum);
});
