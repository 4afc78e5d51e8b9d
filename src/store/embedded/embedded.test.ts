import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { storeContract } from '../../../test/contracts/store/contract.ts';
import { openEmbeddedStore } from './open.ts';

const folders: string[] = [];
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'peapod-store-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

storeContract('embedded', async () => openEmbeddedStore({ dir: temporaryFolder() }));
storeContract('embedded, history on disk', async () => openEmbeddedStore({ dir: temporaryFolder(), history: { memoryBytes: 300 } }));

test('everything is there after closing and opening again, history included', async () => {
  const dir = temporaryFolder();
  const first = openEmbeddedStore({ dir });
  await first.put('a', Buffer.from('1'), 0);
  await first.put('b', Buffer.from('1'), 0);
  await first.put('a', Buffer.from('2'), 1);
  await first.delete('b');
  await first.close();
  const second = openEmbeddedStore({ dir });
  expect(second.revision()).toBe(4);
  expect((await second.range('')).entries.map((it) => `${it.key}=${Buffer.from(it.value)}@${it.created}/${it.revision}`)).toEqual([
    'a=2@1/3',
  ]);
  expect((await second.range('', { revision: 2 })).entries).toHaveLength(2);
  const seen: number[] = [];
  await second.watch('', 1, (changes) => seen.push(...changes.map((it) => it.revision)));
  expect(await second.put('b', Buffer.from('3'), 0)).toMatchObject({ revision: 5, created: 5 });
  expect(seen).toEqual([2, 3, 4, 5]);
  await second.compact(4);
  await second.close();
  const third = openEmbeddedStore({ dir });
  expect(third.oldest()).toBe(4);
  expect(third.revision()).toBe(5);
  expect((await third.range('', { revision: 4 })).entries.map((it) => it.key)).toEqual(['a']);
  await third.close();
});

test('killed at any moment, it keeps every acknowledged write and has no gap', async () => {
  const dir = temporaryFolder();
  let acknowledged = 0;
  for (let round = 0; round < 8; round++) {
    const writer = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('../../../test/fixtures/store/crash-writer.ts', import.meta.url)), dir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    writer.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await new Promise<void>((resolve) => writer.stdout.once('data', () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 30 + round * 25));
    writer.kill('SIGKILL');
    await new Promise((resolve) => writer.once('close', resolve));
    const complete = output.slice(0, output.lastIndexOf('\n'));
    for (const line of complete.split('\n')) acknowledged = Math.max(acknowledged, Number(line));

    const store = openEmbeddedStore({ dir });
    expect(store.revision()).toBeGreaterThanOrEqual(acknowledged);
    const revisions: number[] = [];
    await store.watch('', store.oldest(), (changes) => revisions.push(...changes.map((it) => it.revision)));
    expect(revisions).toEqual(Array.from({ length: store.revision() - store.oldest() }, (_, i) => store.oldest() + 1 + i));
    for (const entry of (await store.range('')).entries) expect(Buffer.from(entry.value).toString()).toContain(`"${entry.key}"`);
    await store.close();
  }
  expect(acknowledged).toBeGreaterThan(500);
});
