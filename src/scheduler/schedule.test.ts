import { describe, expect, test } from 'vitest';
import { aClaim, aClass, aContext, aNode, anInfo, aPod, asking, aVolume, type World } from '../../test/fixtures/scheduler/objects.ts';
import type { core, policy } from '../kinds/index.ts';
import { seededRandom } from '../lib/random.ts';
import { preempt } from './preempt.ts';
import { enoughOf, schedule } from './schedule.ts';

/** Where the pod goes, or the whole message. */
function outcome(pod: ReturnType<typeof anInfo>, world: World): string {
  const context = aContext(world);
  const decision = schedule(pod, context, seededRandom(1));
  if (decision.type === 'node') return decision.node.name;
  const made = decision.mayPreempt ? preempt(pod, decision.mightFit, context) : undefined;
  if (made?.type === 'victims') return `${made.node.name} without ${made.victims.map((it) => it.pod.metadata.name).join(' ')}`;
  return made ? `${decision.message} ${made.message}` : decision.message;
}

const noVictims = (nodes = 1, count = nodes): string =>
  `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${count} No preemption victims found for incoming pod.`;
const noHelp = (nodes = 1): string =>
  `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;

const needs = (terms: core.NodeSelectorTerm[]): Partial<core.PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
});
const claim = (name: string): Partial<core.PodSpec> => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] });
const bound = (volume: string): [core.PersistentVolumeClaimSpec, Partial<core.PersistentVolumeClaim>] => [
  { volumeName: volume },
  { status: { phase: 'Bound' } },
];
const port = (hostPort: number, rest: Partial<core.ContainerPort> = {}): Partial<core.PodSpec> => ({
  containers: [asking('', { ports: [{ containerPort: 80, hostPort, ...rest }] })],
});
const tainted = aNode('n1', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] });
const inZone = (name: string, zone: string): core.Node => aNode(name, { labels: { 'topology.kubernetes.io/zone': zone } });
const near = (app: string, kind: 'podAffinity' | 'podAntiAffinity', topologyKey = 'kubernetes.io/hostname'): Partial<core.PodSpec> => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app } }, topologyKey }] } },
});
const web = (name: string, spec: Partial<core.PodSpec> = {}): core.Pod => aPod(name, spec, { labels: { app: 'web' } });
const spread = (topologyKey: string, rest: Partial<core.TopologySpreadConstraint> = {}): Partial<core.PodSpec> => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'web' } }, ...rest },
  ],
});

const one = [aNode('n1')];
const cases: Array<[name: string, pod: ReturnType<typeof anInfo>, world: World, want: string]> = [
  ['a plain pod', anInfo('p'), { nodes: one }, 'n1'],
  ['no nodes at all', anInfo('p'), { nodes: [] }, 'no nodes available to schedule pods'],
  [
    'a cordoned node',
    anInfo('p'),
    { nodes: [aNode('n1', { unschedulable: true })] },
    `0/1 nodes are available: 1 node(s) were unschedulable. ${noHelp()}`,
  ],
  [
    'a cordoned node, tolerated',
    anInfo('p', { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }),
    { nodes: [aNode('n1', { unschedulable: true })] },
    'n1',
  ],
  ['a taint', anInfo('p'), { nodes: [tainted] }, `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${noHelp()}`],
  [
    'a taint tolerated by value',
    anInfo('p', { tolerations: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
    { nodes: [tainted] },
    'n1',
  ],
  ['a taint tolerated with all others', anInfo('p', { tolerations: [{ operator: 'Exists' }] }), { nodes: [tainted] }, 'n1'],
  [
    'a toleration of another value or effect',
    anInfo('p', {
      tolerations: [
        { key: 'gpu', value: 'no' },
        { key: 'gpu', operator: 'Exists', effect: 'NoExecute' },
      ],
    }),
    { nodes: [tainted] },
    `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${noHelp()}`,
  ],
  ['a node selector', anInfo('p', { nodeSelector: { disk: 'ssd' } }), { nodes: [...one, aNode('n2', { labels: { disk: 'ssd' } })] }, 'n2'],
  [
    'a node selector that nothing matches',
    anInfo('p', { nodeSelector: { disk: 'ssd' } }),
    { nodes: one },
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${noHelp()}`,
  ],
  [
    'node affinity: alternatives, each with all its expressions',
    anInfo(
      'p',
      needs([
        {
          matchExpressions: [
            { key: 'a', operator: 'Exists' },
            { key: 'size', operator: 'Gt', values: ['4'] },
          ],
        },
      ]),
    ),
    { nodes: [aNode('n1', { labels: { a: '1', size: '4' } }), aNode('n2', { labels: { a: '', size: '5' } })] },
    'n2',
  ],
  [
    'an empty affinity term means no node',
    anInfo('p', needs([{}])),
    { nodes: one },
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${noHelp()}`,
  ],
  [
    'a node named by a field, as DaemonSets do',
    anInfo('p', needs([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }])),
    { nodes: [...one, aNode('n2')] },
    'n2',
  ],
  [
    'a node named by a field that has no room',
    anInfo('p', {
      ...needs([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }]),
      containers: [asking('cpu=1')],
    }),
    { nodes: [...one, aNode('n2')], running: { n2: [aPod('x', { containers: [asking('cpu=1500m')] })] } },
    `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  ],
  [
    'two nodes at once',
    anInfo(
      'p',
      needs([
        {
          matchFields: [
            { key: 'metadata.name', operator: 'In', values: ['n1'] },
            { key: 'metadata.name', operator: 'In', values: ['n2'] },
          ],
        },
      ]),
    ),
    { nodes: [...one, aNode('n2')] },
    '0/2 nodes are available: pod affinity terms conflict. not found',
  ],
  [
    'a host port in use',
    anInfo('p', port(80)),
    { nodes: one, running: { n1: [aPod('x', port(80))] } },
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${noVictims()}`,
  ],
  [
    'a host port of another protocol',
    anInfo('p', port(80, { protocol: 'UDP' })),
    { nodes: one, running: { n1: [aPod('x', port(80))] } },
    'n1',
  ],
  [
    'a host port on another address',
    anInfo('p', port(80, { hostIP: '127.0.0.1' })),
    { nodes: one, running: { n1: [aPod('x', port(80, { hostIP: '127.0.0.2' }))] } },
    'n1',
  ],
  [
    'a host port on one address while another has all',
    anInfo('p', port(80, { hostIP: '127.0.0.1' })),
    { nodes: one, running: { n1: [aPod('x', port(80))] } },
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${noVictims()}`,
  ],
  [
    'exactly what is left',
    anInfo('p', { containers: [asking('cpu=500m memory=1Gi')] }),
    { nodes: one, running: { n1: [aPod('x', { containers: [asking('cpu=1500m memory=3Gi')] })] } },
    'n1',
  ],
  [
    'more than is left',
    anInfo('p', { containers: [asking('cpu=501m memory=2Gi')] }),
    { nodes: one, running: { n1: [aPod('x', { containers: [asking('cpu=1500m memory=3Gi')] })] } },
    `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${noVictims()}`,
  ],
  [
    'more than the node ever has',
    anInfo('p', { containers: [asking('cpu=100')] }),
    { nodes: one },
    `0/1 nodes are available: 1 Insufficient cpu. ${noHelp()}`,
  ],
  [
    'two containers together',
    anInfo('p', { containers: [asking('cpu=1'), asking('cpu=1001m')] }),
    { nodes: one },
    `0/1 nodes are available: 1 Insufficient cpu. ${noHelp()}`,
  ],
  [
    'init containers count when they are the larger part, sidecars on top',
    anInfo('p', { containers: [asking('cpu=100m')], initContainers: [asking('cpu=1', { restartPolicy: 'Always' }), asking('cpu=1001m')] }),
    { nodes: one },
    `0/1 nodes are available: 1 Insufficient cpu. ${noHelp()}`,
  ],
  [
    'what the pod asks for as a whole stands in place of the sum of its containers',
    anInfo('p', { containers: [asking('cpu=3')], resources: { requests: { cpu: '1' } } }),
    { nodes: one },
    'n1',
  ],
  [
    'overhead counts',
    anInfo('p', { containers: [asking('cpu=2')], overhead: { cpu: '1m' } }),
    { nodes: one },
    `0/1 nodes are available: 1 Insufficient cpu. ${noHelp()}`,
  ],
  [
    'extended resources',
    anInfo('p', { containers: [asking('example.com/dongle=2')] }),
    {
      nodes: [aNode('n1', { room: 'example.com/dongle=2' })],
      running: { n1: [aPod('x', { containers: [asking('example.com/dongle=1')] })] },
    },
    `0/1 nodes are available: 1 Insufficient example.com/dongle. ${noVictims()}`,
  ],
  [
    'too many pods',
    anInfo('p'),
    { nodes: [aNode('n1', { room: 'pods=1' })], running: { n1: [aPod('x')] } },
    `0/1 nodes are available: 1 Too many pods. ${noVictims()}`,
  ],
  [
    'several nodes, reasons counted and sorted',
    anInfo('p', { containers: [asking('cpu=3')] }),
    { nodes: [...one, aNode('n2'), aNode('n3', { unschedulable: true })] },
    `0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. ${noHelp(3)}`,
  ],
  [
    'less important pods in the way: the least important goes, the others stay',
    anInfo('p', { priority: 10, containers: [asking('cpu=1')] }),
    {
      nodes: one,
      running: {
        n1: [aPod('low', { priority: 1, containers: [asking('cpu=1')] }), aPod('mid', { priority: 5, containers: [asking('cpu=1')] })],
      },
    },
    'n1 without low',
  ],
  [
    'a pod that never preempts',
    anInfo('p', { priority: 10, preemptionPolicy: 'Never', containers: [asking('cpu=1')] }),
    { nodes: one, running: { n1: [aPod('low', { priority: 1, containers: [asking('cpu=2')] })] } },
    '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  ],
  [
    'less important pods that go would not be enough',
    anInfo('p', { priority: 10, containers: [asking('cpu=1 memory=2Gi')] }),
    {
      nodes: [...one, aNode('n2', { unschedulable: true })],
      running: {
        n1: [
          aPod('low', { priority: 1, containers: [asking('memory=3Gi')] }),
          aPod('equal', { priority: 10, containers: [asking('cpu=2')] }),
        ],
      },
    },
    '0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 node(s) were unschedulable. ' +
      'no new claims to deallocate, preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling.',
  ],
  [
    'several things that ail the volumes of a pod',
    anInfo('p', { volumes: [...(claim('c').volumes ?? []), { name: 'other', persistentVolumeClaim: { claimName: 'gone' } }] }),
    {
      nodes: one,
      claims: [aClaim('c', ...bound('v')), aClaim('gone', ...bound('nothing'))],
      volumes: [
        aVolume('v', {
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n2'] }] }] },
          },
        }),
      ],
    },
    `0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${noHelp()}`,
  ],
  [
    'a claim that is not there',
    anInfo('p', claim('x')),
    { nodes: one },
    `0/1 nodes are available: persistentvolumeclaim "x" not found. not found`,
  ],
  [
    'a claim that is not bound yet',
    anInfo('p', claim('c')),
    { nodes: one, claims: [aClaim('c')] },
    `0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found`,
  ],
  ['a bound claim', anInfo('p', claim('c')), { nodes: one, claims: [aClaim('c', ...bound('v'))], volumes: [aVolume('v')] }, 'n1'],
  [
    'a claim bound to a volume that is gone',
    anInfo('p', claim('c')),
    { nodes: one, claims: [aClaim('c', ...bound('v'))] },
    `0/1 nodes are available: 1 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). ${noHelp()}`,
  ],
  [
    'a volume of one node',
    anInfo('p', claim('c')),
    {
      nodes: [...one, aNode('n2')],
      claims: [aClaim('c', ...bound('v'))],
      volumes: [
        aVolume('v', {
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n2'] }] }] },
          },
        }),
      ],
    },
    'n2',
  ],
  [
    'a volume of another zone',
    anInfo('p', claim('c')),
    {
      nodes: [inZone('n1', 'a')],
      claims: [aClaim('c', ...bound('v'))],
      volumes: [aVolume('v', {}, { 'topology.kubernetes.io/zone': 'b' })],
    },
    `0/1 nodes are available: 1 node(s) had no available volume zone. ${noHelp()}`,
  ],
  [
    'a claim that waits for its first pod',
    anInfo('p', claim('c')),
    { nodes: one, claims: [aClaim('c', { storageClassName: 'slow' })], classes: [aClass('slow')] },
    'n1',
  ],
  [
    'a claim that waits, but nobody makes volumes',
    anInfo('p', claim('c')),
    {
      nodes: one,
      claims: [aClaim('c', { storageClassName: 'local' })],
      classes: [aClass('local', { provisioner: 'kubernetes.io/no-provisioner' })],
      volumes: [aVolume('small', { storageClassName: 'local', capacity: { storage: '500Mi' } })],
    },
    `0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. ${noHelp()}`,
  ],
  [
    'a claim that one pod alone may have',
    anInfo('p', claim('c')),
    {
      nodes: one,
      claims: [aClaim('c', { ...bound('v')[0], accessModes: ['ReadWriteOncePod'] }, bound('v')[1])],
      volumes: [aVolume('v')],
      running: { n1: [aPod('x', claim('c'))] },
    },
    `0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. ${noVictims()}`,
  ],
  ['pod affinity', anInfo('p', near('web', 'podAffinity')), { nodes: [...one, aNode('n2')], running: { n2: [web('w')] } }, 'n2'],
  [
    'pod affinity that nobody meets',
    anInfo('p', near('web', 'podAffinity')),
    { nodes: one },
    `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${noHelp()}`,
  ],
  [
    'pod affinity in another namespace does not count',
    anInfo('p', near('web', 'podAffinity')),
    { nodes: one, running: { n1: [aPod('w', {}, { namespace: 'other', labels: { app: 'web' } })] } },
    `0/1 nodes are available: 1 node(s) didn't match pod affinity rules. ${noHelp()}`,
  ],
  [
    'pod affinity by labels of a namespace',
    anInfo('p', {
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
    }),
    {
      nodes: one,
      running: { n1: [aPod('w', {}, { namespace: 'other', labels: { app: 'web' } })] },
      namespaces: { other: { team: 'a' } },
    },
    'n1',
  ],
  [
    'the first of a group that wants to be together',
    anInfo('p', near('web', 'podAffinity'), { labels: { app: 'web' } }),
    { nodes: one },
    'n1',
  ],
  [
    'pod anti-affinity',
    anInfo('p', near('web', 'podAntiAffinity')),
    { nodes: one, running: { n1: [web('w')] } },
    `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. ${noVictims()}`,
  ],
  [
    'anti-affinity of a pod that is there',
    anInfo('p', {}, { labels: { app: 'web' } }),
    { nodes: one, running: { n1: [web('w', near('web', 'podAntiAffinity'))] } },
    `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${noVictims()}`,
  ],
  [
    'anti-affinity over a zone',
    anInfo('p', near('web', 'podAntiAffinity', 'topology.kubernetes.io/zone')),
    { nodes: [inZone('n1', 'a'), inZone('n2', 'a'), inZone('n3', 'b')], running: { n1: [web('w')] } },
    'n3',
  ],
  [
    'topology spread',
    anInfo('p', spread('topology.kubernetes.io/zone'), { labels: { app: 'web' } }),
    { nodes: [inZone('n1', 'a'), inZone('n2', 'b')], running: { n1: [web('w')] } },
    'n2',
  ],
  [
    'topology spread with no way out',
    anInfo('p', { ...spread('topology.kubernetes.io/zone'), nodeSelector: {} }, { labels: { app: 'web' } }),
    { nodes: [inZone('n1', 'a'), { ...inZone('n2', 'b'), spec: { unschedulable: true } }, aNode('n3')], running: { n1: [web('w')] } },
    `0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.`,
  ],
  [
    'too few domains count as an empty one',
    anInfo('p', spread('topology.kubernetes.io/zone', { minDomains: 2 }), { labels: { app: 'web' } }),
    { nodes: [inZone('n1', 'a')], running: { n1: [web('w')] } },
    `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints. ${noVictims()}`,
  ],
];
for (const [name, pod, world, want] of cases) test(name, () => expect(outcome(pod, world)).toBe(want));

describe('among nodes that fit', () => {
  const two = [aNode('n1'), aNode('n2')];
  const busy = aPod('x', { containers: [asking('cpu=1 memory=2Gi')] });
  const owner = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true }];
  const better: Array<[name: string, pod: ReturnType<typeof anInfo>, world: World, want: string]> = [
    ['the emptier one', anInfo('p'), { nodes: two, running: { n1: [busy] } }, 'n2'],
    [
      'the one preferred by its labels',
      anInfo('p', {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 100, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
            ],
          },
        },
      }),
      { nodes: [aNode('n1', { labels: { disk: 'ssd' } }), aNode('n2')], running: { n1: [busy] } },
      'n1',
    ],
    [
      'the one without a soft taint',
      anInfo('p'),
      { nodes: [aNode('n1', { taints: [{ key: 'old', effect: 'PreferNoSchedule' }] }), aNode('n2')], running: { n2: [busy] } },
      'n2',
    ],
    [
      'the one that has the image',
      anInfo('p', { containers: [{ name: 'app', image: 'big' }] }),
      { nodes: [aNode('n1', { images: [{ names: ['big:latest'], sizeBytes: 900_000_000 }] }), aNode('n2')] },
      'n1',
    ],
    [
      'the one with fewer of the same owner',
      anInfo('p', {}, { ownerReferences: owner }),
      {
        nodes: two,
        running: { n1: [aPod('a', {}, { ownerReferences: owner })], n2: [busy] },
      },
      'n2',
    ],
    [
      'the one with preferred company',
      anInfo('p', {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 10, podAffinityTerm: { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'kubernetes.io/hostname' } },
            ],
          },
        },
      }),
      { nodes: two, running: { n1: [web('w', { containers: [asking('cpu=1 memory=2Gi')] })] } },
      'n1',
    ],
    [
      'the one less crowded by a soft spread constraint',
      anInfo('p', spread('kubernetes.io/hostname', { whenUnsatisfiable: 'ScheduleAnyway' }), { labels: { app: 'web' } }),
      { nodes: two, running: { n1: [web('w')], n2: [busy] } },
      'n2',
    ],
  ];
  for (const [name, pod, world, want] of better) test(name, () => expect(outcome(pod, world)).toBe(want));

  test('equals are chosen from by chance', () => {
    const random = seededRandom(3);
    const context = aContext({ nodes: two });
    const chosen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const decision = schedule(anInfo('p'), context, random);
      if (decision.type === 'node') chosen.add(decision.node.name);
    }
    expect([...chosen].sort()).toEqual(['n1', 'n2']);
  });

  test('in a large cluster not all of them are looked for', () => {
    expect([1, 99, 100, 1000, 10_000].map(enoughOf)).toEqual([1, 99, 100, 420, 500]);
  });
});

describe('a pod that was promised a node', () => {
  const preempted = {
    conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
  } as core.PodStatus;
  const leaving = (name: string, status?: core.PodStatus): core.Pod => ({
    ...aPod(name, { priority: 1, containers: [asking('cpu=2')] }, { deletionTimestamp: '2026-01-01T00:00:01Z' }),
    ...(status && { status }),
  });
  const fate = (running: core.Pod[], node = aNode('n1')) => {
    const promised = anInfo('p', { priority: 10, containers: [asking('cpu=1')] });
    Object.assign(promised.pod, { status: { nominatedNodeName: 'n1' } });
    const context = aContext({ nodes: [node, aNode('n2')], running: { n1: running, n2: [leaving('other')] } });
    const decision = schedule(promised, context, seededRandom(1));
    const found = decision.type === 'none' ? preempt(promised, decision.mightFit, context) : decision;
    return found.type === 'victims' ? `${found.node.name}: ${found.victims.map((it) => it.pod.metadata.name)}` : found.type;
  };

  test('waits while pods leave it to make room', () => expect(fate([leaving('low', preempted)])).toBe('waits'));

  test('does not wait for those who leave for another reason', () => expect(fate([leaving('low')])).toMatch(/^n[12]: /));

  test('does not wait on a node that would not do any more', () => {
    expect(fate([leaving('low', preempted)], aNode('n1', { unschedulable: true }))).toBe('n2: other');
  });
});

describe('preemption and disruption budgets', () => {
  const budget = (allowed: number, disrupted: string[] = []): policy.PodDisruptionBudget => ({
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
    metadata: { name: 'keep', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { selector: { matchLabels: { app: 'kept' } } },
    status: {
      ...{ disruptionsAllowed: allowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
      disruptedPods: Object.fromEntries(disrupted.map((it) => [it, '2026-01-01T00:00:00Z'])),
    },
  });
  const lesser = (name: string, app: string, priority = 1) => aPod(name, { priority, containers: [asking('cpu=2')] }, { labels: { app } });
  const chosen = (budgets: policy.PodDisruptionBudget[], running: { [node: string]: core.Pod[] }): string => {
    const context = { ...aContext({ nodes: Object.keys(running).map((it) => aNode(it)), running }), budgets: () => budgets };
    const found = preempt(anInfo('p', { priority: 10, containers: [asking('cpu=2')] }), context.cluster.nodes, context);
    return found.type === 'victims' ? `${found.node.name}: ${found.victims.map((it) => it.pod.metadata.name)}` : found.type;
  };
  const both = { n1: [lesser('kept', 'kept')], n2: [lesser('other', 'other', 5)] };

  test('a node where no budget is broken comes first, though its pods are more important', () => {
    expect(chosen([], both)).toBe('n1: kept');
    expect(chosen([budget(0)], both)).toBe('n2: other');
    expect(chosen([budget(1)], both)).toBe('n1: kept');
  });

  test('whom a budget has let go is no loss to it again', () => {
    expect(chosen([budget(0, ['kept'])], both)).toBe('n1: kept');
  });

  test('where there is no other way, a budget is broken', () => {
    expect(chosen([budget(0)], { n1: [lesser('kept', 'kept')] })).toBe('n1: kept');
  });

  test('on one node those whose budget is spent are spared first', () => {
    const half = (name: string, app: string, priority: number) =>
      aPod(name, { priority, containers: [asking('cpu=1')] }, { labels: { app } });
    const context = {
      ...aContext({ nodes: [aNode('n1')], running: { n1: [half('kept', 'kept', 1), half('other', 'other', 5)] } }),
      budgets: () => [budget(0)],
    };
    const found = preempt(anInfo('p', { priority: 10, containers: [asking('cpu=1')] }), context.cluster.nodes, context);
    expect(found.type === 'victims' && found.victims.map((it) => it.pod.metadata.name)).toEqual(['other']);
  });
});
