import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../fixtures/cluster/kubectl.ts';

// What `npm run demo` does once everything is installed: a cluster, the demos, their answers.
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
let home: string;
const dockerHost = process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {};
const peapod = (...args: string[]) =>
  run(process.execPath, [bin, ...args, '--name=demo-e2e', `--data-dir=${join(home, 'data')}`], {
    env: { PATH: process.env.PATH, HOME: home, ...dockerHost },
    timeout: 170_000,
  });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'peapod-demo-e2e-'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { code, stderr } = await peapod('up', '--detach', `--port=${port}`, '--pod-cidr=10.184.0.0/16', '--service-cidr=10.185.0.0/16');
  expect([code, stderr]).toEqual([0, '']);
});
afterAll(async () => {
  await peapod('down');
  rmSync(home, { recursive: true, force: true });
});

const answers = [
  'real path=/some/path?a=1',
  'Hello Kubernetes!',
  'visit 1, counted by counter-',
  'x-app-name: my-system',
  '"app.name":"my-system"',
  '2097152',
  'allkeys-lru',
];

test('the demos come up and answer', async () => {
  const { code, stdout, stderr } = await peapod('demo');
  expect([code, stderr]).toEqual([0, '']);
  for (const it of answers) expect(stdout).toContain(it);
  expect(stdout).toContain('✓ hello-world deployment/hello-world  5/5 ready');
});

test('again: nothing is changed, all answer', async () => {
  const { code, stdout, stderr } = await peapod('demo');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toMatch(/ (created|configured)/);
  expect(stdout).toContain('visit 2, counted by counter-');
});

test('kubectl applies them after us, and agrees', async () => {
  const kubeconfig = `--kubeconfig=${join(home, '.kube', 'config')}`;
  const manifests = fileURLToPath(new URL('../../manifests', import.meta.url));
  const { code, stdout, stderr } = await run('kubectl', [
    kubeconfig,
    'apply',
    '-f',
    join(manifests, 'counter'),
    '-f',
    join(manifests, 'echoserver'),
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(
    stdout
      .trim()
      .split('\n')
      .filter((it) => !it.endsWith('unchanged')),
  ).toEqual([]);
});
