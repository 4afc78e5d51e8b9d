import { expect, test } from 'vitest';
import { nodeOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { silentConditions, taintsOf } from './plan.ts';

const now = Date.UTC(2026, 0, 1, 1);
const withConditions = (conditions: core.NodeCondition[], spec: Partial<core.NodeSpec> = {}): core.Node => ({
  ...nodeOf('n1', 'True', spec),
  status: { conditions },
});
const shown = (taints: readonly core.Taint[] | undefined): string[] | undefined =>
  taints?.map((it) => `${it.key.replace('node.kubernetes.io/', '')}:${it.effect}`);
const foreign: core.Taint = { key: 'example.com/own', effect: 'NoExecute' };
const unreachable = (effect: core.Taint['effect']): core.Taint => ({ key: 'node.kubernetes.io/unreachable', effect, timeAdded: 'before' });

const cases: Array<[name: string, node: core.Node, mayEvict: boolean, want: string[] | undefined]> = [
  ['ready', nodeOf('n1'), true, undefined],
  ['not ready', nodeOf('n1', 'False'), true, ['not-ready:NoSchedule', 'not-ready:NoExecute']],
  ['silent', nodeOf('n1', 'Unknown'), true, ['unreachable:NoSchedule', 'unreachable:NoExecute']],
  ['silent, and so is every other', nodeOf('n1', 'Unknown'), false, ['unreachable:NoSchedule']],
  ['silent, as it is tainted', nodeOf('n1', 'Unknown', { taints: [unreachable('NoSchedule'), unreachable('NoExecute')] }), true, undefined],
  [
    'silent, then all are',
    nodeOf('n1', 'Unknown', { taints: [unreachable('NoSchedule'), unreachable('NoExecute')] }),
    false,
    ['unreachable:NoSchedule'],
  ],
  [
    'ready again',
    nodeOf('n1', 'True', { taints: [foreign, unreachable('NoSchedule'), unreachable('NoExecute')] }),
    true,
    ['example.com/own:NoExecute'],
  ],
  [
    'speaks again, but is not ready',
    nodeOf('n1', 'False', { taints: [unreachable('NoExecute')] }),
    true,
    ['not-ready:NoSchedule', 'not-ready:NoExecute'],
  ],
  ['cordoned', nodeOf('n1', 'True', { unschedulable: true }), true, ['unschedulable:NoSchedule']],
  [
    'short of memory',
    withConditions([
      { type: 'Ready', status: 'True' },
      { type: 'MemoryPressure', status: 'True' },
    ]),
    true,
    ['memory-pressure:NoSchedule'],
  ],
  ['never heard of', nodeOf('n1', undefined), true, undefined],
];
test.each(cases)('%s', (_, node, mayEvict, want) => expect(shown(taintsOf(node, mayEvict, now))).toEqual(want));

test('a taint keeps its time', () => {
  const [first, second] = taintsOf(nodeOf('n1', 'Unknown', { taints: [unreachable('NoExecute')] }), true, now) ?? [];
  expect([first?.timeAdded, second?.timeAdded]).toEqual(['before', '2026-01-01T01:00:00Z']);
});

test('a silent node: what was known is unknown, foreign conditions stay, and it is said once', () => {
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: 'h', reason: 'KubeletReady' };
  const node = withConditions([ready, { type: 'Foreign', status: 'True' }]);
  const after = silentConditions(node, now) ?? [];
  expect(after.map((it) => `${it.type} ${it.status} ${it.reason ?? ''}`)).toEqual([
    'Ready Unknown NodeStatusUnknown',
    'Foreign True ',
    'MemoryPressure Unknown NodeStatusNeverUpdated',
    'DiskPressure Unknown NodeStatusNeverUpdated',
    'PIDPressure Unknown NodeStatusNeverUpdated',
  ]);
  expect([after[0]?.lastHeartbeatTime, after[2]?.lastHeartbeatTime]).toEqual(['h', node.metadata.creationTimestamp]);
  expect(silentConditions(withConditions(after), now + 1)).toBeUndefined();
});
