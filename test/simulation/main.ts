/**
 * `npm run simulate -- [--family NAME] [--seeds N | --seed S] [--steps N]`: lives of clusters in virtual time, each by a
 * seed, until an invariant breaks or all have ended well. Says how to see a broken one again.
 */
import { parseArgs } from 'node:util';
import { families } from './families/index.ts';
import { type Outcome, runSeed } from './run.ts';

const { values } = parseArgs({
  options: {
    family: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '50' },
    steps: { type: 'string', default: '10000' },
    trace: { type: 'boolean', default: false },
  },
});
const chosen = families.filter((it) => values.family === undefined || it.name === values.family);
if (chosen.length === 0) throw new Error(`there is no family ${values.family}: ${families.map((it) => it.name).join(', ')}`);
const steps = Number(values.steps);
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, i) => i + 1) : [Number(values.seed)];

function tell({ family, seed, broken, trace, steps: done }: Outcome): void {
  console.log(`\n${family}, seed ${seed}, broke at step ${done}:`);
  for (const it of broken.slice(0, 5)) console.log(`  ${it}`);
  console.log(`what happened last:\n${trace.map((it) => `  ${it}`).join('\n')}`);
  console.log(`to see it again: npm run simulate -- --seed ${seed} --family ${family} --steps ${steps}`);
}

let failed = 0;
for (const family of chosen) {
  const began = performance.now();
  let [changes, virtual] = [0, 0];
  for (const seed of seeds) {
    const outcome = await runSeed(family, { seed, steps });
    changes += outcome.changes;
    virtual += outcome.virtual;
    if (outcome.broken.length > 0) {
      failed += 1;
      tell(outcome);
    } else if (values.trace) console.log(outcome.trace.join('\n'));
  }
  const took = (performance.now() - began) / 1000;
  const hours = (virtual / 3_600_000).toFixed(1);
  console.log(
    `${family.name}: ${seeds.length} seeds of ${steps} steps, ${changes} changes, ${hours} h in ${took.toFixed(1)} s, ${failed} failed in all`,
  );
}
process.exitCode = failed > 0 ? 1 : 0;
