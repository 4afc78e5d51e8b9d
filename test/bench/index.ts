/**
 * `npm run bench`: measures a cluster of its own against the raw engine, a bare server, a direct connection and etcd,
 * each pair in the same run, since absolute figures differ between machines and hours. Prints one table; with
 * `--json FILE` also writes the figures.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { startTestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import type { Measure } from './bench.ts';
import { api } from './measures/api.ts';
import { fullNode } from './measures/full-node.ts';
import { healing } from './measures/healing.ts';
import { idle, idleWithPods } from './measures/idle.ts';
import { pods } from './measures/pods.ts';
import { probes } from './measures/probes.ts';
import { proxy } from './measures/proxy.ts';
import { scale } from './measures/scale.ts';
import { start } from './measures/start.ts';
import { ratioOf, renderTable, type Row } from './table.ts';

// The order matters: memory is measured before thousands of objects have come and gone, and `pods` leaves its pods running.
const measures: ReadonlyArray<[name: string, measure: Measure]> = [
  ['idle', idle],
  ['pods', pods],
  ['idle-with-pods', idleWithPods],
  ['full-node', fullNode],
  ['proxy', proxy],
  ['probes', probes],
  ['start', start],
  ['scale', scale],
  ['api', api],
  ['healing', healing],
];

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text} …\n`);
const args = process.argv.slice(2);
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined;
const chosen = args.filter((it) => !it.startsWith('--') && it !== jsonFile);

const cluster = await startTestCluster({ name: 'bench', second: 230, nodePorts: '28000-28999', flags: ['--log-level', 'warn'] });
const { client, credentials, close } = readKubeconfig(cluster.kubeconfig);
const rows: Row[] = [];
try {
  for (const [name, measure] of measures) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    try {
      rows.push(...(await measure({ cluster, client, credentials, say })));
    } catch (error) {
      // The others are worth having all the same; the exit code tells.
      say(`FAILED: ${name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
} finally {
  close();
  say('removing the cluster');
  await cluster.destroy();
}
const engine = execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' }).trim();
const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, Docker ${engine}`;
console.log(`${machine}\n\n${renderTable(rows)}`);
if (jsonFile) writeFileSync(jsonFile, `${JSON.stringify({ machine, rows: rows.map((it) => ({ ...it, ratio: ratioOf(it) })) }, null, 2)}\n`);
