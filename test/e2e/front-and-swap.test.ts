import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { event, ingress, ipAddress, isPodReady, pod, service, serviceCidr } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { kubectlOf, run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

/** The ways into a cluster by HTTP: the front, the API server's proxy, a Service that is swapped. */
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
let own: Server;
const children: ChildProcess[] = [];

beforeAll(async () => {
  own = createServer((_, response) => response.end('from the host\n'));
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  cluster = await startTestCluster({
    ...{ name: 'front', second: 136, nodePorts: '23000-23099' },
    flags: ['--load-balancer-pool', '127.13.6.0/28'],
  });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  for (const name of ['web', 'shop']) {
    const command = ['sh', '-c', `mkdir /www && echo from ${name} >/www/index.html && exec httpd -f -p 8080 -h /www`];
    await client.create(pod, {
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'app', image: 'busybox:1.36', command, ports: [{ containerPort: 8080 }] }],
      },
    });
    await client.create(service, {
      metadata: { name, namespace },
      spec: { type: 'LoadBalancer', selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
  }
  const backend = (name: string) => ({ service: { name, port: { name: 'http' } } });
  await client.create(ingress, {
    metadata: { name: 'all', namespace },
    spec: {
      rules: [{ host: 'shop.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend('shop') }] } }],
      defaultBackend: backend('web'),
    },
  });
  for (const name of ['web', 'shop'])
    await until(`${name} is ready`, async () => {
      const it = await client.get(pod, { namespace, name });
      return it && isPodReady(it);
    });
});
afterAll(async () => {
  for (const it of children) it.kill('SIGKILL');
  close();
  own?.close();
  await cluster?.destroy();
});

const namespace = 'default';
const until = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => found(cluster, what, look);
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

function ask(address: string, port: number, host: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ host: address, port, headers: { Host: host }, agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => (text += part)).on('end', () => resolve(text.trim()));
    });
    sent.on('error', (error) => resolve(error.message));
    sent.end();
  });
}

/** The address and port that the Ingress says it is served at. */
const front = () =>
  until('the ingress has an address', async () => {
    const entry = (await client.get(ingress, { namespace, name: 'all' }))?.status?.loadBalancer?.ingress?.[0];
    return entry?.ip !== undefined && entry.ports?.[0] && { ip: entry.ip, port: entry.ports[0].port };
  });

test('every Service has a URL, and Ingress leads by host', async () => {
  const { ip, port } = await front();
  expect((await client.get(ingress, { namespace, name: 'all' }))?.spec?.ingressClassName).toBe('peapod');
  await until('an answer', async () => (await ask(ip, port, 'web.default.localhost')) === 'from web');
  expect(await Promise.all(['shop.default.localhost', 'shop.test', 'any.test'].map((host) => ask(ip, port, host)))).toEqual([
    'from shop',
    'from shop',
    'from web',
  ]);
});

test('two load balancers have port 80 each; their addresses and the cluster’s are objects', async () => {
  const addresses = await until('two addresses', async () => {
    const all = await Promise.all(['web', 'shop'].map((name) => client.get(service, { namespace, name })));
    const ips = all.flatMap((it) => it?.status?.loadBalancer?.ingress?.[0]?.ip ?? []);
    return ips.length === 2 && ips;
  });
  expect(new Set(addresses).size).toBe(2);
  expect(addresses.every((it) => it.startsWith('127.13.6.'))).toBe(true);
  const answers = () => Promise.all(addresses.map((it) => ask(it, 80, 'x')));
  await until('both answer', async () => (await answers()).join() === 'from web,from shop');
  const clusterIp = (await client.get(service, { namespace, name: 'web' }))?.spec.clusterIP ?? '';
  expect((await client.get(ipAddress, { name: clusterIp }))?.spec.parentRef.name).toBe('web');
});

test('another range of service addresses: used as soon as it is ready, gone with the last that has one', async () => {
  await client.create(serviceCidr, { metadata: { name: 'more' }, spec: { cidrs: ['10.138.0.0/28'] } });
  await until('the range is ready', async () =>
    (await client.get(serviceCidr, { name: 'more' }))?.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True'),
  );
  const spec = { clusterIP: '10.138.0.5', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  await client.create(service, { metadata: { name: 'far', namespace }, spec });
  await until('an answer', async () => (await ask('10.138.0.5', 80, 'x')) === 'from web');
  await client.delete(serviceCidr, { name: 'more' });
  await client.delete(service, { namespace, name: 'far' });
  await until('the range is gone', async () => !(await client.get(serviceCidr, { name: 'more' })));
});

test('through the API server: pods and services, with kubectl', async () => {
  const kubectl = kubectls().at(-1);
  if (!kubectl) return console.warn('!! there is no kubectl here: NOT tested with it: the proxy of the API server');
  const it = kubectlOf(kubectl.path, cluster.kubeconfig);
  const base = `/api/v1/namespaces/${namespace}`;
  expect(await it.ok(['get', '--raw', `${base}/services/web:http/proxy/`])).toBe('from web\n');
  expect(await it.ok(['get', '--raw', `${base}/services/shop:80/proxy/index.html`])).toBe('from shop\n');
  expect(await it.ok(['get', '--raw', `${base}/pods/web/proxy/`])).toBe('from web\n');
  const { stderr } = await it(['get', '--raw', `${base}/pods/web:81/proxy/`]);
  expect(stderr).toContain('error trying to reach service: dial tcp');
  const proxy = spawn(kubectl.path, ['proxy', '--port=0', `--kubeconfig=${cluster.kubeconfig}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(proxy);
  const port = await new Promise<string>((resolve) =>
    proxy.stdout.on('data', (part) => resolve(/127\.0\.0\.1:(\d+)/.exec(String(part))?.[1] ?? '')),
  );
  expect(await (await fetch(`http://127.0.0.1:${port}${base}/services/web:http/proxy/`)).text()).toBe('from web\n');
});

test('described as kubectl does', async () => {
  const kubectl = kubectls().at(-1);
  if (!kubectl) return console.warn('!! there is no kubectl here: NOT compared with it: descriptions of ingresses and addresses');
  await front();
  const it = kubectlOf(kubectl.path, cluster.kubeconfig);
  const clusterIp = (await client.get(service, { namespace, name: 'web' }))?.spec.clusterIP ?? '';
  for (const what of [
    ['ingress', 'all'],
    ['ingressclass', 'peapod'],
    ['ipaddress', clusterIp],
  ]) {
    const own = await run(process.execPath, [bin, 'describe', ...what, '--kubeconfig', cluster.kubeconfig]);
    // Ages of events move on between the two.
    const steady = (text: string): string => text.replace(/Events:[\s\S]*/, '');
    expect(steady(own.stdout)).toBe(steady(await it.ok(['describe', ...what])));
  }
  expect(await it.ok(['get', 'ingress', 'all'])).toMatch(/all\s+peapod\s+shop\.test\s+127\.0\.0\.1\s+80\s/);
});

function swap(...args: string[]): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [bin, 'swap', ...args, '--kubeconfig', cluster.kubeconfig], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (text += part));
  return { child, said: () => text, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

test('swap: the traffic goes to the host, and back at the end, also after kill -9', async () => {
  const { ip, port } = await front();
  const to = `localhost:${(own.address() as AddressInfo).port}`;
  const answer = () => ask(ip, port, 'web.default.localhost');
  const clusterIp = (await client.get(service, { namespace, name: 'web' }))?.spec.clusterIP ?? '';
  const first = swap('svc/web', '--to', to);
  await until('the host answers', async () => (await answer()) === 'from the host');
  await until('the host answers behind the cluster IP', async () => (await ask(clusterIp, 80, 'x')) === 'from the host');
  await until('it is said', async () => first.said().includes(`service/web swapped: port 80 goes to ${to}`));
  const again = swap('svc/web', '--to', to);
  expect([await again.ended, again.said()]).toEqual([1, `error: service/web is swapped already, to ${to}\n`]);
  const kubectl = kubectls().at(-1);
  if (kubectl) {
    const it = kubectlOf(kubectl.path, cluster.kubeconfig);
    expect(await it.ok(['get', 'service', 'web'])).toContain(`/TCP(swapped:${to})`);
    expect(await it.ok(['describe', 'service', 'web'])).toContain(to);
    const path = `/api/v1/namespaces/${namespace}/services/web:http/proxy/`;
    expect(await it.ok(['get', '--raw', path])).toBe('from the host\n');
  }
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  await until('the pod answers', async () => (await answer()) === 'from web');

  const second = swap('svc/web', '--to', to);
  await until('the host answers', async () => (await answer()) === 'from the host');
  second.child.kill('SIGKILL');
  await until('the pod answers again', async () => (await answer()) === 'from web');
  await until('events', async () => (await client.list(event, { namespace })).items.filter((it) => it.reason === 'SwapEnded').length > 0);
  expect((await client.get(service, { namespace, name: 'web' }))?.metadata.annotations ?? {}).not.toHaveProperty(['peapod.dev/swap']);
});
