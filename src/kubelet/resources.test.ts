import { expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import { type core, qosClassOf } from '../kinds/index.ts';
import { cpuShares, limitsOf, oomScoreAdj } from './resources.ts';

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
  test(name, () => expect([qosClassOf(it), oomScoreAdj(it, it.spec.containers[0] as core.Container, 4 * gi)]).toEqual([want, score]));
}

// Upstream: TestGetContainerOOMScoreAdjust, sidecars and KEP-2837.
const scored = (spec: Partial<core.PodSpec>, name: string): number => {
  const it = podForTests(spec);
  const all = [...it.spec.containers, ...(it.spec.initContainers ?? [])];
  return oomScoreAdj(it, all.find((one) => one.name === name) as core.Container, 4 * gi);
};
const asks = (name: string, memory: string): core.Container => ({ name, resources: { requests: { memory } } });
test('a sidecar is no likelier to be killed than the containers it serves', () => {
  const sidecar = { ...asks('side', '100Mi'), restartPolicy: 'Always' };
  const spec = { initContainers: [sidecar], containers: [asks('a', '2Gi'), asks('b', '1Gi')] };
  expect(['side', 'a', 'b'].map((it) => scored(spec, it))).toEqual([750, 500, 750]);
});
test('what the pod asks for as a whole counts for each container in equal parts', () => {
  const spec = { resources: { requests: { memory: '3Gi' } }, containers: [asks('a', '1Gi'), { name: 'b' }] };
  expect(['a', 'b'].map((it) => scored(spec, it))).toEqual([500, 750]);
});
test('a node-critical pod is spared, a cluster-critical one is not', () => {
  const critical = (priorityClassName: string) => scored({ priority: 2_000_000_000, priorityClassName, containers: [{ name: 'a' }] }, 'a');
  expect(['system-node-critical', 'system-cluster-critical'].map(critical)).toEqual([-997, 1000]);
});

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

test('a container without a limit is limited as its pod is', () => {
  const one = podForTests({
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    containers: [{ name: 'a' }, { name: 'b', resources: { limits: { cpu: '1' } } }],
  });
  const [a, b] = one.spec.containers.map((it) => limitsOf(one, it, 4 * gi));
  expect([a?.nanoCpus, a?.memoryBytes, b?.nanoCpus, b?.memoryBytes]).toEqual([2e9, gi, 1e9, gi]);
});
