import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Measure } from '../bench.ts';
import type { ScaleFigures } from '../simulated.ts';

const run = promisify(execFile);

/** A thousand nodes and ten thousand pods that exist in the API alone: what the control plane itself costs. */
export const scale: Measure = async ({ say }) => {
  say('a simulated cluster of 1,000 nodes and 10,000 pods');
  const { stdout } = await run(process.execPath, ['--expose-gc', '--import', 'tsx', 'test/bench/simulated.ts'], { maxBuffer: 1 << 24 });
  const { small, large, kilobytesPerPod, resident, rollSeconds } = JSON.parse(stdout) as ScaleFigures;
  const simulated = 'simulated, 1,000 nodes';
  return [
    { what: `pods scheduled, the first 1,000 (${simulated})`, value: small.perSecond, unit: 'pods/s' },
    {
      ...{ what: 'control plane CPU per 1,000 pods, at 10,000', value: large.cpuPerThousand, unit: 's' },
      baseline: { what: 'at 1,000', value: small.cpuPerThousand },
      budget: { most: 1.2, of: 'ratio', text: '≤ 1.2 ×' },
    },
    { what: `pods scheduled, up to 10,000 (${simulated})`, value: large.perSecond, unit: 'pods/s' },
    { what: 'heap for each pod', value: kilobytesPerPod, unit: 'kB' },
    { what: 'memory with 10,000 pods', value: resident, unit: 'MB', budget: { most: 1_024, of: 'value', text: '≤ 1 GB' } },
    { what: 'a Deployment of 5,000 replicas rolls out', value: rollSeconds, unit: 's' },
  ];
};
