import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type batch, type core, cronJob, event, job as jobKind, node as nodeKind, pod } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { type Kubectl, kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

let cluster: TestCluster;
let client: Client;
let kubectl: Kubectl;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'jobs', second: 190, nodePorts: '28000-28099' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  kubectl = kubectlOf(kubectls().at(-1)?.path ?? 'kubectl', cluster.kubeconfig);
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const namespace = 'default';

const until = <T>(what: string, look: () => Promise<T | undefined | false>, most?: number): Promise<T> => found(cluster, what, look, most);

const draft = (name: string, script: string, spec: Partial<batch.JobSpec> = {}) => ({
  metadata: { name, namespace },
  spec: {
    template: {
      spec: {
        ...{ restartPolicy: 'Never' as const, terminationGracePeriodSeconds: 1 },
        containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', script] }],
      },
    },
    ...spec,
  },
});
const get = async (name: string): Promise<batch.Job> => (await client.get(jobKind, { namespace, name })) as batch.Job;
const podsOf = async (name: string): Promise<readonly core.Pod[]> =>
  (await client.list<core.Pod>(pod, { namespace, labelSelector: `job-name=${name}` })).items;
const ended = (name: string, type: 'Complete' | 'Failed'): Promise<batch.Job> =>
  until(`${name} is ${type}`, async () => {
    const it = await get(name);
    return it.status?.conditions?.some((one) => one.type === type && one.status === 'True') && it;
  });
const eventsOf = async (name: string): Promise<string[]> =>
  (await client.list<core.Event>(event, { namespace })).items
    .filter((it) => it.involvedObject.name === name)
    .map((it) => `${it.reason} ${it.message}`);

test('a job completes, as kubectl sees it, and can be deleted', async () => {
  await kubectl.ok(['create', 'job', 'hello', '--image=busybox:1.36', '--', 'sh', '-c', 'echo hello; sleep 1']);
  expect(await kubectl.ok(['wait', '--for=condition=complete', '--timeout=60s', 'job/hello'])).toContain('job.batch/hello condition met');
  expect(await kubectl.ok(['logs', 'job/hello'])).toBe('hello\n');
  expect(await kubectl.ok(['get', 'job', 'hello'])).toMatch(/NAME +STATUS +COMPLETIONS +DURATION +AGE\nhello +Complete +1\/1 +\d+s +\d+s/);
  const told = await kubectl.ok(['describe', 'job', 'hello']);
  expect(told).toMatch(/Pods Statuses:\s+0 Active.*1 Succeeded \/ 0 Failed/);
  expect(told).toMatch(/Normal +SuccessfulCreate .*Created pod: hello-/);
  expect(told).toMatch(/Normal +Completed .*Job completed/);
  const [one] = await podsOf('hello');
  expect([one?.status?.phase, one?.metadata.finalizers]).toEqual(['Succeeded', undefined]);
  await kubectl.ok(['delete', 'job', 'hello']);
  await until('its pods have gone', async () => (await podsOf('hello')).length === 0);
});

test('indexed: each pod knows its own', async () => {
  const script = 'echo $JOB_COMPLETION_INDEX $(hostname)';
  await client.create(jobKind, draft('parts', script, { completions: 5, parallelism: 3, completionMode: 'Indexed' }));
  const job = await ended('parts', 'Complete');
  expect(job.status).toMatchObject({ succeeded: 5, completedIndexes: '0-4', uncountedTerminatedPods: {} });
  const pods = await podsOf('parts');
  expect(pods.length).toBe(5);
  const logs = await Promise.all(pods.map((it) => kubectl.ok(['logs', it.metadata.name])));
  expect(logs.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `${n} parts-${n}\n`));
});

test('failing: with backoff, up to the limit', async () => {
  const began = Date.now();
  await client.create(jobKind, draft('bad', 'exit 3', { backoffLimit: 1 }));
  const job = await ended('bad', 'Failed');
  expect(Date.now() - began).toBeGreaterThan(9_000);
  expect(job.status?.failed).toBe(2);
  expect(job.status?.conditions?.map((it) => [it.type, it.reason])).toEqual([
    ['FailureTarget', 'BackoffLimitExceeded'],
    ['Failed', 'BackoffLimitExceeded'],
  ]);
  expect((await podsOf('bad')).map((it) => it.status?.containerStatuses?.[0]?.state?.terminated?.exitCode)).toEqual([3, 3]);
  // Events are written beside the status.
  const limit = 'BackoffLimitExceeded Job has reached the specified backoff limit';
  await until('the event', async () => (await eventsOf('bad')).includes(limit));
});

test('a pod deleted by hand counts once; suspended, nothing runs; a rule ends it at once', async () => {
  await client.create(jobKind, draft('long', 'trap "exit 0" TERM; sleep 600 & wait', { parallelism: 2, completions: 2 }));
  const running = (n: number): Promise<readonly core.Pod[]> =>
    until(`${n} pods of long run`, async () => {
      const pods = (await podsOf('long')).filter((it) => it.status?.phase === 'Running' && !it.metadata.deletionTimestamp);
      return pods.length === n && pods;
    });
  const [one] = await running(2);
  await client.delete(pod, one!.metadata);
  await until('it is counted and replaced', async () => {
    const { failed, active, ready } = (await get('long')).status ?? {};
    return failed === 1 && active === 2 && ready === 2;
  });
  await until('it has gone', async () => (await podsOf('long')).every((it) => it.metadata.uid !== one?.metadata.uid));
  await kubectl.ok(['patch', 'job', 'long', '--type=merge', '-p', '{"spec":{"suspend":true}}']);
  await until('all have gone', async () => (await podsOf('long')).length === 0);
  expect((await get('long')).status).toMatchObject({
    failed: 1,
    conditions: [{ type: 'Suspended', status: 'True', reason: 'JobSuspended' }],
  });

  const rules = [{ action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values: [42] } }];
  await client.create(jobKind, draft('ruled', 'exit 42', { backoffLimit: 6, podFailurePolicy: { rules } }));
  const job = await ended('ruled', 'Failed');
  expect(job.status?.conditions?.at(-1)).toMatchObject({ reason: 'PodFailurePolicy' });
  expect(job.status?.conditions?.at(-1)?.message).toMatch(
    /^Container main for pod default\/ruled-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
  );
});

test('a finished job goes after its time, and takes its pod along', async () => {
  await client.create(jobKind, draft('short', 'true', { ttlSecondsAfterFinished: 2 }));
  await until('it has gone', async () => (await client.get(jobKind, { namespace, name: 'short' })) === undefined);
  await until('so has its pod', async () => (await podsOf('short')).length === 0);
});

test('a cron job starts jobs by kubectl, and by its schedule', async () => {
  await kubectl.ok(['create', 'cronjob', 'tick', '--image=busybox:1.36', '--schedule=*/1 * * * *', '--', 'echo', 'tick']);
  expect(await kubectl.ok(['get', 'cronjob', 'tick'])).toMatch(
    /NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\ntick +\*\/1 \* \* \* \* +<none> +False +0 +<none>/,
  );
  await kubectl.ok(['create', 'job', '--from=cronjob/tick', 'by-hand']);
  expect((await ended('by-hand', 'Complete')).metadata.annotations?.['cronjob.kubernetes.io/instantiate']).toBe('manual');
  if (!process.env.PEAPOD_LONG) return;
  const { status } = await until(
    'it ticked',
    async () => {
      const it = await client.get(cronJob, { namespace, name: 'tick' });
      return it?.status?.lastScheduleTime && !it.status.active ? it : undefined;
    },
    90_000,
  );
  expect(Date.parse(status?.lastScheduleTime ?? '') % 60_000).toBe(0);
});

test('a disruption budget holds a drain up until others are ready', async () => {
  const [node] = (await client.list(nodeKind)).items;
  const name = node?.metadata.name ?? '';
  const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{ key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule }]
      containers: [{ name: main, image: "busybox:1.36", command: [sleep, "600"] }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { minAvailable: 2, selector: { matchLabels: { app: web } } }
`;
  await kubectl.ok(['apply', '-f', '-'], { input: manifest });
  await kubectl.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  await until('the budget has seen them', async () => (await kubectl.ok(['get', 'pdb', 'web'])).match(/web +2 +N\/A +0 /) !== null);
  const held = await kubectl(['drain', name, '--pod-selector=app=web', '--timeout=8s']);
  expect(held.code).toBe(1);
  expect(held.stdout + held.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
  expect(await kubectl.ok(['get', 'node', name])).toContain('SchedulingDisabled');

  await kubectl.ok(['patch', 'pdb', 'web', '--type=merge', '-p', '{"spec":{"minAvailable":1}}']);
  const before = (await client.list<core.Pod>(pod, { namespace, labelSelector: 'app=web' })).items.map((it) => it.metadata.name);
  const drained = await kubectl.ok(['drain', name, '--pod-selector=app=web', '--timeout=60s']);
  for (const one of before) expect(drained).toContain(`pod/${one} evicted`);
  await kubectl.ok(['uncordon', name]);
  expect(await kubectl.ok(['get', 'node', name])).not.toContain('SchedulingDisabled');
});
