import { expect, test } from 'vitest';
import { nodeOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { planPod, surplus } from './plan.ts';

const going = { deletionTimestamp: 't' };
const out = (ready: 'True' | 'False'): core.Node =>
  nodeOf('n1', ready, { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] });

const cases: Array<[name: string, pod: core.Pod, node: core.Node | undefined, missingSince: number | undefined, want: string]> = [
  ['on a node', podOf('a'), nodeOf('n1'), undefined, 'nothing'],
  ['unscheduled', podOf('a', { spec: { nodeName: '' } }), undefined, undefined, 'nothing'],
  ['unscheduled, to go', podOf('a', { spec: { nodeName: '' }, metadata: going }), undefined, undefined, 'remove'],
  ['its node has been away for a moment', podOf('a'), undefined, seconds(90), 'look again'],
  ['its node has been away for long', podOf('a'), undefined, seconds(60), 'remove'],
  ['to go, on a node that is out of service', podOf('a', { metadata: going }), out('False'), undefined, 'remove'],
  ['to go, on one that is ready all the same', podOf('a', { metadata: going }), out('True'), undefined, 'nothing'],
  ['on a node that is out of service', podOf('a'), out('False'), undefined, 'nothing'],
];
test.each(cases)('%s', (_, pod, node, missing, want) => expect(planPod(pod, node, missing, seconds(100)).do).toBe(want));

test('ended pods above the limit: evicted ones first, then the oldest', () => {
  const ended = (name: string, creationTimestamp: string, status: core.PodStatus = { phase: 'Succeeded' }): core.Pod =>
    podOf(name, { metadata: { creationTimestamp }, status });
  const pods = [
    ended('young', '3'),
    ended('old', '1'),
    ended('evicted', '9', { phase: 'Failed', reason: 'Evicted' }),
    ended('b', '2'),
    podOf('runs'),
  ];
  expect(surplus(pods, 2).map((it) => it.metadata.name)).toEqual(['evicted', 'old']);
  expect(surplus(pods, 4)).toEqual([]);
});
