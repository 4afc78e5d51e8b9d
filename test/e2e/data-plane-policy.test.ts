import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, event, isPodReady, namespace, type networking, networkPolicy, node, pod, service } from '../../src/kinds/index.ts';
import { faultOfKernel } from '../../src/proxy/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { askFrom, askFromHost, echoSpec, type Question, runIn } from '../fixtures/proxy/echo.ts';

/** NetworkPolicies, asked of real pods: what may pass passes, what may not gets no answer. */
const noKernel = await faultOfKernel();
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  if (noKernel !== undefined) return;
  cluster = await startTestCluster({ name: 'policies', second: 216, nodePorts: '24700-24789', flags: ['--data-plane', 'nftables'] });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const create = (name: string, labels: { [key: string]: string }, inNamespace = 'default', spec: Partial<core.PodSpec> = {}) =>
  client.create(pod, {
    metadata: { name, namespace: inNamespace, labels },
    spec: echoSpec(8080, spec, { ports: [{ name: 'web', containerPort: 8080 }] }),
  });
const ready = (name: string, inNamespace = 'default'): Promise<core.Pod> =>
  found(cluster, `${name} is ready`, async () => {
    const it = await client.get(pod, { namespace: inNamespace, name });
    return it && isPodReady(it) ? it : undefined;
  });
const put = (name: string, spec: networking.NetworkPolicySpec) =>
  client.create(networkPolicy, { metadata: { name, namespace: 'default' }, spec });
const remove = (name: string) => client.delete(networkPolicy, { namespace: 'default', name });

test.skipIf(noKernel !== undefined)('policies let pass what they allow, and nothing else', async () => {
  await client.create(namespace, { metadata: { name: 'other', labels: { team: 'b' } }, spec: {} });
  await Promise.all([create('db', { app: 'db' }), create('web', { app: 'web' }), create('stranger', { app: 'stranger' })]);
  await create('neighbour', { app: 'web' }, 'other');
  const made = await client.create(service, {
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      type: 'NodePort',
      selector: { app: 'db' },
      ports: (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol, targetPort: 8080 })),
    },
  });
  const [db, web, stranger, neighbour] = await Promise.all([ready('db'), ready('web'), ready('stranger'), ready('neighbour', 'other')]);
  const callers: Record<string, core.Pod | undefined> = { web, stranger, neighbour, db, host: undefined };
  const address = db?.status?.podIP ?? '';

  /** Who gets an answer: by the pod's address and through its Service, TCP and UDP, all of them alike. */
  async function reachable(from: readonly string[], to = address): Promise<string[]> {
    const questions: Question[] = [{ protocol: 'TCP', address: to, port: 8080, tries: 1, patienceMs: 700 }];
    if (to === address)
      questions.push(
        { protocol: 'UDP', address: to, port: 8080, tries: 1, patienceMs: 700 },
        { protocol: 'TCP', address: made.spec.clusterIP ?? '', port: 80, tries: 1, patienceMs: 700 },
      );
    const words = await Promise.all(
      from.map(async (name) => {
        const caller = callers[name];
        const answers = (await (caller ? askFrom(caller, questions) : askFromHost(questions))).flat();
        const passed = answers.filter((it) => /^(db|web|stranger|neighbour) /.test(it)).length;
        return passed === 0 ? undefined : passed === answers.length ? name : `${name}: ${answers.join(', ')}`;
      }),
    );
    return words.filter((it) => it !== undefined);
  }
  const everyone = ['web', 'stranger', 'neighbour', 'db', 'host'];
  const seen = (what: string, want: readonly string[], from: readonly string[] = everyone, to?: string): Promise<unknown> =>
    found(cluster, `${what}: ${want} reach it`, async () => {
      const now = await reachable(from, to);
      return now.join() === want.join();
    });

  await seen('no policy', everyone);

  // The node reaches its pods whatever is said, so that probes go on; a pod reaches itself.
  await put('deny', { podSelector: {} });
  await seen('default deny', ['db', 'host']);
  expect((await ready('db')).status?.containerStatuses?.[0]?.restartCount).toBe(0);

  const selector = { matchLabels: { app: 'db' } };
  const web80 = { from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 'web' }, { protocol: 'UDP', port: 8080 }] };
  await put('web', { podSelector: selector, ingress: [web80] });
  await seen('pods of the namespace, named port', ['web', 'db', 'host']);
  await remove('web');

  await put('team', { podSelector: selector, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }] });
  await seen('another namespace', ['neighbour', 'db', 'host']);
  // A label that goes takes the right with it.
  const other = await client.get(namespace, { name: 'other' });
  if (other)
    await client.change(namespace, other, (draft) => {
      draft.metadata.labels = {};
    });
  await seen('no namespace any more', ['db', 'host']);
  await remove('team');

  const whole = `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const except = [`${stranger?.status?.podIP}/32`];
  await put('range', {
    podSelector: selector,
    ingress: [
      {
        from: [{ ipBlock: { cidr: whole, except } }],
        ports: [
          { port: 8000, endPort: 8100 },
          { port: 8000, endPort: 8100, protocol: 'UDP' },
        ],
      },
    ],
  });
  await seen('a range but for one, a range of ports', ['web', 'neighbour', 'db', 'host']);
  await remove('range');
  await remove('deny');
  await seen('no policy any more', everyone);

  // Egress: the name server is spoken of as the pod that it is elsewhere.
  const resolves = async (): Promise<boolean> => {
    const script = `require('dns').promises.resolve4('db.default.svc.cluster.local').then(() => console.log('yes'), () => console.log('no'))`;
    return web !== undefined && (await runIn(web, script)) === 'yes';
  };
  await put('no-egress', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] });
  await seen('nothing leaves', ['stranger'], ['web', 'stranger']);
  expect(await resolves()).toBe(false);
  await put('dns', {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
        ports: [{ port: 53, protocol: 'UDP' }],
      },
    ],
  });
  await found(cluster, 'names are found', resolves);
  await put('to-db', {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: selector }], ports: [{ port: 'web' }, { port: 8080, protocol: 'UDP' }] }],
  });
  await seen('egress to one', ['web', 'stranger'], ['web', 'stranger']);
  await seen('egress not to another', ['db'], ['web', 'db'], stranger?.status?.podIP);
});

test.skipIf(process.getuid?.() !== 0)('without nftables a policy is refused loudly', async () => {
  const plain = await startTestCluster({ name: 'no-policies', second: 218, flags: ['--data-plane', 'userspace'] });
  const kubeconfig = readKubeconfig(plain.kubeconfig);
  try {
    const it = await kubeconfig.client.create(networkPolicy, { metadata: { name: 'deny', namespace: 'default' }, spec: {} });
    const told = await found(plain, 'an event', async () => {
      const { items } = await kubeconfig.client.list(event, {
        namespace: 'default',
        fieldSelector: `involvedObject.uid=${it.metadata.uid}`,
      });
      return items[0];
    });
    expect([told.type, told.reason]).toEqual(['Warning', 'NotEnforced']);
    const conditionOf = async (): Promise<string | undefined> =>
      (await kubeconfig.client.list(node)).items[0]?.status?.conditions?.find((one) => one.type === 'NetworkPoliciesNotEnforced')?.status;
    await found(plain, 'a condition of the node', async () => (await conditionOf()) === 'True');
    await kubeconfig.client.delete(networkPolicy, { namespace: 'default', name: 'deny' });
    await found(plain, 'the condition is over', async () => (await conditionOf()) === 'False');
  } finally {
    kubeconfig.close();
    await plain.destroy();
  }
});
