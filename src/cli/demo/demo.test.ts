import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { recordedIo } from '../../../test/fixtures/cli/io.ts';
import { createClient, createMemoryTransport } from '../../client/index.ts';
import { type apps, type core, deployment, kindByName } from '../../kinds/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { type Branch, createLive, drawTree, drawWithin, linesOf } from '../tree/index.ts';
import { type Facts, noFacts } from '../why/index.ts';
import { applyObject } from './apply.ts';
import { questions } from './questions.ts';
import { readDemos } from './read.ts';
import { isReady, type Show, treeOf } from './tree.ts';

const manifests = fileURLToPath(new URL('../../../manifests', import.meta.url));
const nothing: Facts = noFacts;
const show: Show[] = [{ demo: 'web', workloads: [{ kind: 'Deployment', namespace: 'default', name: 'web' }] }];

const meta = (name: string, owner?: { kind: string; uid: string }): core.Pod['metadata'] => ({
  ...{ name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-11-24T08:00:00Z' },
  ...(owner && {
    ownerReferences: [{ apiVersion: 'apps/v1', kind: owner.kind, name: owner.uid.slice(4), uid: owner.uid, controller: true }],
  }),
});
const web = (status: apps.Deployment['status']): apps.Deployment =>
  ({ kind: 'Deployment', metadata: { ...meta('web'), generation: 2 }, spec: { replicas: 2 }, status }) as apps.Deployment;
const set = (name: string, readyReplicas: number): apps.ReplicaSet =>
  ({
    kind: 'ReplicaSet',
    metadata: meta(name, { kind: 'Deployment', uid: 'uid-web' }),
    spec: { replicas: 2 },
    status: { readyReplicas },
  }) as unknown as apps.ReplicaSet;
const webPod = (name: string, state: core.ContainerState, ready = false, owner = 'web-1'): core.Pod =>
  ({
    kind: 'Pod',
    metadata: meta(name, { kind: 'ReplicaSet', uid: `uid-${owner}` }),
    spec: { containers: [{ name: 'app' }] },
    status: {
      phase: state.running ? 'Running' : 'Pending',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'app', state, ready, restartCount: 0, image: '', imageID: '' }],
    },
  }) as unknown as core.Pod;

const up = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const running = { running: { startedAt: '2026-11-24T08:00:00Z' } };

const trees: Array<[name: string, seen: Partial<Facts>, ready: boolean, text: string]> = [
  ['nothing is there yet', nothing, false, '… web\n  … deployment/web  not there yet'],
  [
    'one runs, one is being made',
    {
      deployments: [web({ ...up, readyReplicas: 1, availableReplicas: 1 })],
      replicaSets: [set('web-1', 1)],
      pods: [
        webPod('web-1-b', { waiting: { reason: 'ContainerCreating' } }),
        webPod('web-1-a', running, true),
        webPod('other', running, true, 'x'),
      ],
    },
    false,
    `… web
  … deployment/web  1/2 ready
    … replicaset/web-1  1/2 ready
      ✓ pod/web-1-a  Ready
        ✓ app  running
      … pod/web-1-b  Pending
        … app  ContainerCreating`,
  ],
  [
    'all are ready',
    { deployments: [web(up)], replicaSets: [set('web-1', 2)], pods: [webPod('a', running, true), webPod('b', running, true)] },
    true,
    `✓ web
  ✓ deployment/web  2/2 ready
    ✓ replicaset/web-1  2/2 ready
      ✓ pod/a  Ready
        ✓ app  running
      ✓ pod/b  Ready
        ✓ app  running`,
  ],
  [
    'the status is of the version before',
    { deployments: [web({ ...up, observedGeneration: 1 })], replicaSets: [], pods: [] },
    false,
    '… web\n  … deployment/web  2/2 ready',
  ],
  [
    'an older pod is still there',
    { deployments: [web({ ...up, replicas: 3 })], replicaSets: [], pods: [] },
    false,
    '… web\n  … deployment/web  2/2 ready',
  ],
  [
    'an image is missing',
    {
      deployments: [web({ ...up, readyReplicas: 0, availableReplicas: 0 })],
      replicaSets: [set('web-1', 0)],
      pods: [webPod('a', { waiting: { reason: 'ErrImagePull', message: 'no such image\nat all' } })],
    },
    false,
    `✗ web
  ✗ deployment/web  0/2 ready
    ✗ replicaset/web-1  0/2 ready
      ✗ pod/a  Pending
        ✗ app  ErrImagePull: no such image`,
  ],
];
for (const [name, seen, ready, text] of trees) {
  test(`tree: ${name}`, () => {
    const tree = treeOf(show, { ...noFacts, ...seen });
    expect(drawTree(tree, 80, false).join('\n')).toBe(text);
    expect(isReady(tree)).toBe(ready);
  });
}

test('long lines are cut to the terminal', () => {
  const tree: Branch[] = [{ title: 'x'.repeat(30), state: 'y'.repeat(30), mood: 'busy', children: [] }];
  for (const columns of [10, 40, 50]) expect(drawTree(tree, columns, false)[0]?.length).toBeLessThanOrEqual(columns);
});

test('on a small terminal what is well is folded, then the end is cut off', () => {
  const leaf = (title: string, mood: Branch['mood']): Branch => ({ title, state: '', mood, children: [] });
  const tree: Branch[] = [
    { ...leaf('a', 'ok'), children: [{ ...leaf('b', 'ok'), children: [leaf('c', 'ok'), leaf('d', 'ok')] }] },
    { ...leaf('e', 'busy'), children: [leaf('f', 'busy')] },
  ];
  const drawn = (rows: number): string => drawWithin(tree, { columns: 80, rows }, false).join('|');
  expect(drawn(6)).toBe('✓ a|  ✓ b|    ✓ c|    ✓ d|… e|  … f');
  expect(drawn(5)).toBe('✓ a|  ✓ b|… e|  … f');
  expect(drawn(3)).toBe('✓ a|… e|  … f');
  expect(drawn(2)).toBe('✓ a|(2 more lines)');
});

test('a pipe hears of each change once, a terminal is drawn over', () => {
  const before: Branch[] = [
    { title: 'a', state: 'busy', mood: 'busy', children: [{ title: 'b', state: 'running', mood: 'ok', children: [] }] },
  ];
  const after: Branch[] = [{ ...(before[0] as Branch), state: 'done', mood: 'ok' }];
  expect([...linesOf(before).values()]).toEqual(['… a  busy', '✓ a b  running']);
  const [pipe, terminal] = [recordedIo(), recordedIo({ isTerminal: true })];
  for (const io of [pipe, terminal]) {
    const live = createLive(io);
    for (const tree of [before, before, after]) live.show(tree);
  }
  expect(pipe.out()).toBe('… a  busy\n✓ a b  running\n✓ a  done\n');
  // Up over the two lines of before, twice.
  expect(terminal.out().split('\x1b[2A')).toHaveLength(3);
});

test('the demos are read, and every one of them is asked something', async () => {
  const demos = await readDemos(manifests);
  expect(demos.map((it) => it.name)).not.toContain('cluster');
  expect(demos.map((it) => it.name).sort()).toEqual([...new Set(questions.map((it) => it.demo))].sort());
  for (const { name, objects } of demos) {
    expect(objects.length, name).toBeGreaterThan(0);
    for (const it of objects) expect(kindByName(it.apiVersion, it.kind), `${it.kind} in ${name}`).toBeDefined();
  }
});

test('applying again changes nothing, and a difference is patched', async () => {
  const client = createClient(createMemoryTransport({ clock: systemClock, random: seededRandom(1) }));
  const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 2, template: { a: 1 } } };
  expect(await applyObject(client, manifest)).toMatchObject({ namespace: 'default', name: 'web', outcome: 'created' });
  expect(await applyObject(client, manifest)).toMatchObject({ outcome: 'unchanged' });
  expect(await applyObject(client, { ...manifest, spec: { replicas: 3 } })).toMatchObject({ outcome: 'configured' });
  const found = await client.get(deployment, { namespace: 'default', name: 'web' });
  expect(found?.spec).toMatchObject({ replicas: 3, template: { a: 1 } });
  // What kubectl itself would write there.
  expect(found?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toBe(
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"name":"web","namespace":"default"},"spec":{"replicas":3}}\n',
  );
  await expect(applyObject(client, { ...manifest, kind: 'Nothing' })).rejects.toThrow('no matches for kind "Nothing" in version "apps/v1"');
});
