import { describe, expect, test } from 'vitest';
import { nodeOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { apps, core } from '../../kinds/index.ts';
import { fitter, tolerationsOf } from './fit.ts';
import { placesOf } from './places.ts';
import { planDaemonSet, type Seen } from './plan.ts';
import { statusOf } from './status.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const setOf = (rolling: apps.RollingUpdateDaemonSet | 'OnDelete' = {}, template: Partial<core.PodSpec> = {}): apps.DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'agent',
    namespace: 'default',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 3,
  },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    updateStrategy: rolling === 'OnDelete' ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate: rolling },
    template: { spec: { containers: [{ name: 'app', image: 'agent' }], ...template } },
  },
});

/**
 * `n1:new`, `n2:old?` (not ready), `n3:old!` (failed), `n4:old+` (ended well), `n5:old-` (on its way out), `n6:old~`
 * (waits for its node): pods in the order of their age.
 */
const podsOf = (text: string): core.Pod[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => {
      const [, name = '', hash = '', mark = ''] = /^(\w+):(\w+)(.?)$/.exec(word) ?? [];
      const phase = ({ '!': 'Failed', '+': 'Succeeded' } as const)[mark as '!'] ?? 'Running';
      const pod = podOf(`${name}-${hash}-${i}`, { ready: mark === '' || mark === '-', status: { phase } });
      pod.metadata.labels = { 'controller-revision-hash': hash };
      pod.metadata.creationTimestamp = `2026-01-01T00:00:0${i}Z`;
      if (mark === '-') pod.metadata.deletionTimestamp = '2026-01-01T00:59:59Z';
      if (mark === '~') {
        const required = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [name] }] }] };
        pod.spec = { containers: [], affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } };
      } else pod.spec.nodeName = name;
      pod.status!.conditions = pod.status!.conditions?.map((it) => ({ ...it, lastTransitionTime: '2026-01-01T00:30:00Z' })) ?? [];
      return pod;
    });

const seenOf = (names: string, pods: string, patience = 0): Seen => ({
  nodes: names
    .split(' ')
    .map((it) => nodeOf(it.replace('x', ''), 'True', it.endsWith('x') ? { taints: [{ key: 'no', effect: 'NoSchedule' }] } : {})),
  pods: podsOf(pods),
  hash: 'new',
  patience: () => patience,
});

const shown = (set: apps.DaemonSet, seen: Seen): string => {
  const { create, remove, retryIn } = planDaemonSet(set, seen, now);
  const wait = retryIn === undefined ? [] : [`again in ${retryIn}`];
  return [...create.map((it) => `+${it}`), ...remove.map((it) => `-${it.metadata.name}`), ...wait].join(' ');
};

const cases: Array<[name: string, rolling: apps.RollingUpdateDaemonSet | 'OnDelete', nodes: string, pods: string, want: string]> = [
  ['nodes without a pod get one', {}, 'n1 n2', 'n1:new', '+n2'],
  ['a node that is not to have one gets none', {}, 'n1 n2x', '', '+n1'],
  ['what runs there already stays', {}, 'n1 n2x', 'n1:new n2:new', ''],
  ['the place of a pod on its way out is not free yet', {}, 'n1', 'n1:new-', ''],
  ['of two the older stays', {}, 'n1', 'n1:new n1:new', '-n1-new-1'],
  ['one that is bound stays before an older that waits', {}, 'n1', 'n1:new~ n1:new', '-n1-new-0'],
  ['one that failed goes, and its place is filled when it has gone', {}, 'n1', 'n1:new!', '-n1-new-0'],
  ['so does one that ended well', {}, 'n1', 'n1:new+', '-n1-new-0'],
  ['one that waits for a node that is gone goes', {}, 'n1', 'n1:new n7:new~', '-n7-new-1'],
  ['an old one goes, one at a time', { maxUnavailable: 1 }, 'n1 n2 n3', 'n1:old n2:old n3:old', '-n1-old-0'],
  ['or two', { maxUnavailable: 2 }, 'n1 n2 n3', 'n1:old n2:old n3:old', '-n1-old-0 -n2-old-1'],
  ['a share is rounded up', { maxUnavailable: '34%' }, 'n1 n2 n3', 'n1:old n2:old n3:old', '-n1-old-0 -n2-old-1'],
  ['a new one that is not ready counts', { maxUnavailable: 1 }, 'n1 n2 n3', 'n1:new? n2:old n3:old', ''],
  ['so does a place that is about to be free', { maxUnavailable: 1 }, 'n1 n2 n3', 'n1:old- n2:old n3:old', ''],
  ['old ones that are not ready are no loss', { maxUnavailable: 1 }, 'n1 n2 n3', 'n1:new? n2:old? n3:old?', '-n2-old-1 -n3-old-2'],
  ['they go first', { maxUnavailable: 1 }, 'n1 n2 n3', 'n1:old n2:old n3:old?', '-n3-old-2'],
  ['and count', { maxUnavailable: 2 }, 'n1 n2 n3', 'n1:old n2:old n3:old?', '-n3-old-2 -n1-old-0'],
  ['nodes are filled before the rollout goes on', { maxUnavailable: 2 }, 'n1 n2 n3', 'n1:old n2:old', '+n3'],
  ['OnDelete changes nothing', 'OnDelete', 'n1 n2', 'n1:old n2:old', ''],
  ['a surge puts a new one beside an old one', { maxUnavailable: 0, maxSurge: 1 }, 'n1 n2', 'n1:old n2:old', '+n1'],
  ['no further one before that is available', { maxUnavailable: 0, maxSurge: 1 }, 'n1 n2', 'n1:old n1:new? n2:old', ''],
  ['then the old one goes', { maxUnavailable: 0, maxSurge: 1 }, 'n1 n2', 'n1:old n1:new n2:old', '-n1-old-0'],
  [
    'an old one that is not ready goes for a new one that is not either',
    { maxSurge: 1, maxUnavailable: 0 },
    'n1',
    'n1:old? n1:new?',
    '-n1-old-0',
  ],
  [
    'what is of no use is replaced beyond the surge',
    { maxSurge: 1, maxUnavailable: 0 },
    'n1 n2 n3',
    'n1:old? n2:old? n3:old',
    '+n1 +n2 +n3',
  ],
  ['with a surge the place of one on its way out is taken at once', { maxSurge: 1, maxUnavailable: 0 }, 'n1', 'n1:old-', '+n1'],
  ['more than two of a node go', { maxSurge: 1, maxUnavailable: 0 }, 'n1', 'n1:old n1:old n1:new? n1:new?', '-n1-new-3 -n1-old-1'],
  [
    'on a node that is not to have one any more the old one stays until there are enough elsewhere',
    { maxSurge: 1, maxUnavailable: 0 },
    'n1 n2x',
    'n1:new? n2:old',
    '',
  ],
  ['and goes then', { maxSurge: 1, maxUnavailable: 0 }, 'n1 n2x', 'n1:new n2:old', '-n2-old-1'],
];

describe('a plan', () => {
  test.each(cases)('%s', (_, rolling, nodes, pods, want) => {
    expect(shown(setOf(rolling), seenOf(nodes, pods))).toBe(want);
  });

  test('a failed pod is left alone for a while', () => {
    expect(shown(setOf(), seenOf('n1', 'n1:new!', 700))).toBe('again in 700');
    expect(shown(setOf({ maxSurge: 1, maxUnavailable: 0 }), seenOf('n1', 'n1:new!', 700))).toBe('again in 700');
  });

  test('a set on its way out does nothing', () => {
    const set = setOf();
    set.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(shown(set, seenOf('n1', ''))).toBe('');
  });
});

describe('a node', () => {
  const taint = (key: string, effect: core.Taint['effect']): core.Taint => ({ key, effect });
  const fits: Array<[name: string, template: Partial<core.PodSpec>, node: core.Node, runs: boolean, stays: boolean]> = [
    ['fits', {}, nodeOf('n1'), true, true],
    ['that is not ready fits', {}, nodeOf('n1', 'False', { taints: [taint('node.kubernetes.io/not-ready', 'NoExecute')] }), true, true],
    [
      'that is cordoned fits',
      {},
      nodeOf('n1', 'True', { unschedulable: true, taints: [taint('node.kubernetes.io/unschedulable', 'NoSchedule')] }),
      true,
      true,
    ],
    [
      'without network fits pods on its own',
      { hostNetwork: true },
      nodeOf('n1', 'True', { taints: [taint('node.kubernetes.io/network-unavailable', 'NoSchedule')] }),
      true,
      true,
    ],
    [
      'without network does not fit others',
      {},
      nodeOf('n1', 'True', { taints: [taint('node.kubernetes.io/network-unavailable', 'NoSchedule')] }),
      false,
      true,
    ],
    ['with a taint takes no new ones', {}, nodeOf('n1', 'True', { taints: [taint('a', 'NoSchedule')] }), false, true],
    ['that prefers others fits', {}, nodeOf('n1', 'True', { taints: [taint('a', 'PreferNoSchedule')] }), true, true],
    ['that drives pods away keeps none', {}, nodeOf('n1', 'True', { taints: [taint('a', 'NoExecute')] }), false, false],
    [
      'whose taint is tolerated fits',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      nodeOf('n1', 'True', { taints: [taint('a', 'NoExecute')] }),
      true,
      true,
    ],
    ['of another label does not fit', { nodeSelector: { disk: 'fast' } }, nodeOf('n1'), false, false],
    ['of another name does not fit', { nodeName: 'n2' }, nodeOf('n1'), false, false],
    [
      'that the affinity names fits',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
            },
          },
        },
      },
      nodeOf('n1'),
      true,
      true,
    ],
  ];
  test.each(fits)('%s', (_, template, node, runs, stays) => {
    expect(fitter(setOf({}, template))(node)).toEqual({ runs, stays });
  });
});

test('tolerations of the template stay, those of daemons are added once', () => {
  const own: core.Toleration[] = [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
    { key: 'mine', operator: 'Equal', value: 'x' },
  ];
  const all = tolerationsOf({ containers: [], tolerations: own });
  expect(all.slice(0, 2)).toEqual([{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }, own[1]]);
  expect(all.length).toBe(7);
});

test('counts: the oldest pod of a node speaks for it', () => {
  const set = setOf();
  const seen = seenOf('n1 n2 n3 n4 n5x', 'n1:new n2:old n2:new? n3:new? n5:new');
  expect(statusOf(set, placesOf(set, seen), { hash: 'new', collisionCount: 0 }, now)).toEqual({
    currentNumberScheduled: 3,
    numberMisscheduled: 1,
    desiredNumberScheduled: 4,
    numberReady: 2,
    observedGeneration: 3,
    updatedNumberScheduled: 2,
    numberAvailable: 2,
    numberUnavailable: 2,
  });
});
