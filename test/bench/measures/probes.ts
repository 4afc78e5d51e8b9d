import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measure } from '../bench.ts';

const prober = fileURLToPath(new URL('../probes/prober.ts', import.meta.url));
const pods = 200;
const [warmUp, span] = [4_000, 10_000];

/** What asking costs, in a process that does nothing else; the server that answers counts for nothing. */
export const probes: Measure = async ({ say }) => {
  say(`${pods} pods, asked over HTTP once a second`);
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const args = ['--import', 'tsx', prober, pods, port, warmUp, span].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { cores, perSecond, failed } = JSON.parse(stdout) as { cores: number; perSecond: number; failed: number };
    if (failed > 0 || perSecond < 0.9 * pods) throw new Error(`${failed} probes failed, ${perSecond} were made in a second`);
    const what = `CPU of ${pods} HTTP probes a second`;
    return [{ what, value: cores * 100, unit: '% of a core', budget: { most: 33, of: 'value', text: '≤ 33 %' } }];
  } finally {
    server.close();
  }
};
