import { seededRandom } from '../../../src/lib/random.ts';
import { killAtRandom } from '../../fixtures/cluster/kills.ts';
import { createMixedWorkload, untilWell } from '../../fixtures/cluster/mixed-workload.ts';
import type { Measure } from '../bench.ts';
import { median, type Row } from '../table.ts';

const kills = process.env['PEAPOD_LONG'] === '1' ? 200 : 30;

/**
 * Things of a mixed workload die at random, the control plane among them: how long until all is as it was. Containers that
 * die a second time wait for their back-off, which is upstream's: with 30 kills none does.
 */
export const healing: Measure = async ({ cluster, client, say }) => {
  say(`${kills} random kills in a mixed workload`);
  const wanted = await createMixedWorkload(client);
  await untilWell({ cluster, client, wanted }, 'all pods are ready', 120_000);
  const done = await killAtRandom({ cluster, client, wanted, random: seededRandom(1) }, kills);
  const of = (what: RegExp): number[] => done.filter((it) => what.test(it.what)).map((it) => it.healed);
  const all = of(/./);
  const rows: Row[] = [
    { what: `death to well again, ${kills} random kills, median`, value: median(all), unit: 'ms' },
    { what: '… worst', value: Math.max(...all), unit: 'ms' },
    { what: '… control plane alone, median', value: median(of(/^control plane/)), unit: 'ms' },
  ];
  return rows;
};
