import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { accessIn, emptyKubeconfig, hasEntries, type Kubeconfig, standalone, withEntries, withoutEntries } from './entries.ts';
import { changeKubeconfigFile, kubeconfigFile, kubeconfigFiles, readKubeconfigFile } from './file.ts';
import { readKubeconfig, writeKubeconfig } from './text.ts';

const access = { name: 'peapod', url: 'https://127.0.0.1:6443', credentials: { caCertificate: 'CA', certificate: 'CERT', key: 'KEY' } };

// Another tool's: with extensions, an exec login, unknown fields and values that look like something else.
const foreign = `apiVersion: v1
kind: Config
preferences:
  colors: true
clusters:
  - cluster:
      server: https://other
      insecure-skip-tls-verify: true
      extensions:
        - extension:
            last-update: Tue, 24 Nov 2026 08:00:00 UTC
          name: cluster_info
    name: other
contexts:
  - name: other
    context:
      cluster: other
      namespace: 'on'
      user: other
current-context: other
users:
  - name: other
    user:
      token: '0123'
      password: 'yes'
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: login
        args: [--for, '1e3', 22:22, 2026-11-24]
future-field:
  kept: true
`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'peapod-kubeconfig-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('entries are added last, made current, and come out again without a trace', () => {
  const before = readKubeconfig(foreign) as Kubeconfig;
  const added = withEntries(before, access);
  expect(added.clusters).toEqual([...(before.clusters as object[]), expect.objectContaining({ name: 'peapod' })]);
  expect(added['current-context']).toBe('peapod');
  expect(accessIn(added, 'peapod')).toEqual(access);
  expect(withoutEntries(added, 'peapod')).toEqual({ ...before, 'current-context': '' });
  expect(withoutEntries({ ...added, 'current-context': 'other' }, 'peapod')).toEqual(before);
});

test('what was there is written as it was, in its order', () => {
  const text = writeKubeconfig(withEntries(readKubeconfig(foreign) as Kubeconfig, access));
  const again = readKubeconfig(text) as Kubeconfig;
  expect(withoutEntries(again, 'peapod')).toEqual({ ...readKubeconfig(foreign), 'current-context': '' });
  expect(Object.keys(again)).toEqual(Object.keys(readKubeconfig(foreign) as object));
  // Quotes that keep Go's YAML from taking a text for something else.
  for (const line of ["namespace: 'on'", "token: '0123'", "password: 'yes'", "- '1e3'", 'kept: true']) expect(text).toContain(line);
});

test('entries of that name are renewed in their place, and keep the namespace', () => {
  const old = withEntries(readKubeconfig(foreign) as Kubeconfig, { ...access, url: 'https://old' });
  (old.contexts as Array<{ context: { namespace?: string } }>)[1]!.context.namespace = 'mine';
  const renewed = withEntries(withEntries(old, { ...access, name: 'later' }), access);
  expect((renewed.clusters as Array<{ name: string }>).map((it) => it.name)).toEqual(['other', 'peapod', 'later']);
  expect(accessIn(renewed, 'peapod')?.url).toBe(access.url);
  expect((renewed.contexts as object[])[1]).toEqual({ name: 'peapod', context: { cluster: 'peapod', namespace: 'mine', user: 'peapod' } });
});

test('lists that are null count as empty', () => {
  const config = readKubeconfig('apiVersion: v1\nkind: Config\nclusters: null\nusers:\n') as Kubeconfig;
  expect(hasEntries(config, 'peapod')).toBe(false);
  expect(accessIn(withEntries(config, access), 'peapod')).toEqual(access);
});

const broken: Array<[name: string, text: string]> = [
  ['no YAML', 'clusters: [\n'],
  ['a text', 'hello'],
  ['a list', '- a'],
  ['clusters that are no list', 'clusters: {}'],
  ['an entry that is no mapping', 'users: [1]'],
  ['a key twice', 'kind: Config\nkind: Config'],
];
for (const [name, text] of broken) {
  test(`a broken file is named and left as it is: ${name}`, async () => {
    const path = join(dir, 'config');
    writeFileSync(path, text);
    await expect(changeKubeconfigFile(path, (it) => withEntries(it, access), systemClock)).rejects.toThrow(
      `${path} is broken and was left as it is`,
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(dir)).toEqual(['config']);
  });
}

test('a file is made with its directory, for its owner alone, and a link stays a link', async () => {
  const path = join(dir, '.kube', 'config');
  expect(await changeKubeconfigFile(path, (it) => withEntries(it, access), systemClock)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await readKubeconfigFile(path)).toEqual(standalone(access));

  mkdirSync(join(dir, 'dots'));
  writeFileSync(join(dir, 'dots', 'config'), foreign, { mode: 0o644 });
  symlinkSync(join(dir, 'dots', 'config'), join(dir, 'link'));
  await changeKubeconfigFile(join(dir, 'link'), (it) => withEntries(it, access), systemClock);
  expect(readFileSync(join(dir, 'dots', 'config'), 'utf8')).toContain('peapod');
  expect(statSync(join(dir, 'dots', 'config')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir).sort()).toEqual(['.kube', 'dots', 'link']);
});

test('nothing to change leaves the file as it is', async () => {
  const path = join(dir, 'config');
  writeFileSync(path, foreign);
  expect(await changeKubeconfigFile(path, () => undefined, systemClock)).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe(foreign);
});

test('writers at the same time all get their turn', async () => {
  const path = join(dir, 'config');
  const names = Array.from({ length: 8 }, (_, i) => `cluster-${i}`);
  await Promise.all(names.map((name) => changeKubeconfigFile(path, (it) => withEntries(it, { ...access, name }), systemClock)));
  const config = (await readKubeconfigFile(path)) as Kubeconfig;
  expect((config.clusters as Array<{ name: string }>).map((it) => it.name).sort()).toEqual(names);
});

test('a lock that nobody lets go of is named in the end', async () => {
  const path = join(dir, 'config');
  writeFileSync(`${path}.lock`, '');
  let now = 0;
  // Every wait is a second.
  const hasty = {
    now: () => now,
    schedule: (_: number, run: () => void) => {
      now += 1_000;
      queueMicrotask(run);
      return () => {};
    },
  };
  await expect(changeKubeconfigFile(path, () => emptyKubeconfig(), hasty)).rejects.toThrow(`remove ${path}.lock`);
  expect(readdirSync(dir)).toEqual(['config.lock']);
});

test('a lock whose holder was killed holds nobody up', async () => {
  const path = join(dir, 'config');
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(`${path}.lock`, `peapod ${pid} ${hostname()}`);
  expect(await changeKubeconfigFile(path, (it) => withEntries(it, access), systemClock)).toBe(true);
  expect(readdirSync(dir)).toEqual(['config']);
});

test('which file is meant', () => {
  expect(kubeconfigFile({ home: '/home/me' }, undefined)).toBe('/home/me/.kube/config');
  expect(kubeconfigFile({ home: '/home/me', kubeconfig: ':/a:/b' }, undefined)).toBe('/a');
  expect(kubeconfigFile({ home: '/home/me', kubeconfig: '/a' }, '/c')).toBe('/c');
  expect(kubeconfigFiles({ home: '/home/me', kubeconfig: '/a:/b:/a' })).toEqual(['/a', '/b']);
});
