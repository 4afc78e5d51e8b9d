import { execFileSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, event, isPodReady, node, persistentVolumeClaim, pod, service } from '../../src/kinds/index.ts';
import { findCondition } from '../../src/meta/condition.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';

/** DNS as containers and the host see it, and the scheduler's words as people read them. */
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'names', second: 248, nodePorts: '22600-22999' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const namespace = 'default';
const dnsAddress = '10.249.0.10';
const domain = 'default.svc.cluster.local';

const until = <T>(what: string, look: () => Promise<T | undefined | false>, most?: number): Promise<T> => found(cluster, what, look, most);

const app: core.Container = { name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'] };
const get = (name: string): Promise<core.Pod | undefined> => client.get(pod, { namespace, name });
async function create(name: string, spec: Partial<core.PodSpec> = {}, labels: { [key: string]: string } = {}): Promise<void> {
  await client.create(pod, {
    metadata: { name, namespace, labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [app], ...spec },
  });
}
const ready = (name: string): Promise<core.Pod> =>
  until(`${name} is ready`, async () => {
    const it = await get(name);
    return it && isPodReady(it) ? it : undefined;
  });
const why = (name: string, message: string | RegExp): Promise<string> =>
  until(`${name}: ${message}`, async () => {
    const condition = findCondition((await get(name))?.status?.conditions, 'PodScheduled');
    const text = `${condition?.reason}: ${condition?.message}`;
    return condition?.status === 'False' && (typeof message === 'string' ? text === message : message.test(text)) ? text : undefined;
  });

/** Output of a command in the pod's container, at the engine, also of one that fails. */
function inside({ metadata }: core.Pod, ...command: string[]): string {
  const filters = ['--filter', `label=io.kubernetes.pod.uid=${metadata.uid}`, '--filter', 'name=k8s_app_'];
  const id = execFileSync('docker', ['ps', '-q', ...filters], { encoding: 'utf8' }).trim();
  try {
    return execFileSync('docker', ['exec', id, ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`;
  }
}

test('names of pods and services, asked by a pod and by the host', async () => {
  await create('db-0', { hostname: 'db-0', subdomain: 'db' }, { app: 'db' });
  await create('asker');
  await client.create(service, {
    metadata: { name: 'db', namespace },
    spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ name: 'sql', port: 5432 }] },
  });
  await client.create(service, { metadata: { name: 'nobody', namespace }, spec: { clusterIP: 'None', selector: { app: 'none' } } });
  await client.create(service, {
    metadata: { name: 'alias', namespace },
    spec: { type: 'ExternalName', externalName: `db-0.db.${domain}` },
  });
  const [db, asker] = await Promise.all([ready('db-0'), ready('asker')]);
  const address = db.status?.podIP ?? '';

  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([dnsAddress]);
  const found = await until('the pod has its name', () => resolver.resolve4(`db-0.db.${domain}`).catch(() => undefined));
  expect(found).toEqual([address]);
  expect(await resolver.resolveSrv(`_sql._tcp.db.${domain}`)).toEqual([
    { name: `db-0.db.${domain}`, port: 5432, priority: 0, weight: 100 },
  ]);
  expect(await resolver.reverse(address)).toEqual([`db-0.db.${domain}`]);
  expect(await resolver.reverse('10.249.0.1')).toEqual([`kubernetes.${domain}`]);
  expect(await resolver.resolve4(`${address.replaceAll('.', '-')}.default.pod.cluster.local`)).toEqual([address]);
  expect(await resolver.resolve4(`alias.${domain}`)).toEqual([address]);
  const codeOf = (name: string): Promise<string> => resolver.resolve4(name).then(String, (error: NodeJS.ErrnoException) => `${error.code}`);
  expect([await codeOf(`nobody.${domain}`), await codeOf(`missing.${domain}`)]).toEqual(['ENOTFOUND', 'ENOTFOUND']);
  expect(await resolver.resolve6(`db.${domain}`).catch((error: NodeJS.ErrnoException) => error.code)).toBe('ENODATA');

  expect(inside(asker, 'ping', '-c1', '-W2', 'db-0.db')).toContain(`PING db-0.db (${address})`);
  expect(inside(asker, 'nslookup', 'alias.default.svc.cluster.local')).toContain(`canonical name = db-0.db.${domain}`);
  expect(inside(asker, 'nslookup', `missing.${domain}`)).toContain('NXDOMAIN');
  expect(inside(db, 'hostname', '-f').trim()).toBe(`db-0.db.${domain}`);
});

test('a pod that asks for too much waits, says why, and starts when it fits', async () => {
  const { items } = await client.list(node);
  const [own] = items as [core.Node];
  const cpu = own.status?.allocatable?.['cpu'] ?? '';
  const hungry = (requests: { [name: string]: string }): Partial<core.PodSpec> => ({ containers: [{ ...app, resources: { requests } }] });
  await create('huge', hungry({ cpu: '1000' }));
  await create('most', hungry({ cpu: `${Number(cpu) * 1000 - 100}m` }));
  await ready('most');
  await create('late', hungry({ cpu: '200m' }));
  await create('picky', { nodeSelector: { disk: 'ssd' } });
  const start = 'Unschedulable: 0/1 nodes are available: 1';
  const noHelp = 'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  await why('huge', `${start} Insufficient cpu. ${noHelp}`);
  await why('picky', `${start} node(s) didn't match Pod's node affinity/selector. ${noHelp}`);
  const text = await why(
    'late',
    `${start} Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.`,
  );
  const events = await until('an event of the late pod', async () => {
    const all = await client.list(event, { namespace, fieldSelector: 'involvedObject.name=late' });
    return all.items.length > 0 && all.items;
  });
  expect(events.map((it) => [it.type, it.reason, it.message, it.source?.component])).toEqual([
    ['Warning', 'FailedScheduling', text.replace('Unschedulable: ', ''), 'default-scheduler'],
  ]);
  expect((await get('late'))?.status).toMatchObject({ phase: 'Pending' });

  await client.delete(pod, { namespace, name: 'most' });
  await client.change(node, own, (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, disk: 'ssd' };
  });
  expect((await ready('late')).spec.nodeName).toBe(own.metadata.name);
  await ready('picky');
  const scheduled = await client.list(event, { namespace, fieldSelector: 'involvedObject.name=picky,reason=Scheduled' });
  expect(scheduled.items.map((it) => it.message)).toEqual([`Successfully assigned default/picky to ${own.metadata.name}`]);
});

test('a pod waits for its claim, and for a node that takes pods', async () => {
  await create('keeper', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
  await why('keeper', /^Unschedulable: 0\/1 nodes are available: persistentvolumeclaim "data" not found\. not found$/);
  await client.create(persistentVolumeClaim, {
    metadata: { name: 'data', namespace },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  });
  await ready('keeper');

  const [own] = (await client.list(node)).items as [core.Node];
  const cordon = (unschedulable: boolean) =>
    client.change(node, { name: own.metadata.name }, (draft) => {
      draft.spec = { ...draft.spec, unschedulable };
    });
  await cordon(true);
  await create('outside');
  await why('outside', /1 node\(s\) were unschedulable\. no new claims to deallocate, preemption: /);
  await cordon(false);
  await ready('outside');
});
