import { describe, expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { limitMessage, shortageMessage } from './message.ts';
import { memoryOf, type Observations, processesOf } from './observe.ts';
import { nothingSeen, planEviction, type Seen, type Shortage } from './plan.ts';
import { type Candidate, rank } from './rank.ts';
import { defaultThresholds, faultInThresholds, parseThresholds } from './thresholds.ts';

const mi = 1024 ** 2;

test('thresholds as upstream writes them', () => {
  expect(parseThresholds('memory.available<100Mi, nodefs.available<10%,imagefs.available<0%')).toEqual([
    { signal: 'memory.available', least: { amount: 100 * mi } },
    { signal: 'nodefs.available', least: { share: 0.1 } },
  ]);
  expect(parseThresholds(defaultThresholds)).toHaveLength(5);
  expect([faultInThresholds('cpu.available<1'), faultInThresholds('memory.available<lots'), faultInThresholds('')]).toEqual([
    expect.stringContaining('"cpu.available" is none of memory.available'),
    'memory.available must have an amount such as 100Mi or 10%, not "lots"',
    undefined,
  ]);
});

test('soft thresholds, with how long to wait and how much to win back', () => {
  const texts = {
    hard: 'memory.available<100Mi',
    soft: 'memory.available<20%',
    softGrace: 'memory.available=1m30s',
    reclaim: 'memory.available=50Mi',
  };
  const reclaim = { amount: 50 * mi };
  expect(parseThresholds(texts)).toEqual([
    { signal: 'memory.available', least: { amount: 100 * mi }, reclaim },
    { signal: 'memory.available', least: { share: 0.2 }, grace: 90_000, reclaim },
  ]);
  const faults: Array<[texts: Parameters<typeof faultInThresholds>[0], fault: string]> = [
    [{ ...texts, softGrace: '' }, 'grace period must be specified for the soft eviction threshold memory.available'],
    [{ ...texts, softGrace: 'memory.available=soon' }, 'memory.available must have a duration such as 1m30s, not "soon"'],
    [{ ...texts, reclaim: 'memory.available=some' }, 'memory.available must have an amount such as 100Mi or 10%, not "some"'],
    [{ ...texts, reclaim: 'cpu.available=1' }, expect.stringContaining('"cpu.available" is none of')],
  ];
  for (const [of, fault] of faults) expect(faultInThresholds(of)).toEqual(fault);
});

test("what the kernel's files say", () => {
  expect(memoryOf('MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    400 kB\n')).toEqual({
    available: 409_600,
    capacity: 1_024_000,
  });
  expect(memoryOf('')).toBeUndefined();
  expect(processesOf('0.10 0.20 0.30 2/150 4711\n', '32768\n', '1000\n')).toEqual({ available: 850, capacity: 1000 });
  expect(processesOf('', '', '')).toBeUndefined();
});

const left = (memory: number, disk = 100): Observations =>
  new Map([
    ['nodefs.available', { available: disk, capacity: 100 }],
    ['memory.available', { available: memory, capacity: 1000 * mi }],
  ]);
const thresholds = parseThresholds('nodefs.available<10%,memory.available<100Mi,pid.available<5');

test('a pressure outlasts its cause, and memory comes first', () => {
  const look = (observations: Observations, seen: Seen, now: number) =>
    planEviction(thresholds, observations, { seen, now, transition: 300 });
  const first = look(left(99 * mi, 9), nothingSeen, 0);
  expect([first.pressures, first.shortage?.signal]).toEqual([['DiskPressure', 'MemoryPressure'], 'memory.available']);
  const well = look(left(100 * mi, 9), first.seen, 200);
  expect([well.pressures, well.shortage]).toEqual([
    ['DiskPressure', 'MemoryPressure'],
    { signal: 'nodefs.available', starved: 'ephemeral-storage', least: 10, observed: { available: 9, capacity: 100 }, isHard: true },
  ]);
  expect(look(left(100 * mi), well.seen, 300).pressures).toEqual(['DiskPressure']);
  expect(look(left(100 * mi), well.seen, 500)).toMatchObject({ pressures: [], shortage: undefined });
});

// Upstream: TestThresholdsMet, TestThresholdsFirstObservedAt, TestThresholdsMetGracePeriod, TestMinReclaim.
describe('a soft threshold', () => {
  const soft = parseThresholds({ hard: 'memory.available<50Mi', soft: 'memory.available<100Mi', softGrace: 'memory.available=1m' });
  const steps: Array<[at: number, memory: number, pressed: boolean, short: number | undefined, isHard?: boolean]> = [
    [0, 120, false, undefined],
    [10, 90, true, undefined],
    [69, 90, true, undefined],
    [70, 90, true, 100, false],
    [80, 110, true, undefined],
    // It has been well in between: the time begins anew.
    [90, 90, true, undefined],
    [100, 40, true, 50, true],
    [150, 90, true, 100, false],
  ];
  test('waits, a hard one does not', () => {
    let seen = nothingSeen;
    for (const [at, memory, pressed, short, isHard] of steps) {
      const plan = planEviction(soft, left(memory * mi), { seen, now: at * 1000, transition: 300_000 });
      seen = plan.seen;
      expect([at, plan.pressures, plan.shortage?.least, plan.shortage?.isHard]).toEqual([
        at,
        pressed ? ['MemoryPressure'] : [],
        short && short * mi,
        isHard,
      ]);
    }
  });
});

test('once pods had to go, more is wanted than to be just above the threshold', () => {
  const wanting = parseThresholds({ hard: 'memory.available<100Mi', reclaim: 'memory.available=50Mi' });
  let seen = nothingSeen;
  const isShort = [120, 90, 120, 149, 150, 120].map((memory, i) => {
    const plan = planEviction(wanting, left(memory * mi), { seen, now: i * 10_000, transition: 0 });
    seen = plan.seen;
    return plan.shortage !== undefined;
  });
  expect(isShort).toEqual([false, true, true, true, false, false]);
});

type Uses = { memory?: number; disk?: number; processes?: number; files?: number } | undefined;
const candidate = (name: string, uses: Uses, spec: Partial<core.PodSpec> & { asks?: string; asksDisk?: string } = {}): Candidate => {
  const { asks, asksDisk, ...more } = spec;
  const requests = { ...(asks && { memory: asks }), ...(asksDisk && { 'ephemeral-storage': asksDisk }) };
  const pod = podForTests({ containers: [{ name: 'app', resources: { requests } }], ...more });
  pod.metadata.name = name;
  const [memoryBytes, diskBytes] = [(uses?.memory ?? 0) * mi, (uses?.disk ?? 0) * mi];
  return {
    pod,
    usage: uses && {
      memoryBytes,
      diskBytes,
      processes: uses.processes ?? 0,
      files: uses.files ?? 0,
      containers: [{ name: 'app', memoryBytes, diskBytes }],
    },
  };
};
const names = (them: readonly Candidate[]): string[] => them.map(({ pod }) => pod.metadata.name);

// Upstream: TestOrderedByExceedsRequestMemoryThenPriorityThenMemory and its neighbours.
test('who goes first when memory is short', () => {
  const all = [
    candidate('within, high', { memory: 300 }, { asks: '400Mi', priority: 10 }),
    candidate('within, low', { memory: 300 }, { asks: '400Mi', priority: 1 }),
    candidate('over by 50, low', { memory: 150 }, { asks: '100Mi', priority: 1 }),
    candidate('over by 200, low', { memory: 250 }, { asks: '50Mi', priority: 1 }),
    candidate('over by 500, high', { memory: 500 }, { priority: 10 }),
    candidate('not known', undefined, { priority: 1 }),
  ];
  expect(names(rank('memory', all))).toEqual([
    'not known',
    'over by 200, low',
    'over by 50, low',
    'over by 500, high',
    'within, low',
    'within, high',
  ]);
});

test('who goes first when the disk or the processes are short', () => {
  const all = [
    candidate('little', { disk: 10, processes: 90, files: 7 }, { priority: 1 }),
    candidate('much', { disk: 20, processes: 20, files: 5 }, { priority: 1 }),
    candidate('as asked', { disk: 30, processes: 30, files: 1 }, { asksDisk: '1Gi', priority: 0 }),
    candidate('no files', { disk: 0, processes: 1 }, { asksDisk: '1Gi', priority: -1 }),
  ];
  expect(names(rank('ephemeral-storage', all))).toEqual(['much', 'little', 'no files', 'as asked']);
  expect(names(rank('pids', all))).toEqual(['no files', 'as asked', 'little', 'much']);
  // Nobody asks for files: who has any uses more than that.
  expect(names(rank('inodes', all))).toEqual(['as asked', 'little', 'much', 'no files']);
});

test('why, in upstream words', () => {
  const shortage: Shortage = {
    isHard: true,
    signal: 'memory.available',
    starved: 'memory',
    least: 100 * mi,
    observed: { available: 50_000 * 1024, capacity: 1000 * mi },
  };
  expect(shortageMessage(shortage, candidate('p', { memory: 30 }, { asks: '10Mi' }))).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50000Ki. ' +
      'Container app was using 30Mi, request is 10Mi, has larger consumption of memory. ',
  );
  expect(shortageMessage({ ...shortage, starved: 'pids', least: 5, observed: { available: 4, capacity: 9 } }, candidate('p', {}))).toBe(
    'The node was low on resource: pids. Threshold quantity: 5, available: 4. ',
  );
});

test('who takes more of the disk than it may', () => {
  const pod = podForTests({
    containers: [{ name: 'app', resources: { limits: { 'ephemeral-storage': '10Mi' } } }],
    volumes: [{ name: 'work', emptyDir: { sizeLimit: '5Mi' } }],
  });
  const used = (volume: number, container: number) => ({
    volumes: new Map([['work', volume * mi]]),
    containers: [{ name: 'app', diskBytes: container * mi }],
    totalBytes: (volume + container) * mi,
    volumeFiles: 0,
  });
  expect(limitMessage(pod, '10Mi', used(5, 5))).toBeUndefined();
  expect(limitMessage(pod, '10Mi', used(6, 0))).toBe('Usage of EmptyDir volume "work" exceeds the limit "5Mi". ');
  expect(limitMessage(pod, '10Mi', used(5, 6))).toBe('Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ');
  expect(limitMessage(pod, undefined, used(0, 11))).toBe('Container app exceeded its local ephemeral storage limit "10Mi". ');
});
