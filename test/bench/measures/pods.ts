import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import type { Client } from '../../../src/client/index.ts';
import { type core, deployment, isPodReady, pod } from '../../../src/kinds/index.ts';
import type { Bench, Measure } from '../bench.ts';
import { drive } from '../load.ts';
import { median, type Row } from '../table.ts';

const run = promisify(execFile);
const image = 'busybox:1.36';
const containers = [{ name: 'app', image, command: ['sleep', '3600'] }];
const docker = async (...args: string[]): Promise<string> => (await run('docker', args)).stdout.trim();

/** Resolves when `count` pods with that label are ready, by a watch that was there before. */
export async function ready(client: Client, app: string, count: number, create: () => Promise<unknown>): Promise<number> {
  const selection = { namespace: 'default', labelSelector: `app=${app}` };
  const { resourceVersion } = await client.list(pod, selection);
  const abort = new AbortController();
  const seen = new Set<string>();
  const began = performance.now();
  const all = (async () => {
    for await (const { object } of client.watch(pod, { ...selection, resourceVersion }, abort.signal)) {
      if (isPodReady(object as core.Pod)) seen.add(object.metadata.name);
      if (seen.size === count) break;
    }
    return performance.now() - began;
  })();
  await create();
  const took = await all;
  abort.abort();
  return took;
}

export async function gone(client: Client, app: string): Promise<void> {
  while ((await client.list(pod, { namespace: 'default', labelSelector: `app=${app}` })).items.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

async function onePod({ client, say }: Bench): Promise<Row> {
  say('one pod against docker run, seven times in turn');
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < 7; i++) {
    const began = performance.now();
    const id = await docker('run', '-d', image, 'sleep', '3600');
    theirs.push(performance.now() - began);
    await docker('rm', '-f', id);
    const metadata = { name: `one-${i}`, namespace: 'default', labels: { app: `one-${i}` } };
    ours.push(await ready(client, `one-${i}`, 1, () => client.create(pod, { metadata, spec: { containers } })));
    await client.delete(pod, { name: `one-${i}`, namespace: 'default' }, { gracePeriodSeconds: 0 });
    await gone(client, `one-${i}`);
  }
  return {
    what: 'apply to Ready, one pod',
    value: median(ours),
    unit: 'ms',
    baseline: { what: 'docker run -d', value: median(theirs) },
    budget: { most: 1.5, of: 'ratio', text: '≤ 1.5 ×' },
  };
}

/** The same containers made at the bare engine: a sandbox on the cluster's network and an app in it, five pods at a time. */
async function byHand(count: number, network: string): Promise<number> {
  const engine = new Docker();
  const subnet = await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', network);
  const made: Docker.Container[] = [];
  const start = async (options: Docker.ContainerCreateOptions): Promise<string> => {
    const container = await engine.createContainer(options);
    made.push(container);
    await container.start();
    return container.id;
  };
  const { span } = await drive(count, 5, async (n) => {
    const IPv4Address = subnet.replace(/\.\d+\/\d+$/, `.${200 + n}`);
    const sandbox = await start({
      Image: 'peapod/pause:1',
      HostConfig: { NetworkMode: network },
      NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address } } } },
    });
    await start({ Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: `container:${sandbox}` } });
  });
  await Promise.all(made.map((it) => it.remove({ force: true })));
  return span;
}

async function manyPods(bench: Bench, count: number): Promise<Row> {
  const { client, cluster, say } = bench;
  say(`${count} pods by hand and by a Deployment`);
  const network = `peapod-${cluster.name}`;
  const theirs = await byHand(count, network);
  const labels = { app: 'many' };
  const spec = { replicas: count, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
  const ours = await ready(client, 'many', count, () =>
    client.create(deployment, { metadata: { name: 'many', namespace: 'default' }, spec }),
  );
  return {
    what: `pods per second, Deployment of ${count}`,
    value: (count / ours) * 1_000,
    unit: 'pods/s',
    baseline: { what: 'bare engine, 5 at a time', value: (count / theirs) * 1_000 },
    budget: { least: 0.9, of: 'ratio', text: '≥ 0.9 ×' },
  };
}

/** Leaves its Deployment `many` running, for what is measured with pods there. */
export const pods: Measure = async (bench) => [await onePod(bench), await manyPods(bench, 30)];
