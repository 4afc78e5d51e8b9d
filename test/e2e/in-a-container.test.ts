import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../fixtures/cluster/cluster.ts';
import { run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

// peapod as an image, run beside the containers it starts, with what docker/README.md says it needs.
const image = `peapod:e2e-${process.pid}`;
const container = `peapod-e2e-${process.pid}`;
const dataDir = mkdtempSync(join(tmpdir(), 'peapod-in-a-container-'));
const docker = (...args: string[]) => run('docker', args, { timeout: 120_000 });
const settings = ['-e', 'PEAPOD_NAME=in-a-container', '-e', 'PEAPOD_POD_CIDR=10.196.0.0/16', '-e', 'PEAPOD_SERVICE_CIDR=10.197.0.0/16'];
const given = [
  ...['--network=host', '--pid=host', '--cap-add=NET_ADMIN', '--cap-add=SYS_ADMIN', '--cap-add=SYS_PTRACE'],
  ...['--security-opt=seccomp=unconfined', '-v=/run:/run', `-v=${dataDir}:${dataDir}`, '-v=/var/lib/docker:/var/lib/docker'],
  ...['-v=/sys/fs/cgroup:/sys/fs/cgroup', ...settings, '-e', `PEAPOD_DATA_DIR=${join(dataDir, 'data')}`],
];
const newest = kubectls().at(-1)?.path ?? 'kubectl';
const kubectl = (...args: string[]) => run(newest, [`--kubeconfig=${join(dataDir, 'data', 'admin.conf')}`, ...args], { timeout: 60_000 });

beforeAll(async () => {
  const built = await run(process.execPath, ['docker/build-peapod-image.mjs', image], { timeout: 170_000 });
  expect([built.code, built.stderr]).toEqual([0, `built ${image}\n`]);
});
afterAll(async () => {
  await docker('rm', '-f', container);
  await docker('rmi', image);
  rmSync(dataDir, { recursive: true, force: true });
});

test('it says what it is', async () => {
  const { code, stdout } = await docker('run', '--rm', image, 'version', '--client');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Client Version: v\d/);
});

test('it runs pods on the engine outside, and takes everything back', async () => {
  const port = await freePort();
  const started = await docker('run', '-d', '--name', container, ...given, '-e', `PEAPOD_PORT=${port}`, image);
  expect([started.code, started.stderr]).toEqual([0, '']);
  await expect.poll(async () => (await docker('logs', container)).stdout, { timeout: 60_000, interval: 300 }).toContain('is ready');

  expect((await kubectl('apply', '-k', 'manifests/redis')).code).toBe(0);
  expect((await kubectl('wait', '--for=condition=Ready', 'pod/redis', '--timeout=50s')).code).toBe(0);
  const { stdout } = await kubectl('exec', 'redis', '--', 'redis-cli', 'CONFIG', 'GET', 'maxmemory');
  expect(stdout.trim().split(/\s+/)).toEqual(['maxmemory', '2097152']);

  await docker('rm', '-f', container);
  const down = await docker('run', '--rm', ...given, image, 'down');
  expect([down.code, down.stderr]).toEqual([0, '']);
  expect((await docker('ps', '-aq', '--filter', 'label=dev.peapod.cluster=in-a-container')).stdout).toBe('');
});
