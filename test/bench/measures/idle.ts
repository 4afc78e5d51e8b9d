import { pause } from '../../fixtures/cluster/cluster.ts';
import type { Bench, Measure } from '../bench.ts';
import { cpuSecondsOf, memoryOf } from '../process.ts';
import type { Row } from '../table.ts';

/** Percent of one core over `span` milliseconds in which nobody asks for anything. */
async function cpuOf(pid: number, span: number): Promise<number> {
  const before = cpuSecondsOf(pid);
  await pause(span);
  return ((cpuSecondsOf(pid) - before) / (span / 1_000)) * 100;
}

const measureWith =
  (what: string, megabytes: number): Measure =>
  async ({ cluster, say }: Bench): Promise<Row[]> => {
    say(`memory and CPU ${what}`);
    await pause(5_000);
    const cpu = await cpuOf(cluster.pid(), 20_000);
    return [
      {
        what: `memory ${what}`,
        value: memoryOf(cluster.pid()),
        unit: 'MB',
        budget: { most: megabytes, of: 'value', text: `≤ ${megabytes} MB` },
      },
      { what: `CPU ${what}`, value: cpu, unit: '% of a core', budget: { most: 0.3, of: 'value', text: '≤ 0.3 %' } },
    ];
  };

export const idle = measureWith('at idle, no pods', 120);
export const idleWithPods = measureWith('at idle, 30 pods', 180);
