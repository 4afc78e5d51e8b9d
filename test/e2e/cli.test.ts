import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../fixtures/cluster/kubectl.ts';

// The built program as a user runs it, in a home directory of its own.
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const foreign = `apiVersion: v1
kind: Config
clusters:
  - name: other
    cluster:
      server: https://other
contexts:
  - name: other
    context: {cluster: other, user: other}
users:
  - name: other
    user: {token: abc}
current-context: other
`;

let home: string;
let port: number;
const kubeconfig = (): string => join(home, '.kube', 'config');
const dataDir = (): string => join(home, 'data');
const label = 'dev.peapod.cluster=cli-e2e';

const peapod = (...args: string[]) =>
  run(process.execPath, [bin, ...args], { env: { PATH: process.env.PATH, HOME: home, ...dockerHost }, timeout: 120_000 });
const dockerHost = process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {};
const which = (): string[] => ['--name=cli-e2e', `--data-dir=${dataDir()}`];
const up = (...more: string[]) =>
  peapod(
    ...['up', '--detach', ...which(), `--port=${port}`, '--pod-cidr=10.178.0.0/16', '--service-cidr=10.179.0.0/16'],
    ...['--node-ports=30600-30620', ...more],
  );

const docker = (...args: string[]): string => spawnSync('docker', args, { encoding: 'utf8' }).stdout.trim();
const ofCluster = (): string[] => [
  docker('ps', '-aq', '--filter', `label=${label}`),
  docker('volume', 'ls', '-q', '--filter', `label=${label}`),
  docker('network', 'ls', '-q', '--filter', `label=${label}`),
];
const pidOf = (text: string): number => Number(/process (\d+)/.exec(text)?.[1]);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'peapod-cli-e2e-'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  await new Promise((resolve) => server.close(resolve));
  mkdirSync(join(home, '.kube'));
  writeFileSync(kubeconfig(), foreign);
});
afterAll(async () => {
  await peapod('down', ...which());
  rmSync(home, { recursive: true, force: true });
});

test('nothing runs yet', async () => {
  expect(await peapod('status', ...which())).toMatchObject({ code: 1, stderr: expect.stringContaining('does not run') });
  expect(await peapod('kubeconfig', ...which())).toMatchObject({ code: 1, stderr: expect.stringContaining('start it with peapod up') });
  expect((await peapod('down', ...which())).code).toBe(0);
});

test('a port that is taken: the log and the reason, and nothing left', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { code, stderr } = await up();
  await new Promise((resolve) => server.close(resolve));
  expect([code, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port} is in use by another program`)]);
  expect(existsSync(join(dataDir(), 'peapod.pid'))).toBe(false);
  expect(readFileSync(kubeconfig(), 'utf8')).toBe(foreign);
});

test('up in the background, and again', async () => {
  const { code, stdout, stderr } = await up();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/✓ Docker Engine .*\n✓ API server answers at https:.*\n✓ node .* is ready\n/);
  const nodes = await run('kubectl', [`--kubeconfig=${kubeconfig()}`, '--context=peapod-cli-e2e', 'get', 'nodes']);
  expect(nodes.stdout).toMatch(/ Ready /);
  const again = await up();
  expect([again.code, pidOf(again.stdout)]).toEqual([0, pidOf(stdout)]);
  expect((await peapod('status', ...which())).stdout).toMatch(/v1\.36\.0, ready/);
  expect((await peapod('version', ...which())).stdout).toMatch(/Server Version: v1\.36/);
});

test('after a crash, up goes on from there', async () => {
  await run('kubectl', [`--kubeconfig=${kubeconfig()}`, 'create', 'configmap', 'kept', '--from-literal=a=b']);
  const pid = pidOf((await peapod('status', ...which())).stdout);
  process.kill(pid, 'SIGKILL');
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await peapod('status', ...which())).code).toBe(1);
  const { code, stdout } = await up();
  expect(code).toBe(0);
  expect(pidOf(stdout)).not.toBe(pid);
  expect((await run('kubectl', [`--kubeconfig=${kubeconfig()}`, 'get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'])).stdout).toBe('b');
});

test('down leaves nothing of it, and all of the others', async () => {
  expect(ofCluster().join('')).not.toBe('');
  const { code, stdout, stderr } = await peapod('down', ...which());
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('context peapod-cli-e2e taken out of');
  expect(ofCluster()).toEqual(['', '', '']);
  expect(existsSync(dataDir())).toBe(false);
  expect(readFileSync(kubeconfig(), 'utf8')).not.toContain('peapod');
  expect(readFileSync(kubeconfig(), 'utf8')).toContain('token: abc');
  expect((await peapod('down', ...which())).code).toBe(0);
});
