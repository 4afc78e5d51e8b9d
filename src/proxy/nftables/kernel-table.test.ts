import { beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { createKernelTable, type KernelTable } from './kernel-table.ts';
import type { Programs } from './nft.ts';
import type { Piece } from './pieces.ts';

/** A kernel that keeps what it was told, and refuses while `fault` says why. */
function memoryKernel() {
  const kernel = { batches: [] as string[], fault: undefined as string | undefined, pid: 100 };
  const programs: Programs = {
    async nft(batch, { onStart } = {}) {
      onStart?.(kernel.pid);
      if (kernel.fault) throw new Error(kernel.fault);
      kernel.batches.push(batch);
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
