import { beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { createKernelTable, type KernelTable } from './kernel-table.ts';
import type { Programs } from './nft.ts';
import type { Piece } from './pieces.ts';

/** A kernel that keeps what it was told; it refuses while `fault` says why, and what has one of the `bad` words in it. */
function memoryKernel() {
  const kernel = { batches: [] as string[], trials: 0, fault: undefined as string | undefined, bad: [] as string[], pid: 100 };
  const programs: Programs = {
    async nft(batch, { onStart, isTrial } = {}) {
      onStart?.(kernel.pid);
      if (isTrial) kernel.trials += 1;
      if (kernel.fault) throw new Error(kernel.fault);
      const bad = kernel.bad.find((it) => new RegExp(`[ {]${it}[ ,]`).test(batch));
      if (bad) throw new Error(`bad word ${bad}`);
      if (!isTrial) kernel.batches.push(batch);
    },
    run: async () => '',
  };
  return { kernel, programs };
}

let clock: VirtualClock;
let memory: ReturnType<typeof memoryKernel>;
let table: KernelTable;
beforeEach(() => {
  clock = new VirtualClock();
  memory = memoryKernel();
  table = createKernelTable({ name: 't', serviceCidr: '10.96.0.0/16' }, { programs: memory.programs, clock, log: silentLog });
});
const element = (key: string): Piece => ({ type: 'element', of: 's', key });
const last = (): string => memory.kernel.batches.at(-1) ?? '';

test('the first batch replaces whatever was there, later ones change what has changed; those of one moment are one', async () => {
  await Promise.all([table.want('a', [element('1')]), table.want('b', [element('2')])]);
  expect(memory.kernel.batches).toHaveLength(1);
  expect(last()).toMatch(/^table ip t\ndelete table ip t\ntable ip t \{[\s\S]*add element ip t s \{ 1, 2 \}$/);
  await table.want('a', [element('1'), element('3')]);
  expect(last()).toBe('add element ip t s { 3 }');
  await table.want('a', [element('1'), element('3')]);
  expect(memory.kernel.batches).toHaveLength(2);
});

test('what two want goes when neither does', async () => {
  await Promise.all([table.want('a', [element('1')]), table.want('b', [element('1')])]);
  await table.want('a', []);
  expect(memory.kernel.batches).toHaveLength(1);
  await table.want('b', []);
  expect(last()).toBe('delete element ip t s { 1 }');
});

test('what the kernel refuses stays wanted, is told, and is made anew as a whole later', async () => {
  memory.kernel.fault = 'no such file';
  expect(await table.want('a', [element('1')])).toBe('no such file');
  expect(table.fault()).toBe('no such file');
  memory.kernel.fault = undefined;
  await clock.advance(1_000);
  await expect.poll(() => table.fault()).toBeUndefined();
  expect(last()).toContain('delete table ip t');
  expect(last()).toContain('add element ip t s { 1 }');
});

test('a change that is refused since somebody changed the table has it made anew at once', async () => {
  await table.want('a', [element('1')]);
  const { nft } = memory.programs;
  let refused = false;
  memory.programs.nft = async (batch, options) => {
    if (!refused) {
      refused = true;
      throw new Error('no such element');
    }
    await nft(batch, options);
  };
  expect(await table.want('a', [element('2')])).toBeUndefined();
  expect(last()).toMatch(/delete table ip t\n[\s\S]*add element ip t s \{ 2 \}$/);
});

test('what the kernel does not take of one is told to that one alone, and the others have theirs', async () => {
  memory.kernel.bad = ['bad', 'worse'];
  const owners = [...Array.from({ length: 50 }, (_, i) => `n${i}`), 'bad', 'worse'];
  const told = await Promise.all(owners.map((it) => table.want(it, [element(it)])));
  expect(told.filter(Boolean)).toEqual(['bad word bad', 'bad word worse']);
  expect(table.fault()).toBeUndefined();
  expect([last().includes('n0, n1,'), last().includes('bad')]).toEqual([true, false]);
  // Asked for again it is tried alone: others are not made anew for it.
  const { length } = memory.kernel.batches;
  expect(await table.want('bad', [element('bad')])).toBe('bad word bad');
  expect(memory.kernel.batches).toHaveLength(length);
  memory.kernel.bad = [];
  expect(await table.want('bad', [element('bad')])).toBeUndefined();
  expect(last()).toBe('add element ip t s { bad }');
});

test('who asks for what the kernel does not take keeps what it had', async () => {
  await Promise.all([table.want('a', [element('good')]), table.want('b', [element('2')])]);
  memory.kernel.bad = ['bad'];
  const told = await Promise.all([table.want('a', [element('bad')]), table.want('b', [element('3')])]);
  expect(told).toEqual(['bad word bad', undefined]);
  expect(last()).toMatch(/delete table ip t\n[\s\S]*add element ip t s \{ (good, 3|3, good) \}$/);
  // Those that changed are looked at first: two of them, and the table for nobody.
  expect(memory.kernel.trials).toBeLessThan(5);
});

test('what many share is not lost with one of them', async () => {
  memory.kernel.bad = ['bad'];
  expect(await Promise.all([table.want('a', [element('1'), element('bad')]), table.want('b', [element('1')])])).toEqual([
    'bad word bad',
    undefined,
  ]);
  expect(last()).toMatch(/add element ip t s \{ 1 \}$/);
});

test('it can be made anew on another bridge, knows its own processes, and is gone in the end', async () => {
  await table.want('a', [element('1')]);
  await table.rebuild({ bridge: 'br-2' });
  expect(last()).toContain('iifname "br-2"');
  expect(last()).toContain('add element ip t s { 1 }');
  expect([table.isOurs(100), table.isOurs(101)]).toEqual([true, false]);
  await table.close();
  expect(last()).toBe('table ip t\ndelete table ip t');
  await table.want('a', [element('5')]);
  expect(last()).toBe('table ip t\ndelete table ip t');
});
