import { beforeEach, describe, expect, test } from 'vitest';
import type { Change, Store } from '../../../src/store/index.ts';
import { Compacted, RevisionMismatch } from '../../../src/store/index.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();
const shape = (change: Change): string =>
  `${change.revision} ${change.type} ${change.entry?.key ?? change.previous?.key} ${text(change.previous?.value) ?? '-'}→${text(change.entry?.value) ?? '-'}`;

/** What every store promises. `open` gives an empty one. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      return () => store.close();
    });

    test('a new store is at revision 0 and empty', async () => {
      expect(store.revision()).toBe(0);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.range('')).toMatchObject({ entries: [], revision: 0, more: false });
    });

    test('a write is seen at once by every read after it', async () => {
      const entry = await store.put('a', bytes('1'), 0);
      expect(entry).toMatchObject({ key: 'a', revision: 1, created: 1 });
      expect(await store.get('a')).toBe(entry);
      expect(await store.get('a')).toBe(entry);
      const second = await store.put('a', bytes('2'), 1);
      expect(second).toMatchObject({ revision: 2, created: 1 });
      expect(store.revision()).toBe(2);
    });

    test('conditions: the wrong revision changes nothing and tells what was found', async () => {
      await store.put('a', bytes('1'), 0);
      const failed = await store.put('a', bytes('x'), 0).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(RevisionMismatch);
      expect((failed as RevisionMismatch).found?.revision).toBe(1);
      await expect(store.put('a', bytes('x'), 7)).rejects.toBeInstanceOf(RevisionMismatch);
      await expect(store.put('b', bytes('x'), 1)).rejects.toBeInstanceOf(RevisionMismatch);
      await expect(store.delete('b')).rejects.toBeInstanceOf(RevisionMismatch);
      await expect(store.delete('a', 9)).rejects.toBeInstanceOf(RevisionMismatch);
      expect(store.revision()).toBe(1);
      expect(text((await store.get('a'))?.value)).toBe('1');
    });

    test('of many writers that expect the same revision exactly one wins', async () => {
      await store.put('a', bytes('0'), 0);
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => store.put('a', bytes(String(i)), 1)));
      expect(results.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      expect(store.revision()).toBe(2);
    });

    test('who lost against another writer reads the winner at once', async () => {
      await store.put('a', bytes('0'), 0);
      const first = store.put('a', bytes('1'), 1);
      const refused = store.put('a', bytes('2'), 1).catch(async () => text((await store.get('a'))?.value));
      expect(await refused).toBe('1');
      const gone = store.delete('a', (await first).revision);
      expect(await store.put('a', bytes('3'), 2).catch(() => store.get('a'))).toBeUndefined();
      await gone;
    });

    test('a deleted key can be made again and counts as new', async () => {
      await store.put('a', bytes('1'), 0);
      expect(await store.delete('a', 1)).toBe(2);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.put('a', bytes('2'), 0)).toMatchObject({ revision: 3, created: 3 });
    });

    test('ranges are ordered, limited, and continue after a key', async () => {
      for (const key of ['b/2', 'a/1', 'b/1', 'c/1', 'b/3', 'b']) await store.put(key, bytes(key), 0);
      const first = await store.range('b/', { limit: 2 });
      expect(first.entries.map((it) => it.key)).toEqual(['b/1', 'b/2']);
      expect(first).toMatchObject({ more: true, remaining: 1, revision: 6 });
      const rest = await store.range('b/', { after: 'b/2', limit: 2 });
      expect(rest.entries.map((it) => it.key)).toEqual(['b/3']);
      expect(rest.more).toBe(false);
      expect((await store.range('')).entries.map((it) => it.key)).toEqual(['a/1', 'b', 'b/1', 'b/2', 'b/3', 'c/1']);
    });

    test('a range at an older revision shows the past', async () => {
      await store.put('a', bytes('1'), 0);
      await store.put('b', bytes('1'), 0);
      await store.put('a', bytes('2'));
      await store.delete('b');
      await store.put('c', bytes('1'), 0);
      const at = async (revision: number): Promise<string[]> =>
        (await store.range('', { revision })).entries.map((it) => `${it.key}=${text(it.value)}@${it.revision}`);
      expect(await at(1)).toEqual(['a=1@1']);
      expect(await at(2)).toEqual(['a=1@1', 'b=1@2']);
      expect(await at(3)).toEqual(['a=2@3', 'b=1@2']);
      expect(await at(4)).toEqual(['a=2@3']);
      expect(await at(5)).toEqual(['a=2@3', 'c=1@5']);
    });

    test('a watch sees every change after its revision once, in order, with what was before', async () => {
      await store.put('a/1', bytes('x'), 0);
      await store.put('a/2', bytes('x'), 0);
      await store.put('b/1', bytes('x'), 0);
      const seen: string[] = [];
      const stop = await store.watch('a/', 1, (changes) => seen.push(...changes.map(shape)));
      await store.put('a/1', bytes('y'));
      await Promise.all([store.put('b/2', bytes('x'), 0), store.delete('a/2'), store.put('a/3', bytes('z'), 0)]);
      expect(seen).toEqual(['2 put a/2 -→x', '4 put a/1 x→y', '6 delete a/2 x→-', '7 put a/3 -→z']);
      stop();
      await store.put('a/1', bytes('unseen'));
      expect(seen).toHaveLength(4);
    });

    test('what a watch has seen can be read', async () => {
      const read: Array<Promise<number | undefined>> = [];
      await store.watch('', 0, (changes) => {
        for (const change of changes) read.push(store.get(change.entry?.key ?? '').then((it) => it?.revision));
      });
      await store.put('a', bytes('1'), 0);
      await store.put('b', bytes('1'), 0);
      expect(await Promise.all(read)).toEqual([1, 2]);
    });

    test('all watchers see one order', async () => {
      const one: number[] = [];
      const two: number[] = [];
      await store.watch('', 0, (changes) => one.push(...changes.map((it) => it.revision)));
      await store.watch('', 0, (changes) => two.push(...changes.map((it) => it.revision)));
      await Promise.all(Array.from({ length: 200 }, (_, i) => store.put(`k${i % 17}`, bytes(String(i)))));
      expect(one).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
      expect(two).toEqual(one);
    });

    test('compaction forgets the past and keeps the present', async () => {
      for (let i = 0; i < 5; i++) await store.put('a', bytes(String(i)));
      await store.put('b', bytes('x'), 0);
      await store.delete('b');
      await store.put('c', bytes('x'), 0);
      await store.compact(4);
      expect(store.oldest()).toBe(4);
      await expect(store.range('', { revision: 3 })).rejects.toBeInstanceOf(Compacted);
      await expect(store.watch('', 3, () => {})).rejects.toBeInstanceOf(Compacted);
      expect((await store.range('', { revision: 4 })).entries.map((it) => text(it.value))).toEqual(['3']);
      const seen: string[] = [];
      await store.watch('', 4, (changes) => seen.push(...changes.map(shape)));
      expect(seen).toEqual(['5 put a 3→4', '6 put b -→x', '7 delete b x→-', '8 put c -→x']);
      expect((await store.range('')).entries.map((it) => it.key)).toEqual(['a', 'c']);
    });

    test('a closed store takes no writes', async () => {
      const other = await open();
      await other.put('a', bytes('1'));
      await other.close();
      await expect(other.put('a', bytes('2'))).rejects.toThrow('closed');
    });
  });
}
