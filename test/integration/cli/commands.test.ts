import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../../src/cli/index.ts';
import { createClient } from '../../../src/client/index.ts';
import { node } from '../../../src/kinds/index.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';
import { type FakeCluster, fakeEdges, type RecordedIo, recordedIo } from '../../fixtures/cli/io.ts';

// The commands around a real API server; what else belongs to a cluster only tells what was asked of it.
let api: TestApi;
let home: string;
let dataDir: string;
let edges: ReturnType<typeof fakeEdges>['edges'];
let cluster: FakeCluster;

beforeEach(async () => {
  api = await openTestApi();
  home = mkdtempSync(join(tmpdir(), 'peapod-cli-'));
  dataDir = join(home, 'peapod', 'data');
  const { pki } = api;
  ({ edges, cluster } = fakeEdges(dataDir, home, api.url, {
    caCertificate: pki.caCertificate,
    certificate: pki.admin.cert,
    key: pki.admin.key,
  }));
  const client = createClient(api.api.local as never);
  await client.create(node, { metadata: { name: 'n1' }, spec: {} });
  await client.changeStatus(node, { name: 'n1' }, (draft) => {
    draft.status = {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.244.0.1' }],
    };
  });
});
afterEach(async () => {
  await api.close();
  rmSync(home, { recursive: true, force: true });
});

async function peapod(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = recordedIo();
  const code = await runCli(argv, edges, io);
  return { code, out: io.out(), err: io.err() };
}

/** `peapod up` in this process, until `end` is called. */
async function up(...argv: string[]): Promise<{ io: RecordedIo; end(): Promise<number> }> {
  const io = recordedIo();
  const ended = runCli(['up', ...argv], edges, io);
  const early = await Promise.race([ended, until(() => io.out().includes('Ctrl-C'))]);
  if (early !== undefined) throw new Error(`ended with ${early}: ${io.out()}${io.err()}`);
  return {
    io,
    end: () => {
      io.interrupt();
      return ended;
    },
  };
}

async function until(look: () => boolean): Promise<undefined> {
  for (let i = 0; i < 500 && !look(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  return undefined;
}

const config = (): string => join(home, '.kube', 'config');

test('up, status, version, kubeconfig, down', async () => {
  const running = await up();
  expect(running.io.out()).toContain('✓ Docker Engine 20.10.24 at unix:///var/run/docker.sock (Debian 12)\n');
  expect(running.io.out()).toContain(`✓ API server answers at ${api.url}\n✓ node n1 is ready\n`);
  expect(readFileSync(config(), 'utf8')).toContain('current-context: peapod');

  const status = await peapod('status');
  expect(status).toMatchObject({ code: 0, err: '' });
  expect(status.out).toContain(`API server:  ${api.url} (v1.36.0, ready)\nNode:        n1 (Ready, 10.244.0.1)\nPods:        none\n`);
  expect((await peapod('version')).out).toBe('Client Version: v0.1.0\nKubernetes API: v1.36.0\nServer Version: v1.36.0\n');
  expect(JSON.parse((await peapod('version', '-ojson')).out)).toMatchObject({
    clientVersion: { gitVersion: 'v0.1.0' },
    serverVersion: { gitVersion: 'v1.36.0' },
  });
  expect((await peapod('kubeconfig')).out).toBe(readFileSync(config(), 'utf8'));

  // Another one of the same data directory is refused, and leaves the first alone.
  expect(await peapod('up')).toMatchObject({
    code: 1,
    err: expect.stringContaining(`cluster "peapod" runs already, as process ${process.pid}`),
  });
  expect(await running.end()).toBe(0);
  expect(cluster.calls).toEqual(['start', 'stop']);
  expect(await peapod('status')).toMatchObject({ code: 1, err: 'error: cluster "peapod" does not run: start it with peapod up\n' });

  const down = await peapod('down');
  expect(down).toMatchObject({ code: 0, err: '' });
  expect(down.out).toBe(
    `✓ 2 containers and 1 volume removed, the network too\n✓ context peapod taken out of ${config()}\n✓ data directory ${dataDir} gone\n`,
  );
  expect(readdirSync(home)).toEqual(['.kube']);
  expect(readFileSync(config(), 'utf8')).not.toContain('peapod');
  expect((await peapod('down')).code).toBe(0);
});

test('a kubeconfig named by the flag is written, remembered and cleaned', async () => {
  const file = join(home, 'mine.yaml');
  const running = await up('--kubeconfig', file, '--name', 'b');
  expect(readFileSync(file, 'utf8')).toContain('current-context: peapod-b');
  expect(existsSync(config())).toBe(false);
  await running.end();
  expect((await peapod('down', '--name', 'b')).out).toContain(`context peapod-b taken out of ${file}`);
});

test('a broken kubeconfig is told before anything starts', async () => {
  const file = join(home, 'broken.yaml');
  writeFileSync(file, 'clusters: [');
  const { code, err } = await peapod('up', '--kubeconfig', file);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(new RegExp(`^error: the kubeconfig ${file} is broken and was left as it is: [^\n]+\n$`)),
  ]);
  expect(cluster.calls).toEqual([]);
  expect(readFileSync(file, 'utf8')).toBe('clusters: [');
});

test('a start that fails leaves nothing claimed', async () => {
  cluster.startFault = new Error('the disk is full');
  expect(await peapod('up')).toMatchObject({ code: 1, err: expect.stringContaining('error: the disk is full') });
  cluster.startFault = undefined;
  const running = await up();
  expect(await running.end()).toBe(0);
});

test('what is removed is what was run, and a range that was never used is left alone', async () => {
  await peapod('down');
  expect(cluster.calls).toEqual(['remove, never ran 10.96.0.0/16']);
  await (await up('--service-cidr', '10.7.0.0/16')).end();
  await peapod('down');
  expect(cluster.calls.at(-1)).toBe('remove 10.7.0.0/16');
  expect(existsSync(dataDir)).toBe(false);
});

test('keep the data', async () => {
  await (await up()).end();
  expect((await peapod('down', '--keep-data')).code).toBe(0);
  expect(cluster.calls.at(-1)).toBe('remove, keep data 10.96.0.0/16');
  expect(existsSync(join(dataDir, 'admin.conf'))).toBe(true);
});

test('what cannot be removed is told, and the data stays until it can', async () => {
  await (await up()).end();
  cluster.failures.push('containers, volumes and the network are not removed: the engine is down');
  const { code, out, err } = await peapod('down');
  expect(code).toBe(1);
  expect(out).toBe(`! 2 containers and 1 volume removed, not all of them\n✓ context peapod taken out of ${config()}\n`);
  expect(err).toBe(
    `✗ containers, volumes and the network are not removed: the engine is down
error: not everything is removed, so ${dataDir} stays; peapod down tries again
`,
  );
  cluster.failures.length = 0;
  expect(await peapod('down')).toMatchObject({ code: 0, err: '' });
  expect(existsSync(dataDir)).toBe(false);
});

test('files of others in the data directory stay, and a context of another cluster of that name', async () => {
  await (await up()).end();
  writeFileSync(join(dataDir, 'notes.txt'), 'mine');
  const other = readFileSync(config(), 'utf8').replace(/certificate-authority-data: .*/, 'certificate-authority-data: b3RoZXI=');
  writeFileSync(config(), other);
  const { code, err } = await peapod('down');
  expect(code).toBe(1);
  expect(err).toContain(`✗ ${dataDir} holds files that are not the cluster's, they stay: notes.txt\n`);
  expect(readdirSync(dataDir)).toEqual(['notes.txt']);
  expect(readFileSync(config(), 'utf8')).toBe(other);
});

test('where nothing is, down says so', async () => {
  cluster.nothingThere = true;
  expect(await peapod('down')).toEqual({ code: 0, out: '✓ there is nothing of cluster "peapod"\n', err: '' });
});

test('with the engine down, up says so and starts nothing', async () => {
  cluster.engineFault = new Error('the Docker Engine at unix:///x cannot be reached');
  const { code, err } = await peapod('up');
  expect([code, err.split('\n')[0]]).toEqual([1, 'error: the Docker Engine at unix:///x cannot be reached']);
  expect(cluster.calls).toEqual([]);
  expect((await peapod('status')).out).toContain('Engine:      the Docker Engine at unix:///x cannot be reached');
});
