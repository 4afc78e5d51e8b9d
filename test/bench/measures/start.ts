import { configMap } from '../../../src/kinds/index.ts';
import type { Measure } from '../bench.ts';
import { drive } from '../load.ts';
import { median, type Row } from '../table.ts';

/** From starting the process to /readyz, engine and all: with the objects of a new cluster, and with 5,000 more. */
export const start: Measure = async ({ cluster, client, say }) => {
  const starts = async (times: number): Promise<number> => {
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      await cluster.kill('SIGTERM');
      took.push(await cluster.start());
    }
    return median(took);
  };
  say('starting the control plane five times');
  const empty = await starts(5);
  say('starting it with 5,000 objects');
  const data = { text: 'x'.repeat(1_000) };
  await drive(5_000, 32, (n) => client.create(configMap, { metadata: { name: `filler-${n}`, namespace: 'default' }, data }));
  const full = await starts(3);
  await drive(5_000, 32, (n) => client.delete(configMap, { name: `filler-${n}`, namespace: 'default' }));
  const row = (what: string, value: number, most: number): Row => ({
    what,
    value,
    unit: 'ms',
    budget: { most, of: 'value', text: `≤ ${most} ms` },
  });
  return [row('process start to /readyz, new cluster', empty, 400), row('the same with 5,000 objects', full, 1_000)];
};
