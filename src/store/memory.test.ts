import { expect, test } from 'vitest';
import { storeContract } from '../../test/contracts/store/contract.ts';
import { openMemoryStore } from './memory.ts';
import { Revisions } from './revisions.ts';
import type { Change } from './store.ts';

storeContract('memory', async () => openMemoryStore());
// A small memory budget makes reads of the past go to the "disk".
storeContract('memory, little of it', async () => openMemoryStore({ memoryBytes: 300 }));

test('history beyond the budget is compacted', async () => {
  const store = openMemoryStore({ memoryBytes: 10_000, diskBytes: 50_000 });
  for (let i = 0; i < 1_000; i++) await store.put('a', Buffer.alloc(100));
  expect(store.oldest()).toBeGreaterThan(700);
  expect(store.revision()).toBe(1_000);
});

test('a failed commit is told to every writer that rests on it, and changes nothing', async () => {
  let fail = false;
  const disk = {
    current: [],
    revision: 0,
    oldest: 0,
    async commit(_: readonly Change[]) {
      await Promise.resolve();
      if (fail) throw new Error('no space left on device');
    },
    changes: () => [],
    async compact() {},
    bytes: () => 0,
    async close() {},
  };
  const store = new Revisions(disk, { memoryBytes: 1e6, diskBytes: 1e6 });
  await store.put('a', Buffer.from('1'), 0);
  fail = true;
  const lost = await Promise.allSettled([store.put('a', Buffer.from('2'), 1), store.put('b', Buffer.from('1'), 0)]);
  expect(lost.map((it) => it.status)).toEqual(['rejected', 'rejected']);
  expect(store.revision()).toBe(1);
  fail = false;
  expect(await store.put('a', Buffer.from('3'), 1)).toMatchObject({ revision: 2 });
  expect(await store.get('b')).toBeUndefined();
});
