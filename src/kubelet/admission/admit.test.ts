import { expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { admit, type NodeState } from './admit.ts';

const node = (status: core.NodeStatus = {}, taints: core.Taint[] = []): core.Node =>
  ({
    metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } },
    spec: { taints },
    status: { allocatable: { cpu: '1', memory: '1Gi', pods: '2' }, ...status },
  }) as unknown as core.Node;
const well: NodeState = { node: node(), others: [], pressures: [], unsafeSysctls: [], appArmor: false };
const asking = (requests: { [name: string]: string }): Partial<core.PodSpec> => ({ containers: [{ name: 'a', resources: { requests } }] });
const sysctl = (name: string, more: Partial<core.PodSpec> = {}): Partial<core.PodSpec> => ({
  ...more,
  securityContext: { sysctls: [{ name, value: '1' }] },
});
const taking = (hostPort: number, hostIP?: string): Partial<core.PodSpec> => ({
  containers: [{ name: 'a', ports: [{ containerPort: 80, hostPort, ...(hostIP && { hostIP }) }] }],
});
const others = (...specs: Array<Partial<core.PodSpec>>): core.Pod[] => specs.map((it) => podForTests(it));

// Upstream: TestGeneralPredicates, TestAllowlist, eviction Admit, NewAppArmorAdmitHandler.
test.each<[string, Partial<core.PodSpec>, Partial<NodeState>, string | undefined]>([
  ['nothing special', {}, {}, undefined],
  [
    'more than there is',
    asking({ cpu: '1500m' }),
    {},
    "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 0, capacity: 1000",
  ],
  [
    'more than is left',
    asking({ memory: '1Gi' }),
    { others: others(asking({ memory: '1Mi' })) },
    "OutOfmemory: Node didn't have enough resource: memory, requested: 1073741824, used: 1048576, capacity: 1073741824",
  ],
  ['too many', {}, { others: others({}, {}) }, "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2"],
  ['what no node has is seen to by others', asking({ 'example.com/x': '1' }), {}, undefined],
  [
    'what this node has too little of',
    asking({ 'example.com/x': '2' }),
    { node: node({ allocatable: { pods: '2', 'example.com/x': '1' } }) },
    "OutOfexample.com/x: Node didn't have enough resource: example.com/x, requested: 2, used: 0, capacity: 1",
  ],
  [
    'another node wanted',
    { nodeSelector: { disk: 'fast' } },
    {},
    "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    'a port that is taken',
    taking(80),
    { others: others(taking(80, '127.0.0.1')) },
    "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  ['the same port elsewhere', taking(80, '127.0.0.2'), { others: others(taking(80, '127.0.0.1')) }, undefined],
  [
    'a taint that drives pods out',
    {},
    { node: node({}, [{ key: 'k', effect: 'NoExecute' }]) },
    "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  ],
  ['one that only keeps them off', {}, { node: node({}, [{ key: 'k', effect: 'NoSchedule' }]) }, undefined],
  ['a safe sysctl', sysctl('net.ipv4.tcp_syncookies'), {}, undefined],
  ['with slashes', sysctl('net/ipv4/tcp_syncookies'), {}, undefined],
  ['an unsafe sysctl', sysctl('kernel.msgmax'), {}, 'SysctlForbidden: forbidden sysctl: "kernel.msgmax" not allowlisted'],
  ['one that is allowed here', sysctl('kernel.msgmax'), { unsafeSysctls: ['kernel.msg*'] }, undefined],
  [
    "in the host's network",
    sysctl('net.ipv4.tcp_syncookies', { hostNetwork: true }),
    {},
    'SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
  ],
  [
    "in the host's IPC",
    sysctl('kernel.shm_rmid_forced', { hostIPC: true }),
    {},
    'SysctlForbidden: forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
  ],
  ['another system', { os: { name: 'windows' } }, {}, "PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS"],
  [
    'groups of the image left out',
    { securityContext: { supplementalGroupsPolicy: 'Strict' } },
    {},
    'SupplementalGroupsPolicyNotSupported: SupplementalGroupsPolicy=Strict is not supported in this node',
  ],
  [
    'a profile nobody enforces',
    { containers: [{ name: 'a', securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } }] },
    {},
    'AppArmor: Cannot enforce AppArmor: AppArmor is not enabled on the host',
  ],
  ['no profile wanted', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, {}, undefined],
  ['memory is short, nothing asked for', {}, { pressures: ['MemoryPressure'] }, 'Evicted: The node had condition: [MemoryPressure]. '],
  ['memory is short, some asked for', asking({ cpu: '1m' }), { pressures: ['MemoryPressure'] }, undefined],
  [
    'memory is short, tolerated',
    { tolerations: [{ key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }] },
    { pressures: ['MemoryPressure'] },
    undefined,
  ],
  [
    'the disk is full for all',
    asking({ cpu: '1m' }),
    { pressures: ['MemoryPressure', 'DiskPressure'] },
    'Evicted: The node had condition: [MemoryPressure DiskPressure]. ',
  ],
  ['but for what the node needs', { priority: 2_000_000_000 }, { pressures: ['DiskPressure'] }, undefined],
])('%s', (_, spec, state, want) => {
  const refusal = admit(podForTests(spec), { ...well, ...state });
  expect(refusal && `${refusal.reason}: ${refusal.message}`).toBe(want);
});
