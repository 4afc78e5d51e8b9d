import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type core,
  namespace,
  node as nodeKind,
  persistentVolume,
  persistentVolumeClaim,
  pod as podKind,
  storageClass,
} from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import { StatusError } from '../../../src/meta/status-error.ts';
import { schedulerPage } from '../../../src/scheduler/index.ts';
import { startTestCluster, type TestCluster } from '../../fixtures/scheduler/cluster.ts';
import { asking } from '../../fixtures/scheduler/objects.ts';

let cluster: TestCluster;
/** What the next binding requests fail with. */
let faults: Error[];
/** What the next bindings that are made, and the next reads of pods, are answered with. */
let lostAnswers: Error[];
let failedReads: Error[];
/** Until then nobody hears of pods. */
let silence: Promise<void> | undefined;
beforeEach(async () => {
  faults = [];
  lostAnswers = [];
  failedReads = [];
  silence = undefined;
  cluster = await startTestCluster((transport) => ({
    ...transport,
    async post(...args) {
      const fault = faults.shift();
      if (fault) throw fault;
      const answer = await transport.post(...args);
      const lost = lostAnswers.shift();
      if (lost) throw lost;
      return answer;
    },
    async get(kind, key) {
      const fault = kind.kind === 'Pod' ? failedReads.shift() : undefined;
      if (fault) throw fault;
      return transport.get(kind, key);
    },
    async *watch(kind, ...rest) {
      for await (const event of transport.watch(kind, ...rest)) {
        if (kind.kind === 'Pod') await silence;
        yield event;
      }
    },
  }));
});
afterEach(() => cluster.close());

const half = { containers: [asking('cpu=1')] };
const noCpu =
  'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
const key = (name: string) => ({ namespace: 'default', name });

test('a pod is bound, and told of', async () => {
  await cluster.addNode('n1');
  await cluster.create('web');
  expect(await cluster.stateOf('web')).toBe('n1 True');
  expect(await cluster.eventsOf('web')).toEqual(['1x Normal Scheduled: Successfully assigned default/web to n1']);
  expect(cluster.scheduler.health()).toBeUndefined();
  expect(await cluster.metrics()).toMatch(/peapod_scheduler_attempts_total\{result="scheduled"\} 1/);
});

test('a pod that came before any node waits for one', async () => {
  await cluster.create('web');
  expect(await cluster.stateOf('web')).toBe('False Unschedulable: no nodes available to schedule pods');
  await cluster.addNode('n1');
  await cluster.advance(seconds(1));
  expect(await cluster.stateOf('web')).toBe('n1 True');
  expect(await cluster.eventsOf('web')).toEqual([
    '1x Warning FailedScheduling: no nodes available to schedule pods',
    '1x Normal Scheduled: Successfully assigned default/web to n1',
  ]);
});

test('pods beyond what fits wait until others go; their status is written once', async () => {
  await cluster.addNode('n1');
  for (const name of ['a', 'b', 'c']) await cluster.create(name, half);
  expect(await Promise.all(['a', 'b', 'c'].map(cluster.stateOf))).toEqual(['n1 True', 'n1 True', `False ${noCpu}`]);
  const before = (await cluster.client.get(podKind, key('c')))?.metadata.resourceVersion;
  await cluster.advance(minutes(5));
  expect((await cluster.client.get(podKind, key('c')))?.metadata.resourceVersion).toBe(before);
  expect(await cluster.eventsOf('c')).toEqual([`2x Warning FailedScheduling: ${noCpu.slice('Unschedulable: '.length)}`]);
  await cluster.client.delete(podKind, key('a'), { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(2));
  expect(await cluster.stateOf('c')).toBe('n1 True');
});

test('a finished pod gives its room back', async () => {
  await cluster.addNode('n1');
  for (const name of ['a', 'b', 'c']) await cluster.create(name, half);
  await cluster.client.changeStatus(podKind, key('b'), (draft) => {
    draft.status = { ...draft.status, phase: 'Succeeded' };
  });
  await cluster.advance(seconds(1));
  expect(await cluster.stateOf('c')).toBe('n1 True');
});

test('pods made at once never overcommit a node', async () => {
  await cluster.addNode('n1', { room: 'pods=7' });
  await cluster.addNode('n2', { room: 'pods=7' });
  await Promise.all(Array.from({ length: 20 }, (_, i) => cluster.create(`p${i}`)));
  await cluster.advance(0);
  const { items } = await cluster.client.list(podKind);
  const on = (node: string | undefined) => items.filter((it) => it.spec.nodeName === node).length;
  expect([on('n1'), on('n2'), on(undefined)]).toEqual([7, 7, 6]);
});

test('a failed binding is told, given back and tried again', async () => {
  await cluster.addNode('n1');
  faults = [new StatusError('InternalError', 'the disk is full')];
  await cluster.create('web', { containers: [asking('cpu=2')] });
  expect(await cluster.stateOf('web')).toBe(
    'False SchedulerError: binding rejected: running Bind plugin "DefaultBinder": the disk is full',
  );
  await cluster.advance(seconds(1));
  expect(await cluster.stateOf('web')).toBe('n1 True');
});

test('a binding that was made and not answered keeps its room, though nobody has heard of it yet', async () => {
  await cluster.create('a', { containers: [asking('cpu=2')] });
  await cluster.create('b', { containers: [asking('cpu=2')] });
  let speak = (): void => {};
  silence = new Promise((resolve) => {
    speak = resolve;
  });
  lostAnswers = [new StatusError('InternalError', 'the answer was lost')];
  failedReads = [new StatusError('InternalError', 'nobody answers')];
  await cluster.addNode('n1');
  await cluster.advance(seconds(30));
  expect([lostAnswers, failedReads]).toEqual([[], []]);
  expect((await cluster.client.get(podKind, key('a')))?.spec.nodeName).toBe('n1');
  expect((await cluster.client.get(podKind, key('b')))?.spec.nodeName).toBeUndefined();
  speak();
  await cluster.advance(seconds(30));
  expect(await Promise.all(['a', 'b'].map(cluster.stateOf))).toEqual(['n1 True', `False ${noCpu}`]);
});

test('other schedulers keep their pods', async () => {
  await cluster.addNode('n1');
  await cluster.create('theirs', { schedulerName: 'mine' });
  expect(await cluster.stateOf('theirs')).toBe('undefined undefined: undefined');
});

test('a gated pod says so, and is scheduled when the gates are gone', async () => {
  await cluster.addNode('n1');
  await cluster.create('web', { schedulingGates: [{ name: 'example.com/quota' }] });
  expect(await cluster.stateOf('web')).toBe('False SchedulingGated: Scheduling is blocked due to non-empty scheduling gates');
  await cluster.client.change(podKind, key('web'), (draft) => {
    draft.spec.schedulingGates = [];
  });
  await cluster.advance(0);
  expect(await cluster.stateOf('web')).toBe('n1 True');
});

test('a cordoned node takes pods again when it is uncordoned; its heartbeats wake nobody', async () => {
  await cluster.addNode('n1', { unschedulable: true });
  await cluster.create('web');
  await cluster.advance(seconds(2));
  await cluster.client.changeStatus(nodeKind, { name: 'n1' }, (draft) => {
    draft.status = { ...draft.status, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:10Z' }] };
  });
  await cluster.advance(0);
  expect(cluster.scheduler.describe()).toBe('default/web\trefused\tattempts=1\twaits for: node');
  await cluster.client.change(nodeKind, { name: 'n1' }, (draft) => {
    draft.spec = { ...draft.spec, unschedulable: false };
  });
  await cluster.advance(0);
  expect(await cluster.stateOf('web')).toBe('n1 True');
});

test('a new scheduler counts what is bound and goes on with what is not', async () => {
  await cluster.addNode('n1');
  for (const name of ['a', 'b', 'c']) await cluster.create(name, half);
  await cluster.restart();
  await cluster.create('d', half);
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(cluster.stateOf))).toEqual(['n1 True', 'n1 True', `False ${noCpu}`, `False ${noCpu}`]);
  await cluster.client.delete(podKind, key('a'), { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(10));
  expect(await cluster.stateOf('c')).toBe('n1 True');
});

describe('volumes', () => {
  const withClaim = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
  const claimed = async (storageClassName: string): Promise<void> => {
    await cluster.client.create(persistentVolumeClaim, {
      metadata: { name: 'data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName },
    });
    await cluster.advance(0);
  };
  const get = () => cluster.client.get(persistentVolumeClaim, key('data'));
  /** What a provisioner and the volume controller do in the end. */
  const bindClaim = async (): Promise<void> => {
    await cluster.client.change(persistentVolumeClaim, key('data'), (draft) => {
      draft.spec = { ...draft.spec, volumeName: 'pv' };
      draft.metadata.annotations = { ...draft.metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' };
    });
    await cluster.client.changeStatus(persistentVolumeClaim, key('data'), (draft) => {
      draft.status = { ...draft.status, phase: 'Bound' };
    });
    await cluster.advance(0);
  };
  const aDisk = (rest: Partial<core.PersistentVolumeSpec> = {}) =>
    cluster.client.create(persistentVolume, {
      metadata: { name: 'pv' },
      spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/tmp/pv' }, ...rest },
    });

  test('a pod waits for its claim to be made and bound', async () => {
    await cluster.addNode('n1');
    await cluster.create('web', withClaim);
    expect(await cluster.stateOf('web')).toBe(
      `False Unschedulable: 0/1 nodes are available: persistentvolumeclaim "data" not found. not found`,
    );
    await claimed('');
    await cluster.advance(seconds(2));
    expect(await cluster.stateOf('web')).toBe(
      `False Unschedulable: 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found`,
    );
    await aDisk();
    await bindClaim();
    await cluster.advance(seconds(5));
    expect(await cluster.stateOf('web')).toBe('n1 True');
  });

  test('a claim that waits for its first pod is told the node, and the pod bound after it', async () => {
    await cluster.client.create(storageClass, {
      metadata: { name: 'slow' },
      provisioner: 'example.com/disk',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await cluster.addNode('n1');
    await claimed('slow');
    await cluster.create('web', withClaim);
    expect((await get())?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1');
    expect(await cluster.stateOf('web')).toBe('undefined undefined: undefined');
    await aDisk({ storageClassName: 'slow' });
    await bindClaim();
    expect(await cluster.stateOf('web')).toBe('n1 True');
  });

  test('a provisioner that gives the node back has the pod scheduled anew', async () => {
    await cluster.client.create(storageClass, {
      metadata: { name: 'slow' },
      provisioner: 'example.com/disk',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await cluster.addNode('n1');
    await claimed('slow');
    await cluster.create('web', withClaim);
    await cluster.client.change(persistentVolumeClaim, key('data'), (draft) => {
      draft.metadata.annotations = {};
    });
    await cluster.advance(0);
    expect(await cluster.stateOf('web')).toBe(
      'False SchedulerError: running PreBind plugin "VolumeBinding": selectedNode annotation reset for PVC "data"',
    );
    await cluster.advance(seconds(1));
    expect((await get())?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n1');
  });

  test('a volume that is there already is given to a claim that waits', async () => {
    await cluster.client.create(storageClass, {
      metadata: { name: 'local' },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await aDisk({ storageClassName: 'local' });
    await cluster.client.changeStatus(persistentVolume, { name: 'pv' }, (draft) => {
      draft.status = { phase: 'Available' };
    });
    await cluster.addNode('n1');
    await claimed('local');
    await cluster.create('web', withClaim);
    expect((await cluster.client.get(persistentVolume, { name: 'pv' }))?.spec?.claimRef).toMatchObject({
      name: 'data',
      namespace: 'default',
    });
    await bindClaim();
    expect(await cluster.stateOf('web')).toBe('n1 True');
  });
});

test('a more important pod takes the place of a lesser one, which is told why', async () => {
  await cluster.addNode('n1');
  for (const name of ['a', 'b']) await cluster.create(name, half);
  await cluster.create('vip', { ...half, priority: 100 });
  const left = (await cluster.client.list(podKind)).items.filter((it) => it.metadata.deletionTimestamp);
  expect(left).toHaveLength(1);
  expect(left[0]?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }),
  );
  expect((await cluster.client.get(podKind, key('vip')))?.status?.nominatedNodeName).toBe('n1');
  // Its place is kept while the other one goes, also when it is tried again meanwhile.
  await cluster.create('late', half);
  await cluster.advance(seconds(2));
  await cluster.client.change(nodeKind, { name: 'n1' }, (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, disk: 'ssd' };
  });
  await cluster.advance(seconds(2));
  expect(await cluster.stateOf('vip')).toBe(
    'False Unschedulable: 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node.',
  );
  expect(await cluster.stateOf('late')).toMatch(/^False Unschedulable/);
  expect((await cluster.client.list(podKind)).items.filter((it) => it.metadata.deletionTimestamp)).toHaveLength(1);
  await cluster.client.delete(podKind, key(left[0]?.metadata.name ?? ''), { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(10));
  expect(await cluster.stateOf('vip')).toBe('n1 True');
  expect(await cluster.stateOf('late')).toMatch(/^False Unschedulable/);
});

test('a place that is kept for one pod goes to a more important one, and the first looks for another', async () => {
  await cluster.addNode('n1');
  await cluster.create('low', { containers: [asking('cpu=2')] });
  await cluster.create('mid', { ...half, priority: 10 });
  const nominated = async (name: string) => (await cluster.client.get(podKind, key(name)))?.status?.nominatedNodeName;
  expect(await nominated('mid')).toBe('n1');
  await cluster.create('vip', { containers: [asking('cpu=2')], priority: 100 });
  await cluster.advance(0);
  expect([await nominated('vip'), await nominated('mid')]).toEqual(['n1', undefined]);
  const going = (await cluster.client.list(podKind)).items.filter((it) => it.metadata.deletionTimestamp);
  expect(going.map((it) => it.metadata.name)).toEqual(['low']);
  await cluster.client.delete(podKind, key('low'), { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(10));
  expect(await cluster.stateOf('vip')).toBe('n1 True');
  expect(await cluster.stateOf('mid')).toBe(`False ${noCpu}`);
});

test('a pod that was to go in vain before says it again when it goes', async () => {
  const mark = (status: string): Promise<unknown> =>
    cluster.client.changeStatus(podKind, key('a'), (draft) => {
      const others = (draft.status?.conditions ?? []).filter((it) => it.type !== 'DisruptionTarget');
      const lastTransitionTime = '2026-01-01T00:00:00Z';
      const reason = status === 'True' ? 'PreemptionByScheduler' : '';
      const message = status === 'True' ? 'default-scheduler: preempting to accommodate a higher priority pod' : '';
      draft.status = {
        ...draft.status,
        conditions: [...others, { type: 'DisruptionTarget', status, reason, message, observedGeneration: 1, lastTransitionTime }],
      };
    });
  await cluster.addNode('n1');
  await cluster.create('a', { containers: [asking('cpu=2')] });
  await mark('True');
  await cluster.restart();
  await mark('False');
  await cluster.advance(seconds(1));
  await cluster.create('vip', { ...half, priority: 100 });
  const left = await cluster.client.get(podKind, key('a'));
  expect(left?.metadata.deletionTimestamp).toBeDefined();
  expect(left?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'DisruptionTarget', status: 'True' }));
});

test('labels of namespaces are known from the start', async () => {
  await cluster.client.create(namespace, { metadata: { name: 'team-a', labels: { team: 'a' } }, spec: {} });
  await cluster.addNode('n1');
  await cluster.client.create(podKind, {
    metadata: { name: 'w', namespace: 'team-a', labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'busybox' }] },
  });
  await cluster.create('p', {
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { app: 'web' } },
            namespaceSelector: { matchLabels: { team: 'a' } },
            topologyKey: 'kubernetes.io/hostname',
          },
        ],
      },
    },
  });
  await cluster.advance(seconds(2));
  expect(await cluster.stateOf('p')).toBe('n1 True');
});

test('binding is one change: node and condition come together, and the generation stays', async () => {
  await cluster.create('web');
  const before = await cluster.client.get(podKind, key('web'));
  const seen: string[] = [];
  const abort = new AbortController();
  const watching = (async () => {
    const options = { namespace: 'default', resourceVersion: before?.metadata.resourceVersion ?? '' };
    for await (const { object } of cluster.client.watch(podKind, options, abort.signal)) {
      seen.push(`${object.spec.nodeName} ${object.status?.conditions?.map((it) => `${it.type}=${it.status}/${it.observedGeneration}`)}`);
    }
  })();
  await cluster.addNode('n1');
  await cluster.advance(seconds(1));
  abort.abort();
  await watching;
  expect(seen).toEqual(['n1 PodScheduled=True/1']);
  expect((await cluster.client.get(podKind, key('web')))?.metadata.generation).toBe(1);
});

test('a pod that is bound says where its node stands, and no longer where it was to go', async () => {
  await cluster.addNode('n1');
  await cluster.client.change(nodeKind, { name: 'n1' }, (draft) => {
    draft.metadata.labels = { 'topology.kubernetes.io/zone': 'east', 'topology.kubernetes.io/rack': '7', disk: 'ssd' };
  });
  await cluster.create('low', { containers: [asking('cpu=2')] });
  await cluster.create('vip', { ...half, priority: 100 });
  expect((await cluster.client.get(podKind, key('vip')))?.status?.nominatedNodeName).toBe('n1');
  await cluster.client.delete(podKind, key('low'), { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(5));
  const { spec, status, metadata } = (await cluster.client.get(podKind, key('vip'))) as core.Pod;
  expect([spec.nodeName, status?.nominatedNodeName, metadata.labels]).toEqual(['n1', undefined, { 'topology.kubernetes.io/zone': 'east' }]);
});

test('another pod of the same name is not bound in the place of the one that was meant', async () => {
  await cluster.create('web', { schedulingGates: [{ name: 'example.com/quota' }] });
  const bind = (uid: string) =>
    cluster.client.post(podKind, key('web'), 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'web', uid },
      target: { name: 'n1' },
    });
  await expect(bind('another')).rejects.toThrow(/Precondition failed: UID in precondition: another/);
  await expect(bind('')).rejects.toThrow(/has non-empty .spec.schedulingGates/);
});

test('what each node is to a pod can be read, of one that waits and of one that has a node', async () => {
  await cluster.addNode('n1');
  await cluster.addNode('n2', { unschedulable: true });
  await cluster.create('web', { containers: [{ name: 'app', image: 'busybox', resources: { requests: { cpu: '3' } } }] });
  const page = schedulerPage(cluster.scheduler);
  const lines = (page.text(['pods', 'default', 'web']) ?? '').split('\n');
  expect(lines.slice(0, 2)).toEqual([
    'default/web has no node, refused, attempts=1, waits for: node, pod gone',
    '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  ]);
  expect(lines.slice(4)).toEqual([
    expect.stringMatching(/^n1 +refused +NodeResourcesFit: Insufficient cpu$/),
    expect.stringMatching(/^n2 +refused +NodeUnschedulable: node\(s\) were unschedulable$/),
  ]);
  await cluster.create('small');
  const placed = page.text(['pods', 'default', 'small']) ?? '';
  expect(placed).toContain('default/small is on n1\n');
  expect(placed).toMatch(/n1 +fits +\d+ +.*NodeResourcesFit=\d+/);
  expect(page.text(['pods', 'default', 'nobody'])).toBeUndefined();
  expect(page.text([])).toContain('default/web\trefused');
});
