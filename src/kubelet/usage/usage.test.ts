import { beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import type { ContainerState, Usage } from '../../runtime/index.ts';
import { hostUsage } from './host.ts';
import { createUsageMeter } from './index.ts';
import { type ContainerSample, type Sample, usageBetween } from './rates.ts';

const used = (at: number, cpuNanoseconds: number, memory = 1000): Usage => ({
  ...{ at, cpuNanoseconds, memoryWorkingSetBytes: memory, memoryRssBytes: 0 },
});

describe('two looks', () => {
  const container = (at: number, spent: number, startedAt = 0, uid = 'p1', name = 'app'): ContainerSample => ({
    ...{ uid, name, startedAt, usage: used(at, spent) },
  });
  const sample = (at: number, containers: { [id: string]: ContainerSample }, cpuNanoseconds?: number): Sample => ({
    at,
    host: cpuNanoseconds === undefined ? undefined : { cpuNanoseconds, memoryBytes: 5_000 },
    containers: new Map(Object.entries(containers)),
  });
  const pods = (before: Sample, now: Sample) => usageBetween(before, now).pods;

  test('tell how much of a processor is used a second', () => {
    const before = sample(10_000, { a: container(10_000, 5e9) }, 100e9);
    const now = sample(12_000, { a: container(12_000, 6e9) }, 104e9);
    expect(usageBetween(before, now)).toEqual({
      at: 12_000,
      window: 2_000,
      node: { nanocores: 2e9, memoryBytes: 5_000 },
      pods: [{ uid: 'p1', at: 12_000, window: 2_000, containers: [{ name: 'app', nanocores: 5e8, memoryBytes: 1000 }] }],
    });
  });

  test('of an engine elsewhere: the node uses what its containers use', () => {
    const before = sample(0, { a: container(0, 0), b: container(0, 0, 0, 'p2') });
    const now = sample(1_000, { a: container(1_000, 1e8), b: container(1_000, 2e8, 0, 'p2') });
    expect(usageBetween(before, now).node).toEqual({ nanocores: 3e8, memoryBytes: 2000 });
  });

  test('of a container that is new since: from its start', () => {
    expect(pods(sample(0, {}), sample(5_000, { a: container(5_000, 1e9, 3_000) }))).toMatchObject([
      { window: 2_000, containers: [{ nanocores: 5e8 }] },
    ]);
  });

  test('too close together, or of totals that fell, say nothing', () => {
    expect(pods(sample(0, {}), sample(5_000, { a: container(5_000, 1e9, 4_900) }))).toEqual([]);
    expect(pods(sample(0, { a: container(0, 2e9) }), sample(5_000, { a: container(5_000, 1e9) }))).toEqual([]);
  });
});

test('a host is all its processors together, and what is not idle file cache', () => {
  const stat = 'cpu  100 10 50 9999 77 1 2 5 0 0\ncpu0 100 10 50 9999 77 1 2 5 0 0\n';
  const memory = 'MemTotal:        1000 kB\nMemFree:          300 kB\nInactive:         500 kB\nInactive(file):   200 kB\n';
  expect(hostUsage(stat, memory)).toEqual({ cpuNanoseconds: 163e7, memoryBytes: 500 * 1024 });
});

describe('the meter', () => {
  let clock: VirtualClock;
  let looks: number;
  let ask: ReturnType<typeof createUsageMeter>;
  beforeEach(() => {
    clock = new VirtualClock(1_000_000);
    looks = 0;
    const state = (id: string, name: string, status: ContainerState['status'] = 'running'): ContainerState => ({
      ...{ id, name: id, image: '', imageId: '', createdAt: 0, startedAt: 1, finishedAt: 0, exitCode: 0, oomKilled: false, error: '' },
      ...{ status, pid: 1, tty: false, limits: {}, labels: { 'io.kubernetes.pod.uid': 'p1', 'io.kubernetes.container.name': name } },
    });
    ask = createUsageMeter({
      clock,
      sharesHost: false,
      containers: () => [state('s', 'POD'), state('a', 'app'), state('b', 'gone', 'exited'), state('c', 'ending')],
      streams: {
        async usage(id) {
          if (id !== 'a') return undefined;
          looks++;
          // A quarter of a processor, all the time.
          return used(clock.now(), clock.now() * 250_000);
        },
      },
    });
  });
  const answered = async (span = 2_000) => {
    const asked = ask();
    await clock.advance(span);
    return asked;
  };

  test('looks twice when it is first asked, and at nothing before', async () => {
    expect(looks).toBe(0);
    expect((await answered()).pods).toEqual([
      { uid: 'p1', at: 1_001_000, window: 1_000, containers: [{ name: 'app', nanocores: 250_000_000, memoryBytes: 1000 }] },
    ]);
    expect(looks).toBe(2);
  });

  test('who asks at the same time, or soon again, gets the same', async () => {
    const [one, two] = [ask(), ask()];
    await clock.advance(3_000);
    expect(await one).toBe(await two);
    expect(await answered()).toBe(await one);
    expect(looks).toBe(2);
  });

  test('later one look will do; much later there are two again', async () => {
    await answered();
    await clock.advance(15_000);
    expect((await answered(0)).window).toBe(16_000);
    expect(looks).toBe(3);
    await clock.advance(120_000);
    expect((await answered()).window).toBe(1_000);
    expect(looks).toBe(5);
  });
});
