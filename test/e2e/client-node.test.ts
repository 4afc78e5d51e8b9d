import { AppsV1Api, CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';

/** A client library that was written by others. */
let cluster: TestCluster;
let config: KubeConfig;
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'client', second: 228, nodePorts: '27000-27999' });
  config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
});
afterAll(async () => {
  await cluster?.destroy();
});

const namespace = 'default';

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const began = Date.now();
  while (!(await holds())) {
    if (Date.now() - began > 30_000) throw new Error(`half a minute passed, and not yet: ${what}`);
    await pause(50);
  }
}

test('lists, watches, creates, changes and deletes', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const list = () => core.listNamespacedConfigMap({ namespace });
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
  const seen: string[] = [];
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata }) => {
      if (metadata?.name?.startsWith('it-')) seen.push(`${verb} ${metadata.name}`);
    });
  await informer.start();
  const made = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'it-1' }, data: { a: '1' } } });
  expect(made.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
  await until('the informer heard of it', () => seen.includes('add it-1'));
  await core.replaceNamespacedConfigMap({ namespace, name: 'it-1', body: { ...made, data: { a: '2' } } });
  await until('the informer heard of the change', () => seen.includes('update it-1'));
  await expect(core.replaceNamespacedConfigMap({ namespace, name: 'it-1', body: { ...made, data: { a: '3' } } })).rejects.toMatchObject({
    code: 409,
  });
  await core.deleteNamespacedConfigMap({ namespace, name: 'it-1' });
  await until('the informer heard of the end', () => seen.includes('delete it-1'));
  await informer.stop();
  expect(seen).toEqual(['add it-1', 'update it-1', 'delete it-1']);
});

test('sees a Deployment through to ready pods, by a watch', async () => {
  const labels = { app: 'lib' };
  const abort = new AbortController();
  const phases: string[] = [];
  const watch = new Watch(config);
  const request = await watch.watch(
    `/api/v1/namespaces/${namespace}/pods`,
    { labelSelector: 'app=lib' },
    (type, pod) => void phases.push(`${type} ${pod.status?.phase}`),
    () => abort.abort(),
  );
  const apps = config.makeApiClient(AppsV1Api);
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image: 'busybox:1.36', command: ['sleep', '600'] }] },
  };
  await apps.createNamespacedDeployment({
    namespace,
    body: { metadata: { name: 'lib' }, spec: { replicas: 2, selector: { matchLabels: labels }, template } },
  });
  await until(
    'two are available',
    async () => (await apps.readNamespacedDeployment({ namespace, name: 'lib' })).status?.availableReplicas === 2,
  );
  expect(phases.filter((it) => it === 'ADDED Pending')).toHaveLength(2);
  expect(phases).toContain('MODIFIED Running');
  await apps.deleteNamespacedDeployment({ namespace, name: 'lib' });
  await until('its pods are gone', () => phases.filter((it) => it.startsWith('DELETED')).length === 2);
  request.abort();
});
