import { expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import type { core } from '../kinds/index.ts';
import { cpuShares, limitsOf, oomScoreAdj, qosClass } from './resources.ts';

const gi = 1024 ** 3;
const pod = (...resources: core.ResourceRequirements[]): core.Pod =>
  podForTests({ containers: resources.map((it, i) => ({ name: `c${i}`, resources: it })) });
const full = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1000m', memory: '1Gi' } };

const classes: Array<[string, core.Pod, string, number]> = [
  ['nothing asked', pod({}), 'BestEffort', 1000],
  ['all equal', pod(full), 'Guaranteed', -997],
  ['limits alone', pod({ limits: { cpu: '1', memory: '1Gi' } }), 'Guaranteed', -997],
  ['one of two', pod(full, {}), 'Burstable', 750],
  ['memory alone', pod({ limits: { memory: '1Gi' }, requests: { memory: '1Gi' } }), 'Burstable', 750],
  ['cpu alone', pod({ requests: { cpu: '100m' } }), 'Burstable', 999],
  ['nearly all of the memory', pod({ requests: { memory: '4Gi' } }), 'Burstable', 3],
  ['zero counts as nothing', pod({ requests: { cpu: '0' } }), 'BestEffort', 1000],
];
for (const [name, it, want, score] of classes) {
  test(name, () => expect([qosClass(it), oomScoreAdj(it, it.spec.containers[0] as core.Container, 4 * gi)]).toEqual([want, score]));
}

test('shares', () => expect([0, 1, 100, 1000, 1_000_000].map(cpuShares)).toEqual([2, 2, 102, 1024, 262_144]));

test('limits as the engine takes them', () => {
  const one = pod({ limits: { cpu: '250m', memory: '4Mi' } });
  expect(limitsOf(one, one.spec.containers[0] as core.Container, gi)).toEqual({
    cpuShares: 256,
    nanoCpus: 250_000_000,
    memoryBytes: 6 * 1024 * 1024,
    oomScoreAdj: -997,
  });
  const none = pod({});
  expect(limitsOf(none, none.spec.containers[0] as core.Container, gi)).toEqual({ cpuShares: 2, oomScoreAdj: 1000 });
});
