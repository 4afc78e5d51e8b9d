import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, isPodReady, pod, service } from '../../src/kinds/index.ts';
import { faultOfKernel } from '../../src/proxy/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { askFrom, askFromHost, echoSpec, openOutside, type Question } from '../fixtures/proxy/echo.ts';

/** Every kind of service, from everywhere, by both protocols, through both data planes. */
const namespace = 'default';
const hostPort = 24_990;
/** An address of this host that no cluster gave it. */
const hostAddress =
  Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith('br-') && !name.startsWith('docker'))
    .flatMap(([, all]) => all ?? [])
    .find((it) => it.family === 'IPv4' && !it.internal)?.address ?? '127.0.0.1';
const noKernel = await faultOfKernel();

type Row = {
  what: string;
  address: string;
  port: number;
  /** Who may answer; nobody: it must be refused. */
  by: readonly string[];
  /** Where it cannot be asked. */
  notFrom?: readonly string[];
  /** One client always gets the same. */
  isSticky?: boolean;
};

describe.each([
  ['userspace', 236],
  ['nftables', 238],
] as const)('%s', (plane, second) => {
  const skipped = process.getuid?.() !== 0 || (plane === 'nftables' && noKernel !== undefined);
  let cluster: TestCluster;
  let client: Client;
  let close = (): void => {};
  let outside: ReturnType<typeof openOutside>;
  beforeAll(async () => {
    if (skipped) return;
    const flags = ['--data-plane', plane];
    cluster = await startTestCluster({ name: `matrix-${plane}`, second, nodePorts: '24900-24989', flags });
    ({ client, close } = readKubeconfig(cluster.kubeconfig));
    outside = openOutside(second);
  });
  afterAll(async () => {
    close();
    outside?.close();
    await cluster?.destroy();
  });

  const ready = (name: string): Promise<core.Pod> =>
    found(cluster, `${name} is ready`, async () => {
      const it = await client.get(pod, { namespace, name });
      return it && isPodReady(it) ? it : undefined;
    });

  test.skipIf(skipped)('every kind of service answers every caller', async () => {
    const create = (name: string, spec: core.PodSpec, labels: { [key: string]: string } = {}) =>
      client.create(pod, { metadata: { name, namespace, labels }, spec });
    const ports = (port: number, more: Partial<core.ServicePort> = {}): core.ServicePort[] =>
      (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port, protocol, targetPort: 8080, ...more }));
    const serve = async (name: string, spec: Partial<core.ServiceSpec>): Promise<core.Service> =>
      client.create(service, { metadata: { name, namespace }, spec: { selector: { app: 'web' }, ports: ports(80), ...spec } });
    const both = { containerPort: 8080, hostPort };
    await Promise.all([
      create('web-0', echoSpec(8080), { app: 'web' }),
      create('web-1', echoSpec(8080), { app: 'web' }),
      create('caller', echoSpec(8080)),
      create('on-host', echoSpec(24_991, { hostNetwork: true }), { app: 'on-host' }),
      create('with-host-port', echoSpec(8080, {}, { ports: [both, { ...both, protocol: 'UDP' }] })),
    ]);
    const onHost = { selector: { app: 'on-host' }, ports: ports(80, { targetPort: 24_991 }) };
    const services = {
      plain: await serve('plain', {}),
      nobody: await serve('nobody', { selector: { app: 'nobody' } }),
      sticky: await serve('sticky', { sessionAffinity: 'ClientIP' }),
      hostNetwork: await serve('on-host', { ...onHost, type: 'NodePort' }),
      nodePort: await serve('node-port', { type: 'NodePort', externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }),
      balanced: await serve('balanced', { type: 'LoadBalancer', ports: ports(24_992), loadBalancerSourceRanges: ['0.0.0.0/0'] }),
      external: await serve('external', { ports: ports(24_993), externalIPs: [hostAddress] }),
    };
    const [web0, caller, onHostPod] = await Promise.all(['web-0', 'caller', 'on-host', 'web-1', 'with-host-port'].map(ready));
    if (!web0 || !caller || !onHostPod) throw new Error('the pods are not there');
    const node = caller.status?.hostIP ?? '';

    const web = ['web-0', 'web-1'];
    const ip = ({ spec }: core.Service): string => spec.clusterIP ?? '';
    const nodePort = ({ spec }: core.Service): number => spec.ports?.[0]?.nodePort ?? 0;
    // 127.0.0.1 is another host to each of them.
    const others = ['pod', 'itself', 'outside'];
    const rows: Row[] = [
      { what: 'the pod itself', address: web0.status?.podIP ?? '', port: 8080, by: ['web-0'], notFrom: ['outside'] },
      { what: 'ClusterIP', address: ip(services.plain), port: 80, by: web },
      { what: 'ClusterIP, ClientIP affinity', address: ip(services.sticky), port: 80, by: web, isSticky: true },
      { what: 'ClusterIP, no endpoints', address: ip(services.nobody), port: 80, by: [] },
      { what: 'ClusterIP, a port it has not', address: ip(services.plain), port: 22, by: [] },
      { what: 'ClusterIP, internal traffic Local', address: ip(services.nodePort), port: 80, by: web },
      { what: 'ClusterIP, endpoint in host network', address: ip(services.hostNetwork), port: 80, by: ['on-host'] },
      { what: 'NodePort, external traffic Local', address: node, port: nodePort(services.nodePort), by: web },
      { what: 'NodePort at 127.0.0.1', address: '127.0.0.1', port: nodePort(services.nodePort), by: web, notFrom: others },
      { what: 'NodePort, endpoint in host network', address: node, port: nodePort(services.hostNetwork), by: ['on-host'] },
      { what: 'the same at 127.0.0.1', address: '127.0.0.1', port: nodePort(services.hostNetwork), by: ['on-host'], notFrom: others },
      { what: 'LoadBalancer', address: node, port: 24_992, by: web },
      { what: 'LoadBalancer at its node port', address: node, port: nodePort(services.balanced), by: web },
      { what: 'external IP', address: hostAddress, port: 24_993, by: web },
      { what: 'host port', address: node, port: hostPort, by: ['with-host-port'] },
      { what: 'host port at 127.0.0.1', address: '127.0.0.1', port: hostPort, by: ['with-host-port'], notFrom: others },
    ];
    const questions = rows.flatMap(({ address, port, by, isSticky }) =>
      // Each of two answers at least once in 16 tries by chance, but for one run in 30,000.
      (['TCP', 'UDP'] as const).map((protocol): Question => ({ protocol, address, port, tries: by.length < 2 ? 1 : isSticky ? 5 : 16 })),
    );
    const callers: Array<[name: string, ask: (questions: readonly Question[]) => Promise<string[][]>]> = [
      ['pod', (all) => askFrom(caller, all)],
      ['itself', (all) => askFrom(web0, all)],
      ['host', askFromHost],
      ['host network', (all) => askFrom(onHostPod, all)],
      ['outside', outside.ask],
    ];
    // The last of what was created is programmed when it is refused or answered.
    await found(cluster, 'the last service answers', async () => {
      const [answers] = await askFromHost([{ protocol: 'TCP', address: hostAddress, port: 24_993, tries: 1 }]);
      return answers?.[0]?.startsWith('web-');
    });
    // Where it cannot be asked there is nothing to wait for.
    const asked = (name: string): Question[] =>
      questions.map((it, i) => ({ ...it, tries: rows[i >> 1]?.notFrom?.includes(name) ? 0 : it.tries }));
    const answered = await Promise.all(callers.map(async ([name, ask]) => [name, await ask(asked(name))] as const));

    const failures: string[] = [];
    const lines = [['', ...callers.map(([name]) => name)]];
    for (const [r, row] of rows.entries()) {
      for (const [p, protocol] of (['TCP', 'UDP'] as const).entries()) {
        const cells = answered.map(([name, answers]) => {
          if (row.notFrom?.includes(name)) return '-';
          const fault = faultIn(row, answers[r * 2 + p] ?? []);
          if (fault) failures.push(`${row.what} ${protocol} from ${name}: ${fault}`);
          return fault ? 'FAILED' : 'ok';
        });
        lines.push([`${row.what} ${protocol}`, ...cells]);
      }
    }
    console.log(
      `${plane}\n${lines.map(([first = '', ...rest]) => `${first.padEnd(44)}${rest.map((it) => it.padEnd(14)).join('')}`).join('\n')}`,
    );
    expect(failures).toEqual([]);

    // Who asks is seen by who answers where the kernel carries it.
    if (plane === 'nftables') {
      const seen = async (question: Omit<Question, 'protocol' | 'tries'>): Promise<string | undefined> =>
        (await askFrom(caller, [{ ...question, protocol: 'TCP', tries: 1 }]))[0]?.[0]?.split(' ')[1];
      expect(await seen({ address: ip(services.plain), port: 80 })).toBe(caller.status?.podIP);
      expect(await seen({ address: node, port: nodePort(services.nodePort) })).toBe(caller.status?.podIP);
      const question: Question = { protocol: 'TCP', address: node, port: nodePort(services.nodePort), tries: 1 };
      expect((await outside.ask([question]))[0]?.[0]).toContain(` ${outside.address}`);
    }
  });
});

/** What is wrong with the answers that one caller got. */
function faultIn({ by, isSticky }: Row, answers: readonly string[]): string | undefined {
  const names = [...new Set(answers.map((it) => it.split(' ')[0] ?? ''))].sort();
  if (by.length === 0) return names.every((it) => it === 'ECONNREFUSED') ? undefined : `not refused: ${names}`;
  const strangers = names.filter((it) => !by.includes(it));
  if (strangers.length > 0) return `answered by ${names}`;
  return names.length === (isSticky ? 1 : by.length) ? undefined : `answered by ${names} alone`;
}
