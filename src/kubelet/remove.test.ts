import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createMemoryRuntime, type MemoryRuntime } from '../runtime/index.ts';
import { label } from './names.ts';
import { removeNode } from './remove.ts';

let rootDir: string;
let runtime: MemoryRuntime;
beforeEach(() => {
  rootDir = mkdtempSync(join(tmpdir(), 'peapod-remove-'));
  runtime = createMemoryRuntime(systemClock);
});
afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

const uid = '0b0c5f3e-6a31-4a5b-9d59-2a1c3e4f5a6b';
const labelsOf = (cluster: string): Record<string, string> => ({ [label.cluster]: cluster, [label.node]: 'n1' });

/** A pod with one container, a volume of a claim and one of the pod, and the network. */
async function populate(cluster: string): Promise<void> {
  const network = { name: `peapod-${cluster}`, address: '10.1.0.2' };
  await runtime.resources.ensureNetwork({ name: network.name, subnet: '10.1.0.0/24', gateway: '10.1.0.1', labels: labelsOf(cluster) });
  const sandbox = await runtime.containers.createSandbox({
    ...{ name: `k8s_POD_${cluster}`, hostname: 'web', network, mounts: [] },
    labels: { ...labelsOf(cluster), [label.container]: 'POD', [label.type]: 'podsandbox' },
  });
  await runtime.containers.create({
    ...{ name: `k8s_app_${cluster}`, sandbox, image: 'busybox', env: [], mounts: [], tty: false, stdin: false, stdinOnce: false },
    ...{ limits: {}, privileged: false, readOnlyRootFilesystem: false, noNewPrivileges: false, seccomp: 'unconfined' },
    labels: { ...labelsOf(cluster), [label.container]: 'app', [label.type]: 'container' },
  });
  await runtime.resources.ensureVolume(`peapod_${cluster}_pvc-1`, { [label.cluster]: cluster });
  await runtime.resources.ensureVolume(`peapod_${uid}_${cluster}`, labelsOf(cluster), {});
}

const remove = (keepData = false) =>
  removeNode({ cluster: 'a', networkName: 'peapod-a', rootDir, keepData, openRuntime: async () => runtime });
const left = () => ({
  containers: runtime.all().map((it) => it.name),
  volumes: [...runtime.resources.volumes.keys()],
  networks: [...runtime.resources.networks.keys()],
});

test('everything of the cluster goes, nothing of another, and again is fine', async () => {
  await populate('a');
  await populate('b');
  mkdirSync(join(rootDir, 'volumes', 'uid', 'data'), { recursive: true });
  writeFileSync(join(rootDir, 'volumes', 'uid', 'data', 'file'), 'x');
  expect(await remove()).toEqual({ containers: 2, volumes: 2, failures: [] });
  expect(left()).toEqual({
    containers: ['k8s_POD_b', 'k8s_app_b'],
    volumes: ['peapod_b_pvc-1', `peapod_${uid}_b`],
    networks: ['peapod-b'],
  });
  expect(existsSync(join(rootDir, 'volumes'))).toBe(false);
  expect(await remove()).toEqual({ containers: 0, volumes: 0, failures: [] });
});

test('volumes of claims can be kept', async () => {
  await populate('a');
  expect(await remove(true)).toEqual({ containers: 2, volumes: 1, failures: [] });
  expect(left()).toEqual({ containers: [], volumes: ['peapod_a_pvc-1'], networks: [] });
});

test('what cannot be removed is told, the rest goes', async () => {
  await populate('a');
  runtime.resources.inUse.add('peapod_a_pvc-1');
  const { volumes, failures } = await remove();
  expect(volumes).toBe(1);
  expect(failures).toEqual(['volume peapod_a_pvc-1 is not removed: remove peapod_a_pvc-1: volume is in use']);
});

test('with the engine down, files go all the same', async () => {
  mkdirSync(join(rootDir, 'volumes', 'uid'), { recursive: true });
  runtime.down = true;
  const { failures } = await remove();
  expect(failures).toEqual([
    expect.stringContaining('containers, volumes and the network are not removed: the Docker Engine cannot be reached'),
  ]);
  expect(existsSync(join(rootDir, 'volumes'))).toBe(false);
});
