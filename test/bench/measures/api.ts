import https from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bench, Measure } from '../bench.ts';
import { createCaller, drive, percentile } from '../load.ts';
import { startEtcd } from '../etcd.ts';
import type { Row } from '../table.ts';

const path = '/api/v1/namespaces/default/configmaps';
const bodyOf = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(1_000) } });
const perSecond = (count: number, span: number): number => (count / span) * 1_000;

async function creates({ cluster, credentials, say }: Bench): Promise<Row[]> {
  const count = 4_000;
  say(`${count} durable creates by 64 clients, then one`);
  const { call, close } = createCaller(cluster.url, credentials, 64);
  await drive(200, 64, (n) => call({ method: 'POST', path, body: bodyOf(`warm-${n}`) }));
  const many = await drive(count, 64, (n) => call({ method: 'POST', path, body: bodyOf(`many-${n}`) }));
  const one = await drive(300, 1, (n) => call({ method: 'POST', path, body: bodyOf(`one-${n}`) }));
  close();
  const etcd = await startEtcd(say);
  let baseline: Row['baseline'];
  if (etcd) {
    const value = Buffer.from(bodyOf('many-0'));
    await drive(200, 64, (n) => etcd.put(`warm/${n}`, value));
    const theirs = await drive(count, 64, (n) => etcd.put(`many/${n}`, value));
    baseline = { what: `etcd ${etcd.version}, put from Node`, value: perSecond(count, theirs.span) };
    await etcd.stop();
  }
  return [
    {
      what: 'durable creates, 64 clients',
      value: perSecond(count, many.span),
      unit: '/s',
      ...(baseline && { baseline }),
      budget: { least: 1, of: 'ratio', text: '≥ 1 × etcd' },
    },
    { what: 'durable create, one client, p99', value: percentile(one.each, 0.99), unit: 'ms' },
  ];
}

/** A bare HTTPS server in a thread of its own that answers everything with the same bytes. */
async function bareServer(dataDir: string, bytes: string): Promise<{ url: string; stop(): Promise<unknown> }> {
  const source = `
    const https = require('node:https'); const { workerData, parentPort } = require('node:worker_threads');
    const body = Buffer.from(workerData.bytes);
    const server = https.createServer({ cert: workerData.cert, key: workerData.key }, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }); response.end(body);
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
  const pki = join(dataDir, 'data', 'pki');
  const [cert, key] = ['server.crt', 'server.key'].map((it) => readFileSync(join(pki, it), 'utf8'));
  const worker = new Worker(source, { eval: true, workerData: { bytes, cert, key } });
  const port = await new Promise((resolve) => worker.once('message', resolve));
  return { url: `https://127.0.0.1:${port}`, stop: () => worker.terminate() };
}

async function reads({ cluster, credentials, say }: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const cases: Array<[what: string, path: string, count: number]> = [
    ['GET of one object, 32 clients', `${path}/many-1`, 8_000],
    ['LIST of 500, 8 clients', `${path}?limit=500`, 200],
  ];
  for (const [what, asked, count] of cases) {
    say(what);
    const clients = count > 1_000 ? 32 : 8;
    const ours = createCaller(cluster.url, credentials, clients);
    const bytes = await ours.call({ method: 'GET', path: asked });
    const bare = await bareServer(cluster.dataDir, bytes);
    const theirs = createCaller(bare.url, credentials, clients);
    const measure = async (caller: typeof ours): Promise<number> => {
      await drive(count / 10, clients, () => caller.call({ method: 'GET', path: asked }));
      return perSecond(count, (await drive(count, clients, () => caller.call({ method: 'GET', path: asked }))).span);
    };
    const baseline = await measure(theirs);
    const value = await measure(ours);
    ours.close();
    theirs.close();
    await bare.stop();
    rows.push({
      what,
      value,
      unit: '/s',
      baseline: { what: 'bare node:https', value: baseline },
      budget: { least: 0.5, of: 'ratio', text: '≥ 0.5 ×' },
    });
  }
  return rows;
}

/** How long until the last of 1,000 watchers has one change. */
async function fanOut({ cluster, credentials, say }: Bench): Promise<Row> {
  const watchers = 1_000;
  say(`one change to ${watchers} watchers`);
  const agent = new https.Agent({ ...credentials, keepAlive: true });
  const url = `${cluster.url}${path}?watch=true&fieldSelector=metadata.name%3Dfan-out`;
  let heard = (): void => {};
  const open = (): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const request = https.get(url, { agent }, (response) => {
        response.on('data', () => heard());
        response.on('error', () => {});
        resolve(() => request.destroy());
      });
      request.on('error', reject);
    });
  const closers: Array<() => void> = [];
  await drive(watchers, 16, async () => closers.push(await open()));
  const { call, close } = createCaller(cluster.url, credentials, 1);
  const spans: number[] = [];
  for (let i = 0; i < 5; i++) {
    let left = watchers;
    const last = new Promise<number>((resolve) => {
      heard = () => {
        left -= 1;
        if (left === 0) resolve(performance.now());
      };
    });
    const body = i === 0 ? bodyOf('fan-out') : JSON.stringify({ ...JSON.parse(bodyOf('fan-out')), data: { text: `${i}` } });
    const began = performance.now();
    await call(i === 0 ? { method: 'POST', path, body } : { method: 'PUT', path: `${path}/fan-out`, body });
    spans.push((await last) - began);
  }
  for (const end of closers) end();
  close();
  agent.destroy();
  return {
    what: `one change to ${watchers} watchers, the last`,
    value: percentile(spans, 0.5),
    unit: 'ms',
    budget: { most: 100, of: 'value', text: '≤ 100 ms' },
  };
}

export const api: Measure = async (bench) => {
  const rows = [...(await creates(bench)), ...(await reads(bench)), await fanOut(bench)];
  const { call, close } = createCaller(bench.cluster.url, bench.credentials, 1);
  await call({ method: 'DELETE', path });
  close();
  return rows;
};
