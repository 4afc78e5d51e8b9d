import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:https';
import { dirname } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, pod, roleBinding, serviceAccount } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';

const second = 186;
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const namespace = 'default';
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'accounts', second, nodePorts: '20500-20549' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  await client.create(serviceAccount, { metadata: { name: 'robot', namespace } });
  await client.create(roleBinding, {
    metadata: { name: 'robot-views', namespace },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace }],
  });
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const dir = '/var/run/secrets/kubernetes.io/serviceaccount';
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
function inside({ metadata }: core.Pod, ...command: string[]): string {
  const id = docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${metadata.uid}`, '--filter', 'name=k8s_app_');
  return docker('exec', id, ...command);
}
async function run(name: string, spec: Partial<core.PodSpec> = {}): Promise<core.Pod> {
  const container = { name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'] };
  await client.create(pod, { metadata: { name, namespace }, spec: { terminationGracePeriodSeconds: 0, containers: [container], ...spec } });
  return found(cluster, `${name} runs`, async () => {
    const it = await client.get(pod, { namespace, name });
    return it?.status?.phase === 'Running' && it;
  });
}
/** This machine's Node with a client library, to be run in a container that has neither. */
const borrowed = ['/usr', '/lib', '/lib64', dirname(process.execPath), modules]
  .filter(existsSync)
  .map((path, i) => ({ name: `host-${i}`, path }));
const withNode: Partial<core.PodSpec> = {
  volumes: borrowed.map(({ name, path }) => ({ name, hostPath: { path } })),
  containers: [
    {
      ...{ name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'] },
      volumeMounts: borrowed.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
    },
  ],
};
const runNode = (it: core.Pod, program: string): string => inside(it, process.execPath, '--input-type=module', '-e', program);

/** What a client in a cluster does by itself: finds the server, the CA and the token, and asks. */
const inCluster = `
  import { createRequire } from 'node:module';
  const k8s = createRequire('${modules}/')('@kubernetes/client-node');
  const config = new k8s.KubeConfig();
  config.loadFromCluster();
  const api = config.makeApiClient(k8s.CoreV1Api);
  const { items } = await api.listNamespacedPod({ namespace: 'default' });
  const refusal = await api.listNamespacedSecret({ namespace: 'default' }).catch((error) => error.code);
  console.log(JSON.stringify({ pods: items.map((it) => it.metadata.name), refusal }));
`;

test('a client library in a pod finds the server by itself and reads pods as the account', async () => {
  const it = await run('reader', { serviceAccountName: 'robot', ...withNode });
  expect(inside(it, 'ls', dir).split('\n').sort()).toEqual(['ca.crt', 'namespace', 'token']);
  expect(inside(it, 'cat', `${dir}/namespace`)).toBe(namespace);
  expect(inside(it, 'sh', '-c', `df ${dir} | tail -1 | cut -d' ' -f1`)).toBe('tmpfs');
  expect(JSON.parse(runNode(it, inCluster))).toEqual({ pods: ['reader'], refusal: 403 });
});

const byName = `
  import { readFileSync } from 'node:fs';
  import { existsSync } from 'node:fs';
import { get } from 'node:https';
import { dirname } from 'node:path';
  const [ca, token] = ['ca.crt', 'token'].map((it) => readFileSync('${dir}/' + it));
  const url = 'https://kubernetes.default.svc/.well-known/openid-configuration';
  get(url, { ca, headers: { authorization: 'Bearer ' + token } }, (answer) => answer.pipe(process.stdout));
`;

test('the server is reached by its name, which its certificate covers', async () => {
  const it = (await client.get(pod, { namespace, name: 'reader' })) as core.Pod;
  expect(JSON.parse(runNode(it, byName))).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local' });
});

test('the certificate is good for the names that pods use, by the CA they find', async () => {
  const it = (await client.get(pod, { namespace, name: 'reader' })) as core.Pod;
  const ca = inside(it, 'cat', `${dir}/ca.crt`);
  for (const servername of ['kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'kubernetes.default', 'kubernetes'])
    expect(await isTrusted(ca, servername), servername).toBe(true);
});

function isTrusted(ca: string, servername: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: `10.${second}.0.1`, port: Number(new URL(cluster.url).port), ca, servername }, () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('a token that runs out soon is replaced in place; the files never vanish', async () => {
  const sources: core.VolumeProjection[] = [{ serviceAccountToken: { path: 'token', expirationSeconds: 600, audience: 'vault' } }];
  const it = await run('own', {
    automountServiceAccountToken: false,
    volumes: [{ name: 'own', projected: { sources } }],
    securityContext: { runAsUser: 1234, fsGroup: 5678 },
    containers: [{ name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'], volumeMounts: [{ name: 'own', mountPath: '/own' }] }],
  });
  expect(inside(it, 'sh', '-c', `ls ${dir} 2>/dev/null | wc -l`)).toBe('0');
  expect(inside(it, 'stat', '-Lc', '%a %u %g', '/own/token')).toBe('640 1234 5678');
  const claims = JSON.parse(Buffer.from(inside(it, 'cat', '/own/token').split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({
    aud: ['vault'],
    'kubernetes.io': { pod: { name: 'own', uid: it.metadata.uid }, serviceaccount: { name: 'default' } },
  });
  // A new agent has forgotten what it fetched: it fetches anew, and swaps the files.
  const before = inside(it, 'readlink', '/own/..data');
  await cluster.kill();
  await cluster.start();
  await found(cluster, 'a new token', async () => inside(it, 'readlink', '/own/..data') !== before);
  expect(inside(it, 'cat', '/own/token').split('.').length).toBe(3);
});

test('a token of a pod that has gone is refused', async () => {
  const it = (await client.get(pod, { namespace, name: 'reader' })) as core.Pod;
  const token = inside(it, 'cat', `${dir}/token`);
  const status = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { rejectUnauthorized: false, agent: false, headers: { authorization: `Bearer ${token}` } } as const;
      get(`${cluster.url}/api`, options, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
  expect(await status()).toBe(200);
  await client.delete(pod, { namespace, name: 'reader' }, { gracePeriodSeconds: 0 });
  expect(await status()).toBe(401);
});
