import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { credentialHelper, dockerLogins } from './docker-logins.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-logins-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const auth = Buffer.from('me:secret').toString('base64');
const asked: string[] = [];
const loginsOf = (config: unknown, image: string, answers: Record<string, { code: number; output: string }> = {}) => {
  const file = join(folder, 'config.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  asked.length = 0;
  const ask = async (name: string, server: string) => {
    asked.push(`${name} ${server}`);
    const answer = answers[name];
    if (!answer) throw new Error(`spawn docker-credential-${name} ENOENT`);
    return answer;
  };
  return dockerLogins(file, { log: silentLog, ask })(image);
};

test('what docker login wrote into the file', async () => {
  const auths = { 'r.io:5000': { auth }, 'https://index.docker.io/v1/': { auth: Buffer.from('hub:x').toString('base64') } };
  expect(await loginsOf({ auths }, 'r.io:5000/web:1')).toEqual([{ username: 'me', password: 'secret', server: 'r.io:5000' }]);
  expect((await loginsOf({ auths }, 'redis')).map((it) => it.username)).toEqual(['hub']);
  expect(await loginsOf({ auths }, 'other.io/web')).toEqual([]);
});

test('a store keeps all logins, a helper those of its registry', async () => {
  const config = { auths: { 'r.io': {} }, credsStore: 'all', credHelpers: { 'gcr.io': 'g' } };
  const answers = {
    all: { code: 0, output: JSON.stringify({ ServerURL: 'r.io', Username: 'me', Secret: 's' }) },
    g: { code: 0, output: JSON.stringify({ Username: '<token>', Secret: 't' }) },
  };
  expect(await loginsOf(config, 'r.io/a', answers)).toEqual([{ username: 'me', password: 's', server: 'r.io' }]);
  expect(await loginsOf(config, 'gcr.io/a/b', answers)).toEqual([{ username: '', password: '', server: 'gcr.io', identityToken: 't' }]);
  expect(asked).toEqual(['g gcr.io']);
  await loginsOf(config, 'redis', answers);
  expect(asked).toEqual(['all https://index.docker.io/v1/']);
});

test('a helper that has none, fails or is not there leaves the pull without', async () => {
  const config = { credsStore: 'a' };
  expect(await loginsOf(config, 'r.io/a', { a: { code: 1, output: 'credentials not found in native keychain\n' } })).toEqual([]);
  expect(await loginsOf(config, 'r.io/a', { a: { code: 0, output: 'no json' } })).toEqual([]);
  expect(await loginsOf(config, 'r.io/a')).toEqual([]);
  expect(await loginsOf({ credsStore: '../../bin/sh' }, 'r.io/a')).toEqual([]);
  expect(asked).toEqual([]);
});

test('no file, or one that is broken, is no login', async () => {
  expect(await dockerLogins(join(folder, 'none.json'), { log: silentLog, ask: async () => ({ code: 1, output: '' }) })('r.io/a')).toEqual(
    [],
  );
  expect(await loginsOf('{', 'r.io/a')).toEqual([]);
});

test('a helper is a program that is told the server', async () => {
  const before = process.env.PATH;
  writeFileSync(join(folder, 'docker-credential-own'), '#!/bin/sh\nread -r it; echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$it\\"}"\n');
  chmodSync(join(folder, 'docker-credential-own'), 0o755);
  process.env.PATH = `${folder}:${before}`;
  try {
    const { code, output } = await credentialHelper(systemClock)('own', 'r.io');
    expect([code, JSON.parse(output)]).toEqual([0, { Username: 'get', Secret: 'r.io' }]);
    await expect(credentialHelper(systemClock)('missing-one', 'r.io')).rejects.toThrow(/ENOENT/);
  } finally {
    process.env.PATH = before;
  }
});
