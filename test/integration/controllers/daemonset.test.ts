import { afterEach, beforeEach, expect, test } from 'vitest';
import { daemonSets } from '../../../src/controllers/daemonset/reconcile.ts';
import { type apps, type core, controllerRevision, daemonSet, isPodReady, node, pod } from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import { type ControlPlane, createNode, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([daemonSets]);
  // The stand-in brings n1.
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
  for (const name of ['n2', 'n3']) await createNode(plane.client, name);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'agent' };
const get = async (): Promise<apps.DaemonSet> => (await plane.client.get(daemonSet, key)) as apps.DaemonSet;
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];
/** `n1:1 n2:1`: nodes and images of pods that stay. */
const places = async (): Promise<string> =>
  (await pods())
    .filter((it) => !it.metadata.deletionTimestamp)
    .map((it) => `${it.spec.nodeName}:${it.spec.containers[0]?.image?.replace('agent:', '')}`)
    .sort()
    .join(' ');
const create = (more: Partial<apps.DaemonSetSpec> = {}, pods: Partial<core.PodSpec> = {}): Promise<apps.DaemonSet> =>
  plane.client.create(daemonSet, {
    metadata: { ...key, annotations: { note: 'hello' } },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent', tier: 'node' } } as never,
        spec: { containers: [{ name: 'app', image: 'agent:1' }], ...pods },
      },
      ...more,
    },
  });
const setImage = (image: string) =>
  plane.client.change(daemonSet, key, (draft) => {
    draft.spec.template.spec!.containers[0]!.image = image;
  });
const status = (what: string, want: Partial<apps.DaemonSetStatus>): Promise<apps.DaemonSetStatus> =>
  plane.seen(what, async () => {
    const { status: now, metadata } = await get();
    return (
      now?.observedGeneration === metadata.generation &&
      Object.entries(want).every(([field, value]) => (now?.[field as 'numberReady'] ?? 0) === value) &&
      now
    );
  });
const changeNode = (name: string, mutate: (draft: core.Node) => void) => plane.client.change(node, { name }, mutate);

test('each node gets a pod, which the scheduler can put nowhere else', async () => {
  const set = await create({}, { tolerations: [{ key: 'own', operator: 'Exists' }], affinity: { podAntiAffinity: {} } });
  expect(set.metadata.annotations).toEqual({ note: 'hello', 'deprecated.daemonset.template.generation': '1' });
  expect(set.status).toEqual({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 });
  const now = await status('everywhere', { numberAvailable: 3 });
  expect(now).toEqual({
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  });
  const [revision] = (await plane.client.list(controllerRevision, { namespace: 'default' })).items;
  const hash = revision?.metadata.labels?.['controller-revision-hash'];
  expect(revision).toMatchObject({ metadata: { name: `agent-${hash}`, annotations: { note: 'hello' } }, revision: 1 });
  const second = (await pods()).find((it) => it.spec.nodeName === 'n2');
  expect(second?.metadata).toMatchObject({
    generateName: 'agent-',
    labels: { app: 'agent', tier: 'node', 'controller-revision-hash': hash, 'pod-template-generation': '1' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: set.metadata.uid, controller: true }],
  });
  expect(second?.spec.affinity).toEqual({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
      },
    },
    podAntiAffinity: {},
  });
  expect(second?.spec.tolerations?.map((it) => `${it.key?.replace('node.kubernetes.io/', '')} ${it.operator} ${it.effect ?? ''}`)).toEqual([
    'own Exists ',
    'not-ready Exists NoExecute',
    'unreachable Exists NoExecute',
    'disk-pressure Exists NoSchedule',
    'memory-pressure Exists NoSchedule',
    'pid-pressure Exists NoSchedule',
    'unschedulable Exists NoSchedule',
  ]);
  await plane.settle();
  expect((await plane.eventsOf('agent')).sort()).toEqual(
    (await pods()).map((it) => `Normal SuccessfulCreate Created pod: ${it.metadata.name}`).sort(),
  );
});

test('pods follow the nodes: their coming, labels, taints and going', async () => {
  await create({}, { nodeSelector: { disk: 'fast' } });
  await status('none', { desiredNumberScheduled: 0 });
  await changeNode('n2', (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, disk: 'fast' };
  });
  await status('one', { numberAvailable: 1 });
  expect(await places()).toBe('n2:1');
  await plane.client.create(node, {
    metadata: { name: 'n4', labels: { disk: 'fast' } },
    spec: { taints: [{ key: 'busy', effect: 'NoSchedule' }] },
  });
  await plane.settle();
  expect(await places()).toBe('n2:1');
  await changeNode('n4', (draft) => {
    draft.spec!.taints = [];
  });
  await status('two', { numberAvailable: 2 });
  // What only keeps new pods away lets the old one stay, as one that is not where it should be.
  await changeNode('n4', (draft) => {
    draft.spec!.taints = [{ key: 'busy', effect: 'NoSchedule' }];
  });
  await status('misplaced', { numberMisscheduled: 1, desiredNumberScheduled: 1 });
  expect(await places()).toBe('n2:1 n4:1');
  await changeNode('n4', (draft) => {
    draft.spec!.taints = [{ key: 'busy', effect: 'NoExecute' }];
  });
  await status('gone from there', { numberMisscheduled: 0 });
  await changeNode('n2', (draft) => {
    draft.metadata.labels = { disk: 'slow' };
  });
  await status('nowhere', { desiredNumberScheduled: 0, numberMisscheduled: 0 });
  expect(await places()).toBe('');
  // Cordoned, pressed or not heard of: a daemon belongs there all the same.
  await changeNode('n3', (draft) => {
    draft.metadata.labels = { disk: 'fast' };
    draft.spec = {
      unschedulable: true,
      taints: ['unschedulable', 'not-ready', 'disk-pressure'].map((it) => ({
        key: `node.kubernetes.io/${it}`,
        effect: 'NoSchedule' as const,
      })),
    };
    draft.spec.taints![1]!.effect = 'NoExecute';
  });
  await status('on the poor node', { numberAvailable: 1 });
});

test('a pod that fails, ends or is deleted comes again; failures are given time', async () => {
  await create();
  await status('everywhere', { numberAvailable: 3 });
  const on = async (name: string): Promise<core.Pod> =>
    (await pods()).find((it) => it.spec.nodeName === name && !it.metadata.deletionTimestamp) as core.Pod;
  await plane.client.delete(pod, (await on('n1')).metadata);
  await status('back', { numberAvailable: 3 });
  const fail = async (phase: 'Failed' | 'Succeeded'): Promise<core.Pod> => {
    const it = await on('n2');
    await plane.client.changeStatus(pod, it, (draft) => {
      draft.status = { ...draft.status, phase };
    });
    return it;
  };
  const replaced = (old: core.Pod) =>
    plane.seen('another', async () => {
      const now = await on('n2');
      return now && isPodReady(now) && now.metadata.uid !== old.metadata.uid;
    });
  const first = await fail('Failed');
  await replaced(first);
  const second = await fail('Failed');
  await plane.settle();
  expect((await on('n2')).metadata.uid).toBe(second.metadata.uid);
  await plane.advance(seconds(2));
  await replaced(second);
  const third = await fail('Succeeded');
  await replaced(third);
  await plane.settle();
  expect((await plane.eventsOf('agent')).filter((it) => it.includes('Found')).sort()).toEqual(
    [
      `Normal SucceededDaemonPod Found succeeded daemon pod default/${third.metadata.name} on node n2, will try to delete it`,
      ...[first, second].map(
        (it) => `Warning FailedDaemonPod Found failed daemon pod default/${it.metadata.name} on node n2, will try to kill it`,
      ),
    ].sort(),
  );
});

test.each([
  [{ maxUnavailable: 1 }, 2, 3],
  [{ maxUnavailable: 2 }, 1, 3],
  [{ maxUnavailable: '50%' }, 1, 3],
  [{ maxUnavailable: 0, maxSurge: 1 }, 3, 4],
  [{ maxUnavailable: 0, maxSurge: '100%' }, 3, 6],
] as const)('a rolling update with %j', async (rollingUpdate, fewest, most) => {
  await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });
  await status('everywhere', { numberAvailable: 3 });
  const seen: Array<{ ready: number; all: number }> = [];
  kubelet.onEvent = (now) => {
    const staying = now.filter((it) => !it.metadata.deletionTimestamp);
    seen.push({ ready: staying.filter(isPodReady).length, all: staying.length });
  };
  await setImage('agent:2');
  await status('rolled out', { updatedNumberScheduled: 3, numberAvailable: 3 });
  await plane.settle();
  expect(await places()).toBe('n1:2 n2:2 n3:2');
  expect([Math.min(...seen.map((it) => it.ready)), Math.max(...seen.map((it) => it.all))]).toEqual([fewest, most]);
  expect((await get()).metadata.annotations?.['deprecated.daemonset.template.generation']).toBe('2');
});

test('a rollout that cannot go on stops at its bound, and the next one goes on at once', async () => {
  await create();
  await status('everywhere', { numberAvailable: 3 });
  kubelet.fate = (it) => (it.spec.containers[0]?.image === 'agent:bad' ? 'running' : 'ready');
  await setImage('agent:bad');
  await status('stuck', { updatedNumberScheduled: 1, numberUnavailable: 1 });
  await plane.advance(minutes(2));
  expect((await places()).match(/bad/g)?.length).toBe(1);
  await setImage('agent:3');
  await status('mended', { updatedNumberScheduled: 3, numberAvailable: 3 });
});

test('with OnDelete a pod gets the new template when somebody deletes it', async () => {
  await create({ updateStrategy: { type: 'OnDelete' } });
  await status('everywhere', { numberAvailable: 3 });
  await setImage('agent:2');
  await status('none', { updatedNumberScheduled: 0 });
  await plane.settle();
  expect(await places()).toBe('n1:1 n2:1 n3:1');
  await plane.client.delete(pod, (await pods()).find((it) => it.spec.nodeName === 'n2')!.metadata);
  await status('one', { updatedNumberScheduled: 1, numberAvailable: 3 });
  expect(await places()).toBe('n1:1 n2:2 n3:1');
});

test('a pod is available after it has been ready for long enough', async () => {
  await create({ minReadySeconds: 30 });
  await status('ready', { numberReady: 3, numberUnavailable: 3 });
  await plane.advance(seconds(35));
  expect((await get()).status).toMatchObject({ numberAvailable: 3 });
});

test('history: what comes back gets a new number, and what is too old goes', async () => {
  await create({ revisionHistoryLimit: 1, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 3 } } });
  for (const image of ['agent:2', 'agent:1', 'agent:3', 'agent:4']) {
    await status('rolled out', { updatedNumberScheduled: 3, numberAvailable: 3 });
    await setImage(image);
  }
  await status('rolled out', { updatedNumberScheduled: 3, numberAvailable: 3 });
  await plane.settle();
  const { items } = await plane.client.list(controllerRevision, { namespace: 'default' });
  expect(items.map((it) => `${it.revision} ${JSON.stringify(it.data).match(/agent:\d/)?.[0]}`).sort()).toEqual(['4 agent:3', '5 agent:4']);
});

test('of two revisions with one template the newer counts, and no pod is replaced for that', async () => {
  await create();
  await status('everywhere', { numberAvailable: 3 });
  const before = (await pods()).map((it) => it.metadata.uid).sort();
  const [first] = (await plane.client.list(controllerRevision, { namespace: 'default' })).items;
  const { labels, ownerReferences } = first!.metadata;
  await plane.client.create(controllerRevision, {
    metadata: {
      namespace: 'default',
      name: 'agent-twin',
      labels: { ...labels, 'controller-revision-hash': 'twin' },
      ownerReferences: ownerReferences ?? [],
    },
    ...(first?.data && { data: first.data }),
    revision: 2,
  });
  await plane.seen('all are of the twin', async () =>
    (await pods()).every((it) => it.metadata.labels?.['controller-revision-hash'] === 'twin'),
  );
  await plane.client.delete(controllerRevision, first!.metadata);
  await plane.settle();
  expect((await pods()).map((it) => it.metadata.uid).sort()).toEqual(before);
  expect((await plane.client.list(controllerRevision, { namespace: 'default' })).items.map((it) => it.metadata.name)).toEqual([
    'agent-twin',
  ]);
});

test('conditions that somebody else has set stay', async () => {
  await create();
  await status('everywhere', { numberAvailable: 3 });
  const condition = { type: 'Mine', status: 'True', reason: 'Because' };
  await plane.client.changeStatus(daemonSet, key, (draft) => {
    draft.status!.conditions = [condition];
  });
  await setImage('agent:2');
  await status('rolled out', { updatedNumberScheduled: 3, numberAvailable: 3 });
  expect((await get()).status?.conditions).toEqual([condition]);
});

test('pods without an owner are adopted', async () => {
  await createPod(plane.client, 'lonely', { ip: '10.244.0.5', metadata: { labels: { app: 'agent' } } });
  await create({ updateStrategy: { type: 'OnDelete' } });
  await status('everywhere', { numberAvailable: 3 });
  expect((await pods()).length).toBe(3);
  expect((await plane.client.get(pod, { namespace: 'default', name: 'lonely' }))?.metadata.ownerReferences?.[0]?.name).toBe('agent');
});
