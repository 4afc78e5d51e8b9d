import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { identityIn, identityOf } from './identity.ts';
import { announce, claim, release, runningProcess } from './pid-file.ts';
import { stopProcess } from './stop.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'peapod-pid-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const self = { pid: process.pid, startedAt: '2026-11-24T08:00:00.000Z' };
const file = (): string => join(dir, 'peapod.pid');

test('who runs is written down once, with news, and taken away by itself alone', async () => {
  expect(await runningProcess(dir)).toBeUndefined();
  expect(await claim(dir, self, systemClock)).toEqual({ claimed: true });
  await announce(dir, process.pid, { step: 'api' });
  await announce(dir, process.pid, { url: 'https://x' });
  expect(await runningProcess(dir)).toMatchObject({ ...self, step: 'api', url: 'https://x' });
  expect(await claim(dir, self, systemClock)).toEqual({ holder: expect.objectContaining({ url: 'https://x' }) });
  await release(dir, process.pid + 1);
  expect(await runningProcess(dir)).toBeDefined();
  await release(dir, process.pid);
  expect(readdirSync(dir)).toEqual([]);
});

const stale: Array<[name: string, text: () => string]> = [
  ['a process that is gone', () => JSON.stringify({ pid: 2 ** 22 + 1, identity: 'x/1', startedAt: '' })],
  ['another process that has the number now', () => JSON.stringify({ pid: process.pid, identity: 'x/1', startedAt: '' })],
  ['half a record', () => '{"pid":12'],
  ['nothing', () => ''],
  ['null', () => 'null'],
];
for (const [name, text] of stale) {
  test(`what is left of ${name} is cleared away`, async () => {
    writeFileSync(file(), text());
    expect(await runningProcess(dir)).toBeUndefined();
    expect(await claim(dir, self, systemClock)).toEqual({ claimed: true });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject(self);
    expect(readdirSync(dir)).toEqual(['peapod.pid']);
  });
}

test('of many that try at once, one gets it', async () => {
  writeFileSync(file(), 'left over');
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => claim(dir, self, systemClock)));
  expect(outcomes.filter((it) => 'claimed' in it)).toHaveLength(1);
});

test('a process is known by its start, whatever its name', async () => {
  const rest = `S 1 ${Array.from({ length: 17 }, (_, i) => i).join(' ')} 4711 0`;
  expect(identityIn(`12 (a) b) ${rest}`, 'boot')).toBe('boot/4711');
  expect(identityIn(`12 (a) ${rest.replace('S', 'Z')}`, 'boot')).toBeUndefined();
  expect(await identityOf(process.pid)).toBe(await identityOf(process.pid));
  for (const none of [0, -1, Number.NaN, 2 ** 22 + 1]) expect(await identityOf(none)).toBeUndefined();
});

test('stopping: at the first signal, and one that is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const pid = child.pid as number;
  const record = { pid, identity: (await identityOf(pid)) as string, startedAt: '' };
  expect(await stopProcess(record, systemClock)).toBe('stopped');
  expect(await stopProcess(record, systemClock)).toBe('stopped');
});

test('stopping: one that does not listen is killed', async () => {
  const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); process.stdout.write('.'); setInterval(() => {}, 1000)"], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  const pid = child.pid as number;
  const record = { pid, identity: (await identityOf(pid)) as string, startedAt: '' };
  let now = 0;
  // The grace period is over after four waits; then time is real.
  const hasty = {
    now: () => now,
    schedule: (after: number, run: () => void) => {
      now += now < 20_000 ? 5_000 : after;
      return systemClock.schedule(after, run);
    },
  };
  expect(await stopProcess(record, hasty)).toBe('killed');
});
