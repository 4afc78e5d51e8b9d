import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { promisify } from 'node:util';
import { decode, encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventRecorder, createInformers } from '../../src/client/index.ts';
import { type core, type discovery, endpointSlice, service } from '../../src/kinds/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/lib/metrics.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { type ServiceProxy, startProxy } from '../../src/proxy/index.ts';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';
import { sliceForTests } from '../fixtures/proxy/services.ts';

const serviceCidr = '10.252.96.0/24';
// Changing the host's routes takes root.
const opened = process.getuid?.() === 0 ? await startDockerNode('proxy', serviceCidr) : undefined;
const node = opened as DockerNode;
const run = promisify(execFile);
const ending = new AbortController();
let clusterIp = '';
let proxy: ServiceProxy;
let gateway = '';
const nameServer = createSocket('udp4');
afterAll(async () => {
  await proxy?.stop();
  ending.abort();
  nameServer.close();
  await opened?.close();
});

const server = (name: string): Partial<core.PodSpec> => ({
  containers: [
    {
      ...{ name: 'app', image: node.image },
      command: ['sh', '-c', `mkdir /www; echo ${name} > /www/index.html; exec httpd -f -p 8080 -h /www`],
      ...(name === 'one' && { ports: [{ containerPort: 8080, hostPort: 30381, protocol: 'TCP' as const }] }),
    },
  ],
});
const fromHost = async (url: string): Promise<string> => (await (await fetch(url)).text()).trim();
/** The last line of what `address:port` answers, or why it does not. */
async function fromPod(address: string, port: number, name = 'client'): Promise<string> {
  const script = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${address} ${port} 2>&1 || true`;
  return (await node.exec(name, 'sh', '-c', script)).split('\n').at(-1) ?? '';
}
const addressOf = async (name: string): Promise<string> => (await node.get(name))?.status?.podIP ?? '';

(opened ? describe : describe.skip)('services of real pods', () => {
  beforeAll(async () => {
    for (const name of ['one', 'two']) await node.create(name, server(name));
    await node.create('client', {});
    for (const name of ['one', 'two', 'client']) await node.line(name, 'Running app=running');
    gateway = (await node.get('one'))?.status?.hostIP ?? '';
    // Stands in for a pod that answers datagrams: busybox has no such server.
    nameServer.on('message', (question, from) => {
      const { id, questions = [] } = decode(question);
      const answers = questions.map(({ name }) => ({ type: 'A' as const, name, ttl: 5, data: '192.0.2.42' }));
      nameServer.send(encode({ type: 'response', id: id ?? 0, questions, answers }), from.port, from.address);
    });
    await new Promise<void>((resolve) => nameServer.bind(5353, gateway, resolve));
    const shared = { clock: systemClock, log: silentLog, signal: ending.signal };
    proxy = await startProxy(
      {
        ...{ mode: 'userspace', nodeName: 'docker-node', nodeAddress: gateway, serviceCidr },
        nodePortAddresses: ['127.0.0.1', gateway],
      },
      {
        ...shared,
        ...{ client: node.client, random: systemRandom, metrics: createMetrics() },
        informers: createInformers(node.client, shared),
        recorder: createEventRecorder(node.client, { component: 'kube-proxy', host: 'docker-node', clock: systemClock, log: silentLog }),
      },
    );
    const slice = (name: string, ports: discovery.EndpointPort[], addresses: string[]) =>
      node.client.create(endpointSlice, {
        ...sliceForTests(addresses),
        ports,
        metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      });
    await slice('web-1', [{ name: 'http', protocol: 'TCP', port: 8080 }], [await addressOf('one'), await addressOf('two')]);
    await slice('web-2', [{ name: 'dns', protocol: 'UDP', port: 5353 }], [gateway]);
    const web = await node.client.create(service, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        type: 'NodePort',
        ports: [
          { name: 'http', port: 80, protocol: 'TCP', nodePort: 30380 },
          { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30380 },
        ],
      },
    });
    clusterIp = web.spec.clusterIP ?? '';
    await node.seen('the service', async () => (await fromHost(`http://${clusterIp}/`).catch(() => '')) !== '');
  });

  test('answer on the cluster IP, to the host and to pods, both pods in turn', async () => {
    const answers = new Set<string>();
    for (let i = 0; i < 4; i++) answers.add(await fromHost(`http://${clusterIp}/`)).add(await fromPod(clusterIp, 80));
    expect([...answers].sort()).toEqual(['one', 'two']);
  });

  test('answer on the node port, to the host and to pods', async () => {
    for (const url of ['http://127.0.0.1:30380/', `http://${gateway}:30380/`]) expect(['one', 'two']).toContain(await fromHost(url));
    expect(['one', 'two']).toContain(await fromPod(gateway, 30380));
  });

  test('answer a pod that asks its own service', async () => {
    const answers = new Set<string>();
    for (let i = 0; i < 4; i++) answers.add(await fromPod(clusterIp, 80, 'one'));
    expect([...answers].sort()).toEqual(['one', 'two']);
  });

  test('answer datagrams, from the address that was asked', async () => {
    // Answers from another address than the one that was asked are thrown away by who asked.
    expect(await node.exec('client', 'nslookup', '-type=a', 'example.test', clusterIp)).toContain('192.0.2.42');
  });

  test('answer on host ports', async () => {
    expect([await fromHost('http://127.0.0.1:30381/'), await fromPod(gateway, 30381)]).toEqual(['one', 'one']);
  });

  test('refuse what nobody listens to at once, from pods too', async () => {
    const began = Date.now();
    expect(await fromPod('10.252.96.77', 80)).toContain('refused');
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  test('leave no route behind', async () => {
    const shown = async (): Promise<string> => (await run('ip', ['route', 'show', 'table', 'local', serviceCidr])).stdout;
    expect(await shown()).toContain(serviceCidr);
    await proxy.stop();
    expect(await shown()).toBe('');
  });
});
