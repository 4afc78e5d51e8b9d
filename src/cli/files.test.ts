import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  logFileOf,
  mountsBelow,
  readAccess,
  readLogFrom,
  rememberedKubeconfigs,
  rememberKubeconfig,
  removeFiles,
  rotateLog,
  writeAccess,
} from './files.ts';

let root: string;
let dataDir: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'peapod-files-'));
  dataDir = join(root, 'peapod', 'data');
  mkdirSync(dataDir, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('access and kubeconfigs are remembered', async () => {
  const access = { name: 'peapod-b', url: 'https://x', credentials: { caCertificate: 'CA', certificate: 'C', key: 'K' } };
  expect(await readAccess({ name: 'b', dataDir })).toBeUndefined();
  await writeAccess(dataDir, access);
  expect(await readAccess({ name: 'b', dataDir })).toEqual(access);
  for (const path of ['/a', '/b c', '/a']) await rememberKubeconfig(dataDir, path);
  expect(await rememberedKubeconfigs(dataDir)).toEqual(['/a', '/b c']);
});

test('what the cluster wrote goes, with directories made for it; the rest stays', async () => {
  for (const name of ['store', 'pki', 'node']) mkdirSync(join(dataDir, name, 'inside'), { recursive: true });
  for (const name of [
    'admin.conf',
    'peapod.log',
    'peapod.log.1',
    'peapod.pid',
    'peapod.pid.4711',
    'settings',
    'kubeconfigs',
    'admin.conf.0a1b.tmp',
  ])
    writeFileSync(join(dataDir, name), '');
  for (const name of ['stores', 'my.conf', 'node.txt']) writeFileSync(join(dataDir, name), '');
  expect((await removeFiles(dataDir)).sort()).toEqual(['my.conf', 'node.txt', 'stores']);
  for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name));
  expect(await removeFiles(dataDir)).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
  expect(await removeFiles(dataDir)).toEqual([]);
});

test('a directory of others above stays', async () => {
  writeFileSync(join(root, 'peapod', 'theirs'), '');
  await removeFiles(dataDir);
  expect(readdirSync(join(root, 'peapod'))).toEqual(['theirs']);
});

test('a log that has grown is put aside once', async () => {
  const log = logFileOf(dataDir);
  await rotateLog(log);
  writeFileSync(log, 'short');
  await rotateLog(log);
  expect(readFileSync(log, 'utf8')).toBe('short');
  truncateSync(log, 11_000_000);
  await rotateLog(log);
  expect(readdirSync(dataDir)).toEqual(['peapod.log.1']);
});

test('what is new in a log, also when it begins anew', async () => {
  const log = logFileOf(dataDir);
  writeFileSync(log, 'déjà\nnew\n');
  expect(await readLogFrom(log, Buffer.byteLength('déjà\n'))).toBe('new\n');
  expect(await readLogFrom(log, 1_000)).toBe('déjà\nnew\n');
  expect(await readLogFrom(join(dataDir, 'none'), 5)).toBe('');
});

test('mounts below a directory, with spaces as the kernel writes them', () => {
  const mounts = 'tmpfs /data/a\\040b tmpfs rw 0 0\ntmpfs /database tmpfs rw 0 0\ntmpfs /data tmpfs rw 0 0\n';
  expect(mountsBelow(mounts, '/data')).toEqual(['/data/a b']);
});
