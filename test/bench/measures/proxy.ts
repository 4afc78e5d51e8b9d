import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { deployment, isPodReady, pod, service } from '../../../src/kinds/index.ts';
import { pause } from '../../fixtures/cluster/cluster.ts';
import type { Measure } from '../bench.ts';
import { drive } from '../load.ts';
import type { Row } from '../table.ts';

const image = 'k8s.gcr.io/echoserver:1.4';

/** Requests per second with 32 connections that stay open: by wrk where it is installed, else by this process. */
async function requests(url: string): Promise<number> {
  const wrk = spawnSync('wrk', ['-t1', '-c32', '-d4s', url], { encoding: 'utf8' });
  const found = /Requests\/sec:\s+([\d.]+)/.exec(wrk.stdout ?? '')?.[1];
  if (found) return Number(found);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  const get = (): Promise<void> =>
    new Promise((resolve, reject) => {
      http
        .get(url, { agent }, (response) => {
          response.resume();
          response.on('end', resolve);
        })
        .on('error', reject);
    });
  await drive(1_000, 32, get);
  const { span } = await drive(10_000, 32, get);
  agent.destroy();
  return (10_000 / span) * 1_000;
}

/** The echo server through its NodePort, and straight at the pod's address. */
export const proxy: Measure = async ({ client, say }) => {
  say('echo requests through a NodePort and straight to the pod');
  const labels = { app: 'echo' };
  const metadata = { name: 'echo', namespace: 'default' };
  const spec = { containers: [{ name: 'echo', image }], terminationGracePeriodSeconds: 1 };
  await client.create(deployment, {
    metadata,
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  const made = await client.create(service, { metadata, spec: { type: 'NodePort', selector: labels, ports: [{ port: 8080 }] } });
  let address: string | undefined;
  while (!address) {
    const [found] = (await client.list(pod, { namespace: 'default', labelSelector: 'app=echo' })).items;
    if (found && isPodReady(found)) address = found.status?.podIP;
    await pause(100);
  }
  await pause(500);
  const nodePort = made.spec.ports?.[0]?.nodePort;
  const [direct, through]: [number[], number[]] = [[], []];
  for (let i = 0; i < 3; i++) {
    direct.push(await requests(`http://${address}:8080/`));
    through.push(await requests(`http://127.0.0.1:${nodePort}/`));
  }
  await client.delete(deployment, metadata);
  await client.delete(service, metadata);
  const best = (values: number[]): number => Math.max(...values);
  const row: Row = {
    what: 'echo requests through NodePort (userspace)',
    value: best(through),
    unit: 'req/s',
    baseline: { what: 'direct to the pod', value: best(direct) },
    budget: { least: 0.4, of: 'ratio', text: '≥ 0.40 ×' },
  };
  return [row];
};
