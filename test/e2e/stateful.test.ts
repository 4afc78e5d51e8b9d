import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import {
  type apps,
  type core,
  daemonSet,
  isPodReady,
  node,
  persistentVolumeClaim,
  pod,
  service,
  statefulSet,
} from '../../src/kinds/index.ts';
import { found, pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';

let cluster: TestCluster;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'stateful', second: 232, nodePorts: '25700-25799' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const namespace = 'default';
const image = 'busybox:1.36';

const until = <T>(what: string, look: () => Promise<T | undefined | false>, most?: number): Promise<T> => found(cluster, what, look, most);
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
/** Runs a command in the pod's container, at the engine: what is inside is looked at without our help. */
function inside({ metadata }: core.Pod, ...command: string[]): string {
  const id = docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${metadata.uid}`, '--filter', 'name=k8s_app_');
  if (id === '') throw new Error(`no container app runs for ${metadata.name}`);
  return docker('exec', id, ...command);
}
const podOf = async (name: string): Promise<core.Pod> => (await client.get(pod, { namespace, name })) as core.Pod;
const podsOf = async (app: string): Promise<core.Pod[]> =>
  [...(await client.list(pod, { namespace, labelSelector: `app=${app}` })).items].sort((a, b) =>
    a.metadata.name.localeCompare(b.metadata.name),
  );
const startedAt = (it: core.Pod): string => it.status?.containerStatuses?.[0]?.state?.running?.startedAt ?? '';
const readyAt = (it: core.Pod): string => it.status?.conditions?.find((one) => one.type === 'Ready')?.lastTransitionTime ?? '';

// Writes down under which name it has run, on its own disk, and answers with it.
const script = 'hostname >> /data/names; echo "$VERSION" > /data/version; exec httpd -f -p 8080 -h /data';
const container = (version: string): core.Container => ({
  name: 'app',
  image,
  command: ['sh', '-c', script],
  env: [{ name: 'VERSION', value: version }],
  ports: [{ containerPort: 8080, name: 'http' }],
  readinessProbe: { httpGet: { path: '/names', port: 'http' }, periodSeconds: 1 },
  volumeMounts: [{ name: 'data', mountPath: '/data' }],
});
const status = (what: string, want: Partial<apps.StatefulSetStatus>): Promise<apps.StatefulSet> =>
  until(what, async () => {
    const it = await client.get(statefulSet, { namespace, name: 'db' });
    const fits = Object.entries(want).every(([field, value]) => (it?.status?.[field as 'replicas'] ?? 0) === value);
    return it?.status?.observedGeneration === it?.metadata.generation && fits && it;
  });

test('pods come one after the other, each with a name and a disk of its own', async () => {
  await client.create(service, {
    metadata: { name: 'db', namespace },
    spec: { clusterIP: 'None', selector: { app: 'db' }, ports: [{ name: 'http', port: 8080 }] },
  });
  await client.create(statefulSet, {
    metadata: { name: 'db', namespace },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } } as never, spec: { terminationGracePeriodSeconds: 1, containers: [container('1')] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        } as unknown as core.PersistentVolumeClaim,
      ],
    },
  });
  await status('three', { availableReplicas: 3, readyReplicas: 3 });
  const pods = await podsOf('db');
  expect(pods.map((it) => it.metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
  for (const [i, it] of pods.entries()) {
    expect(inside(it, 'hostname')).toBe(`db-${i}`);
    expect(inside(it, 'cat', '/data/names')).toBe(`db-${i}`);
    const before = pods[i - 1];
    if (before) expect(readyAt(before) <= startedAt(it)).toBe(true);
  }
});

test('each is reached by its name from the others', async () => {
  const [first, , third] = (await podsOf('db')) as [core.Pod, core.Pod, core.Pod];
  for (const name of ['db-1.db', 'db-1.db.default.svc.cluster.local'])
    expect(await until(name, async () => inside(third, 'wget', '-q', '-O-', `http://${name}:8080/names`))).toBe('db-1');
  const all = inside(first, 'nslookup', 'db.default.svc.cluster.local');
  for (const it of await podsOf('db')) expect(all).toContain(it.status?.podIP);
  expect(inside(first, 'hostname', '-f')).toBe('db-0.db.default.svc.cluster.local');
});

test('a pod that is deleted, killed or fails comes back with its name and its disk', async () => {
  const before = await podOf('db-1');
  await client.delete(pod, { namespace, name: 'db-1' });
  const after = await until('another db-1', async () => {
    const it = await podOf('db-1');
    return it && it.metadata.uid !== before.metadata.uid && isPodReady(it) && it;
  });
  expect(inside(after, 'cat', '/data/names')).toBe('db-1\ndb-1');
  const third = await podOf('db-2');
  const [was, is] = [before.status?.podIP, after.status?.podIP];
  await until('its name is its new address alone', async () => {
    const said = inside(third, 'nslookup', 'db-1.db.default.svc.cluster.local').split(/\s+/);
    return said.includes(is ?? '') && (was === is || !said.includes(was ?? ''));
  });

  docker('rm', '-f', ...docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${after.metadata.uid}`).split('\n'));
  await until('db-1 has counted on', async () => {
    try {
      return inside(await podOf('db-1'), 'cat', '/data/names') === 'db-1\ndb-1\ndb-1';
    } catch {
      // There is no container at the moment.
      return false;
    }
  });
  await status('three again', { availableReplicas: 3 });
  expect((await podsOf('db')).length).toBe(3);
});

test('a rollout stops at its partition, and goes on when that is lowered', async () => {
  const update = (partition: number) =>
    client.change(statefulSet, { namespace, name: 'db' }, (draft) => {
      draft.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition } };
      draft.spec.template.spec = { ...draft.spec.template.spec, containers: [container('2')] };
    });
  const versions = async (): Promise<string> => (await podsOf('db')).map((it) => inside(it, 'cat', '/data/version')).join(' ');
  await update(2);
  const canary = await status('the canary', { updatedReplicas: 1, availableReplicas: 3 });
  expect(await versions()).toBe('1 1 2');
  expect(canary.status?.currentRevision).not.toBe(canary.status?.updateRevision);
  await update(0);
  const done = await status('all', { updatedReplicas: 3, currentReplicas: 3, availableReplicas: 3 });
  expect(await versions()).toBe('2 2 2');
  expect(done.status?.currentRevision).toBe(done.status?.updateRevision);
});

test('a control plane that is killed in a rollout goes on with it, and nobody is there twice', async () => {
  await client.change(statefulSet, { namespace, name: 'db' }, (draft) => {
    draft.spec.template.spec = { ...draft.spec.template.spec, containers: [container('3')] };
  });
  await until(
    'the rollout has begun',
    async () => ((await client.get(statefulSet, { namespace, name: 'db' }))?.status?.updatedReplicas ?? 3) < 3,
  );
  await cluster.kill();
  await cluster.start();
  await status('rolled out', { updatedReplicas: 3, currentReplicas: 3, availableReplicas: 3 });
  const pods = await podsOf('db');
  expect(pods.map((it) => `${it.metadata.name} ${inside(it, 'cat', '/data/version')}`)).toEqual(['db-0 3', 'db-1 3', 'db-2 3']);
  const running = docker(
    'ps',
    '--filter',
    `label=dev.peapod.cluster=${cluster.label}`,
    '--filter',
    'name=k8s_app_db-',
    '--format',
    '{{.Names}}',
  );
  expect(running.split('\n').length).toBe(3);
});

test('scaled down and up again, a pod finds its disk; deleted with the policy, the disks go too', async () => {
  const scale = (replicas: number) =>
    client.change(statefulSet, { namespace, name: 'db' }, (draft) => {
      draft.spec.replicas = replicas;
    });
  await scale(1);
  await status('one', { replicas: 1 });
  expect((await client.list(persistentVolumeClaim, { namespace })).items.length).toBe(3);
  await scale(2);
  await status('two', { availableReplicas: 2 });
  expect(inside(await podOf('db-1'), 'cat', '/data/names').split('\n').length).toBeGreaterThanOrEqual(6);
  await client.change(statefulSet, { namespace, name: 'db' }, (draft) => {
    draft.spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Delete', whenScaled: 'Retain' };
  });
  await until(
    'the set owns the disks of its pods',
    async () =>
      (await client.list(persistentVolumeClaim, { namespace })).items.filter((it) => it.metadata.ownerReferences?.length).length === 2,
  );
  await client.delete(statefulSet, { namespace, name: 'db' });
  await until('only the disk of the pod that was scaled away is left', async () => {
    const { items } = await client.list(persistentVolumeClaim, { namespace });
    return items.length === 1 && items[0]?.metadata.name === 'data-db-2';
  });
  expect(await podsOf('db')).toEqual([]);
});

test('a daemon runs on the node, follows its labels, and is rolled out with a surge', async () => {
  const labels = { app: 'agent' };
  const daemon = (version: string): core.Container => ({
    name: 'app',
    image,
    command: ['sleep', '3600'],
    env: [{ name: 'VERSION', value: version }],
  });
  await client.create(daemonSet, {
    metadata: { name: 'agent', namespace },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels } as never,
        spec: { terminationGracePeriodSeconds: 0, nodeSelector: { 'example.com/agent': 'yes' }, containers: [daemon('1')] },
      },
    },
  });
  const [only] = (await client.list(node)).items as [core.Node];
  const label = (value: string | undefined) =>
    client.change(node, only.metadata, (draft) => {
      const { 'example.com/agent': _, ...others } = draft.metadata.labels ?? {};
      draft.metadata.labels = { ...others, ...(value && { 'example.com/agent': value }) };
    });
  const counts = (want: Partial<apps.DaemonSetStatus>) =>
    until(JSON.stringify(want), async () => {
      const it = await client.get(daemonSet, { namespace, name: 'agent' });
      return (
        it?.status?.observedGeneration === it?.metadata.generation &&
        Object.entries(want).every(([field, value]) => (it?.status?.[field as 'numberReady'] ?? 0) === value)
      );
    });
  await pause(500);
  expect(await podsOf('agent')).toEqual([]);
  await label('yes');
  await counts({ desiredNumberScheduled: 1, numberAvailable: 1 });
  const [first] = (await podsOf('agent')) as [core.Pod];
  expect(first.spec.nodeName).toBe(only.metadata.name);
  expect(first.status?.conditions?.find((it) => it.type === 'PodScheduled')?.status).toBe('True');

  await client.change(daemonSet, { namespace, name: 'agent' }, (draft) => {
    draft.spec.template.spec = { ...draft.spec.template.spec, containers: [daemon('2')] };
  });
  await counts({ updatedNumberScheduled: 1, numberAvailable: 1 });
  const second = await until('the old one has gone', async () => {
    const pods = await podsOf('agent');
    return pods.length === 1 && pods[0];
  });
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
  expect(inside(second, 'env')).toContain('VERSION=2');
  await label(undefined);
  await counts({ desiredNumberScheduled: 0, numberMisscheduled: 0 });
  await until('it has gone', async () => (await podsOf('agent')).length === 0);
  // Without grace the object goes first.
  await until(
    'so have its containers',
    async () => docker('ps', '-aq', '--filter', `label=io.kubernetes.pod.uid=${second.metadata.uid}`) === '',
  );
});
