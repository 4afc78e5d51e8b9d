import { describe, expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import type { ResourceLimits } from '../../runtime/index.ts';
import { containerForTests, podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import { actualResources } from './actual.ts';
import { allocatedPod, askedFor, firstAllocation } from './allocation.ts';
import { roomFor } from './room.ts';
import { createNodeAllocations } from './node-allocations.ts';
import { planResize } from './plan.ts';

type Requirements = core.ResourceRequirements;
const asks = (cpu: string, memory: string): core.Pod =>
  podForTests({ containers: [{ name: 'app', resources: { requests: { cpu, memory } } }] });
const node = { cpu: '4', memory: '4Gi' };
const taken: Array<{ [name: string]: string }> = [{ cpu: '1500m', memory: '2Gi' }, { cpu: '500m' }];

describe('room for a resize', () => {
  const has = asks('1', '1Gi');
  const cases: Array<[what: string, cpu: string, memory: string, want: string | undefined]> = [
    ['as much as it has', '1', '1Gi', undefined],
    ['less', '100m', '64Mi', undefined],
    ['all that is left', '2', '2Gi', undefined],
    [
      'more CPU than is left',
      '2001m',
      '1Gi',
      "Deferred Node didn't have enough resource: cpu, requested: 2001, used: 2000, capacity: 4000",
    ],
    [
      'more memory than is left',
      '1',
      '3Gi',
      "Deferred Node didn't have enough resource: memory, requested: 3221225472, used: 2147483648, capacity: 4294967296",
    ],
    ['more CPU than there is', '5', '1Gi', "Infeasible Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000"],
    [
      'more memory than there is, which is told first',
      '5',
      '4500Mi',
      "Infeasible Node didn't have enough capacity: memory, requested: 4718592000, capacity: 4294967296",
    ],
  ];
  test.each(cases)('%s', (_, cpu, memory, want) => {
    const why = roomFor(asks(cpu, memory), has, taken, node);
    expect(why && `${why.reason} ${why.message}`).toBe(want);
  });

  test('a node that is too full lets its pods shrink', () => {
    const full = [{ cpu: '8', memory: '8Gi' }];
    expect(roomFor(asks('500m', '1Gi'), has, full, node)).toBeUndefined();
    expect(roomFor(asks('500m', '2Gi'), has, full, node)?.reason).toBe('Deferred');
  });
});

describe('what a resize does to a running container', () => {
  const given: ResourceLimits = { cpuShares: 512, nanoCpus: 1e9, memoryBytes: 64 << 20, oomScoreAdj: 900 };
  const restart = (resourceName: string): core.ContainerResizePolicy => ({ resourceName, restartPolicy: 'RestartContainer' });
  const cases: Array<[what: string, policies: core.ContainerResizePolicy[], has: ResourceLimits | undefined, want: unknown]> = [
    ['nothing, when it has it', [], { cpuShares: 512, nanoCpus: 1e9, memoryBytes: 64 << 20 }, undefined],
    ['nothing, when the engine does not tell', [], undefined, undefined],
    ['CPU', [], { cpuShares: 2, nanoCpus: 5e8, memoryBytes: 64 << 20 }, { limits: { cpuShares: 512, nanoCpus: 1e9 }, restart: false }],
    ['memory', [], { cpuShares: 512, nanoCpus: 1e9, memoryBytes: 32 << 20 }, { limits: { memoryBytes: 64 << 20 }, restart: false }],
    [
      'memory, which takes a restart',
      [restart('memory')],
      { cpuShares: 512, nanoCpus: 1e9, memoryBytes: 32 << 20 },
      { limits: { memoryBytes: 64 << 20 }, restart: true },
    ],
    [
      'CPU, where only memory takes one',
      [restart('memory')],
      { cpuShares: 2, nanoCpus: 1e9, memoryBytes: 64 << 20 },
      { limits: { cpuShares: 512 }, restart: false },
    ],
  ];
  test.each(cases)('%s', (_, resizePolicy, limits, want) => {
    const seen = containerForTests('app', limits && { limits });
    expect(planResize({ name: 'app', resizePolicy }, seen, given)).toEqual(want);
  });

  test('a limit that is not given any more stays', () => {
    expect(
      planResize({ name: 'app' }, containerForTests('app', { limits: { cpuShares: 2, memoryBytes: 1 } }), { cpuShares: 2 }),
    ).toBeUndefined();
  });
});

describe('what a container has, in the terms of its manifest', () => {
  const both: Requirements = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.2', memory: '128Mi' } };
  const cases: Array<[what: string, given: Requirements, actual: ResourceLimits, want: Requirements]> = [
    ['what it was given, as it was written', both, { cpuShares: 102, nanoCpus: 2e8, memoryBytes: 128 << 20 }, both],
    [
      'what it had before',
      both,
      { cpuShares: 512, nanoCpus: 1e9, memoryBytes: 256 << 20 },
      { requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    ],
    [
      'less than the engine can be told',
      { limits: { cpu: '1m', memory: '1Mi' } },
      { cpuShares: 2, nanoCpus: 1e7, memoryBytes: 6 << 20 },
      { limits: { cpu: '1m', memory: '1Mi' } },
    ],
    ['nothing', {}, { cpuShares: 2 }, {}],
  ];
  test.each(cases)('%s', (_, given, actual, want) => {
    expect(actualResources(given, actual)).toEqual(want);
  });
});

describe('what a pod was given', () => {
  const now = asks('2', '1Gi');
  const said = (it: Partial<core.ContainerStatus>): core.PodStatus => ({
    containerStatuses: [{ name: 'app', ready: true, restartCount: 0, image: '', imageID: '', ...it }],
  });
  test('is what it asks for, when it is new', () => {
    expect(firstAllocation(now)).toEqual(askedFor(now));
  });
  test('is what its status says, when it asks for something else by now', () => {
    const status = said({ resources: { requests: { cpu: '1', memory: '1Gi' } }, allocatedResources: { cpu: '1', memory: '1Gi' } });
    const given = firstAllocation({ ...now, status });
    expect(given.get('app')).toEqual({ requests: { cpu: '1', memory: '1Gi' } });
    expect(allocatedPod(now, given).spec.containers[0]?.resources).toEqual({ requests: { cpu: '1', memory: '1Gi' } });
  });
  test('counts sidecars, but no containers that end', () => {
    const initContainers = [{ name: 'first' }, { name: 'side', restartPolicy: 'Always' }];
    expect([...askedFor(podForTests({ initContainers })).keys()]).toEqual(['side', 'app']);
  });
});

test('of pods that wait for room the one that matters most comes first', () => {
  const allocations = createNodeAllocations();
  const woken: string[] = [];
  const waits = (uid: string, priority: number, isGuaranteed: boolean): void =>
    allocations.onceFree(uid, { priority, isGuaranteed, wake: () => woken.push(uid) });
  allocations.set('big', { cpu: '1' });
  waits('early', 0, false);
  waits('late', 0, false);
  waits('guaranteed', 0, true);
  waits('urgent', 1000, false);
  allocations.set('new', { cpu: '1' });
  expect(woken).toEqual([]);
  allocations.release('big');
  expect(woken).toEqual(['urgent', 'guaranteed', 'early', 'late']);
  allocations.release('new');
  expect(woken).toHaveLength(4);
});
