/**
 * `npm run simulate -- [--family NAME] [--seeds N [--from S] | --seed S] [--steps N]`: lives of clusters in virtual time, each by a
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
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '10000' },
    trace: { type: 'boolean', default: false },
  },
});
const chosen = families.filter((it) => values.family === undefined || it.name === values.family);
if (chosen.length === 0) throw new Error(`there is no family ${values.family}: ${families.map((it) => it.name).join(', ')}`);
const steps = Number(values.steps);
const seeds =
  values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, i) => i + Number(values.from)) : [Number(values.seed)];

function tell({ family, seed, broken, trace, steps: done }: Outcome): void {
  console.log(`\n${family}, seed ${seed}, broke at step ${done}:`);
  for (const it of broken.slice(0, 5)) console.log(`  ${it}`);
  console.log(`what happened last:\n${trace.map((it) => `  ${it}`).join('\n')}`);
  console.log(`to see it again: npm run simulate -- --seed ${seed} --family ${family} --steps ${steps}`);
}

type Sum = { lives: number; steps: number; changes: number; hours: number; seconds: number; failed: number };
const sums = new Map<string, Sum>(chosen.map((it) => [it.name, { lives: 0, steps: 0, changes: 0, hours: 0, seconds: 0, failed: 0 }]));
let isOver = false;
const stop = (): void => {
  isOver = true;
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

// A seed of every family, then the next: whoever ends it early has seen something of each.
for (const seed of seeds) {
  for (const family of chosen) {
    if (isOver) break;
    const began = performance.now();
    const outcome = await runSeed(family, { seed, steps });
    const sum = sums.get(family.name) as Sum;
    sum.lives += 1;
    sum.steps += outcome.steps;
    sum.changes += outcome.changes;
    sum.hours += outcome.virtual / 3_600_000;
    sum.seconds += (performance.now() - began) / 1_000;
    if (outcome.broken.length > 0) {
      sum.failed += 1;
      tell(outcome);
    } else if (values.trace) console.log(outcome.trace.join('\n'));
    if (process.stderr.isTTY) process.stderr.write(`\r${family.name} ${seed} `);
  }
}
console.log('\nfamily        lives     steps   changes     hours   seconds  failed');
for (const [name, { lives, steps: done, changes, hours, seconds, failed }] of sums) {
  const cells = [lives, done, changes, hours.toFixed(1), seconds.toFixed(1), failed].map((it, i) =>
    String(it).padStart([5, 10, 10, 10, 10, 8][i] ?? 8),
  );
  console.log(`${name.padEnd(14)}${cells.join('')}`);
}
process.exitCode = [...sums.values()].some((it) => it.failed > 0) ? 1 : 0;
