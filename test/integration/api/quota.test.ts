import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Client, type Transport } from '../../../src/client/index.ts';
import {
  configMap,
  type core,
  limitRange,
  namespace,
  persistentVolumeClaim,
  pod,
  priorityClass,
  resourceQuota,
  service,
  serviceAccount,
} from '../../../src/kinds/index.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let client: Client;
beforeAll(async () => {
  server = await openTestApi();
  client = createClient(server.api.local as unknown as Transport);
});
afterAll(() => server.close());

let count = 0;
/** A namespace of its own for each test. */
async function open(): Promise<string> {
  const name = `room-${count++}`;
  await client.create(namespace, { metadata: { name }, spec: {} });
  await client.create(serviceAccount, { metadata: { namespace: name, name: 'default' } });
  return name;
}
const quota = (where: string, hard: { [name: string]: string }, spec: Partial<core.ResourceQuotaSpec> = {}, name = 'tight') =>
  client.create(resourceQuota, { metadata: { namespace: where, name }, spec: { hard, ...spec } });
type Amounts = { [name: string]: string };
const makePod = (where: string, name: string, requests?: Amounts, limits?: Amounts, spec: Partial<core.PodSpec> = {}) =>
  client.create(pod, {
    metadata: { namespace: where, name },
    spec: {
      containers: [{ name: 'app', image: 'nginx', resources: { ...(requests && { requests }), ...(limits && { limits }) } }],
      ...spec,
    },
  });
const refusal = (it: Promise<unknown>): Promise<string> =>
  it.then(
    () => 'not refused',
    (error: Error) => error.message,
  );

test('what a quota limits is limited, and told in upstream words', async () => {
  const room = await open();
  await quota(room, { pods: '3', 'requests.cpu': '1', 'limits.memory': '1Gi' });
  await makePod(room, 'a', { cpu: '600m' }, { memory: '600Mi' });
  expect(await refusal(makePod(room, 'b', { cpu: '500m' }, { memory: '600Mi' }))).toBe(
    'pods "b" is forbidden: exceeded quota: tight, requested: limits.memory=600Mi,requests.cpu=500m, used: limits.memory=600Mi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1',
  );
  expect(await refusal(makePod(room, 'b', { cpu: '100m' }))).toBe(
    'pods "b" is forbidden: failed quota: tight: must specify limits.memory for: app',
  );
  await makePod(room, 'b', { cpu: '400m' }, { memory: '424Mi' });
  // What has ended gives back.
  await client.changeStatus(pod, { namespace: room, name: 'a' }, (it) => {
    it.status = { ...it.status, phase: 'Succeeded' };
  });
  await makePod(room, 'c', { cpu: '600m' }, { memory: '600Mi' });
  await client.delete(pod, { namespace: room, name: 'c' });
  await makePod(room, 'd', { cpu: '600m' }, { memory: '600Mi' });
});

test('many requests at once get exactly what there is', async () => {
  const room = await open();
  await quota(room, { 'count/configmaps': '7', configmaps: '9' });
  const all = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => client.create(configMap, { metadata: { namespace: room, name: `c-${i}` } })),
  );
  expect(all.filter((it) => it.status === 'fulfilled').length).toBe(7);
  // What was refused for other reasons, or only tried, takes nothing.
  await client.delete(configMap, { namespace: room, name: 'c-0' });
  await client.create(configMap, { metadata: { namespace: room, name: 'x' } }, { dryRun: true });
  expect(await refusal(client.create(configMap, { metadata: { namespace: room, name: 'Not A Name' } }))).toContain('is invalid');
  await client.create(configMap, { metadata: { namespace: room, name: 'c-0' } });
  expect(await refusal(client.create(configMap, { metadata: { namespace: room, name: 'y' } }))).toBe(
    'configmaps "y" is forbidden: exceeded quota: tight, requested: count/configmaps=1, used: count/configmaps=7, limited: count/configmaps=7',
  );
});

test('scopes', async () => {
  const room = await open();
  await quota(room, { pods: '1' }, { scopes: ['BestEffort'] }, 'best-effort');
  await quota(room, { pods: '1' }, { scopes: ['Terminating'] }, 'terminating');
  await client.create(priorityClass, { metadata: { name: 'vip' }, value: 1000 });
  const expression = { scopeName: 'PriorityClass' as const, operator: 'In' as const, values: ['vip'] };
  await quota(room, { pods: '1' }, { scopeSelector: { matchExpressions: [expression] } }, 'vips');
  const some = { cpu: '1m' };
  for (const name of ['a', 'b', 'c']) await makePod(room, name, some);
  await makePod(room, 'poor');
  expect(await refusal(makePod(room, 'poorer'))).toContain('exceeded quota: best-effort');
  await makePod(room, 'short', some, undefined, { activeDeadlineSeconds: 5 });
  expect(await refusal(makePod(room, 'shorter', some, undefined, { activeDeadlineSeconds: 5 }))).toContain('exceeded quota: terminating');
  await makePod(room, 'first', some, undefined, { priorityClassName: 'vip' });
  expect(await refusal(makePod(room, 'second', some, undefined, { priorityClassName: 'vip' }))).toContain('exceeded quota: vips');
  expect(await refusal(quota(room, { pods: '1', configmaps: '2' }, { scopes: ['NotBestEffort'] }, 'bad'))).toContain(
    'unsupported scope applied to resource',
  );
  expect(await refusal(quota(room, { pods: '1' }, { scopes: ['BestEffort', 'NotBestEffort'] }, 'bad'))).toContain('conflicting scopes');
  expect(await refusal(quota(room, { pods: '1.5' }, {}, 'bad'))).toContain('spec.hard[pods]: Invalid value: "1500m": must be an integer');
});

test('claims and services, made and changed', async () => {
  const room = await open();
  await quota(room, {
    'requests.storage': '5Gi',
    'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'services.nodeports': '1',
  });
  const claim = (name: string, storage: string, storageClassName: string) =>
    client.create(persistentVolumeClaim, {
      metadata: { namespace: room, name },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
    });
  await claim('a', '3Gi', 'gold');
  expect(await refusal(claim('b', '1Gi', 'gold'))).toContain('requested: gold.storageclass.storage.k8s.io/persistentvolumeclaims=1');
  expect(await refusal(claim('b', '3Gi', 'tin'))).toContain(
    'exceeded quota: tight, requested: requests.storage=3Gi, used: requests.storage=3Gi, limited: requests.storage=5Gi',
  );
  const expose = (name: string, type: 'ClusterIP' | 'NodePort') =>
    client.create(service, { metadata: { namespace: room, name }, spec: { type, ports: [{ port: 80 }] } });
  await expose('a', 'NodePort');
  const other = await expose('b', 'ClusterIP');
  const changed = client.change(service, other, (it) => {
    it.spec.type = 'NodePort';
  });
  expect(await refusal(changed)).toBe(
    'services "b" is forbidden: exceeded quota: tight, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
  );
});

test('limit ranges fill in and refuse', async () => {
  const room = await open();
  await client.create(limitRange, {
    metadata: { namespace: room, name: 'range' },
    spec: {
      limits: [
        {
          type: 'Container',
          max: { cpu: '800m', memory: '1Gi' },
          min: { cpu: '200m' },
          default: { memory: '512Mi' },
          maxLimitRequestRatio: { cpu: '2' },
        },
        { type: 'Pod', max: { memory: '1Gi' } },
        { type: 'PersistentVolumeClaim', max: { storage: '2Gi' }, min: { storage: '1Gi' } },
      ],
    },
  });
  const made = await makePod(room, 'a');
  expect(made.spec.containers[0]?.resources).toEqual({
    limits: { cpu: '800m', memory: '512Mi' },
    requests: { cpu: '800m', memory: '512Mi' },
  });
  expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app',
  );
  expect(await refusal(makePod(room, 'b', {}, { cpu: '1500m' }))).toBe(
    'pods "b" is forbidden: maximum cpu usage per Container is 800m, but limit is 1500m',
  );
  expect(await refusal(makePod(room, 'b', { cpu: '100m' }, { cpu: '200m' }))).toBe(
    'pods "b" is forbidden: minimum cpu usage per Container is 200m, but request is 100m',
  );
  expect(await refusal(makePod(room, 'b', { cpu: '200m' }, { cpu: '800m' }))).toBe(
    'pods "b" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
  );
  const two = ['x', 'y'].map((name) => ({ name, image: 'nginx', resources: { limits: { memory: '600Mi' } } }));
  expect(await refusal(makePod(room, 'b', {}, {}, { containers: two }))).toContain(
    'maximum memory usage per Pod is 1Gi, but limit is 1200Mi',
  );
  // Sidecars run beside the others; what is asked for as a whole stands in place of the sum.
  const beside = { containers: [two[0]], initContainers: [{ ...two[1], restartPolicy: 'Always' }] } as Partial<core.PodSpec>;
  expect(await refusal(makePod(room, 'b', {}, {}, beside))).toContain('maximum memory usage per Pod is 1Gi, but limit is 1200Mi');
  const wide = two.map((it) => ({ ...it, resources: { requests: { memory: '400Mi' }, limits: { memory: '1Gi' } } }));
  expect(await refusal(makePod(room, 'b', {}, {}, { containers: wide }))).toContain('but limit is 2Gi');
  await makePod(room, 'whole', {}, {}, { containers: wide, resources: { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } } });
  const claim = (storage: string) =>
    client.create(persistentVolumeClaim, {
      metadata: { namespace: room, name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
  expect(await refusal(claim('3Gi'))).toBe(
    'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  );
  expect(await refusal(claim('1Mi'))).toBe(
    'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi',
  );
});

test('priorities: of the class named, of the default, and of none', async () => {
  const room = await open();
  await client.create(priorityClass, { metadata: { name: 'usual' }, value: 10, globalDefault: true, preemptionPolicy: 'Never' });
  expect((await makePod(room, 'a')).spec).toMatchObject({ priorityClassName: 'usual', priority: 10, preemptionPolicy: 'Never' });
  expect((await makePod(room, 'b', {}, {}, { priorityClassName: 'system-node-critical' })).spec.priority).toBe(2_000_001_000);
  expect(await refusal(makePod(room, 'c', {}, {}, { priority: 7 }))).toBe(
    'pods "c" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 10 from the given PriorityClass name',
  );
  expect(await refusal(client.create(priorityClass, { metadata: { name: 'other' }, value: 1, globalDefault: true }))).toBe(
    'priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
  );
  await client.delete(priorityClass, { name: 'usual' });
  expect((await makePod(room, 'd')).spec).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
});
