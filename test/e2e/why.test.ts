import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Result, run } from '../fixtures/cluster/kubectl.ts';

// Everything that goes wrong, for real, at once; then `peapod why` about each: the true cause stands in the first line.
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

let cluster: TestCluster;
let folder: string;
let holder: Server;
let nodePort: number;

const peapod = (...args: string[]): Promise<Result> =>
  run(process.execPath, [bin, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: cluster.kubeconfig },
    timeout: 120_000,
  });

beforeAll(async () => {
  nodePort = await freePortBetween(28_500, 28_599);
  cluster = await startTestCluster({ name: 'why', second: 152, nodePorts: '28500-28599' });
  folder = mkdtempSync(join(tmpdir(), 'peapod-why-'));
  holder = await listenAt(nodePort);
  const file = join(folder, 'all.yaml');
  writeFileSync(file, manifests(nodePort, await freePort()));
  expect(await untilApplied(file)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  holder?.close();
  await cluster?.destroy();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** A Pod is refused until its namespace has its account. */
async function untilApplied(file: string): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const result = await peapod('apply', '-f', file);
    if (result.code === 0 || tries >= 20) return result;
    await pause(250);
  }
}

const listenAt = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

async function freePortBetween(first: number, last: number): Promise<number> {
  for (let port = first; port <= last; port++) {
    const server = await listenAt(port).catch(() => undefined);
    if (!server) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no port is free between ${first} and ${last}`);
}

type Fields = Record<string, unknown>;
const document = (apiVersion: string, kind: string, name: string, rest: Fields): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name, labels: { app: name } }, ...rest });
const app = (script: string, more: Fields = {}): Fields => ({ name: 'app', image: 'busybox:1.36', command: ['sh', '-c', script], ...more });
const spec = (container: Fields, more: Fields = {}): Fields => ({ terminationGracePeriodSeconds: 0, containers: [container], ...more });
const pod = (name: string, container: Fields, more: Fields = {}): string => document('v1', 'Pod', name, { spec: spec(container, more) });
const deployment = (name: string, container: Fields): string =>
  document('apps/v1', 'Deployment', name, {
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: spec(container) },
    },
  });
const service = (name: string, of: string, more: Fields): string =>
  document('v1', 'Service', name, { spec: { selector: { app: of }, ...more } });
const idle = 'exec sleep 3600';

const manifests = (takenPort: number, closedPort: number): string =>
  [
    deployment('typo', app(idle, { image: `localhost:${closedPort}/busybx:1` })),
    pod('badname', app(idle, { image: 'Busy Box' })),
    pod('never', app(idle, { image: 'busybox:none', imagePullPolicy: 'Never' })),
    pod(
      'live',
      app('echo up; exec httpd -f -p 8080 -h /tmp', {
        livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1, failureThreshold: 2 },
      }),
    ),
    pod(
      'unready',
      app(idle, {
        readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1 },
        ports: [{ name: 'web', containerPort: 80 }],
      }),
    ),
    deployment('crash', app('echo no database; exit 3')),
    pod('command', app('serve')),
    pod('program', app('', { command: ['serve'] })),
    pod('oom', app('exec tail /dev/zero', { resources: { limits: { memory: '16Mi' } } })),
    pod('toobig', app(idle, { resources: { requests: { cpu: '500' } } })),
    document('v1', 'ConfigMap', 'settings', { data: { colour: 'red' } }),
    pod('nokey', app(idle, { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } }] })),
    pod('nosecret', app(idle, { volumeMounts: [{ name: 'keys', mountPath: '/keys' }] }), {
      volumes: [{ name: 'keys', secret: { secretName: 'tls' } }],
    }),
    service('taken', 'well', { type: 'NodePort', ports: [{ port: 80, nodePort: takenPort }] }),
    service('first', 'well', { type: 'LoadBalancer', ports: [{ port: 27_691 }] }),
    service('second', 'well', { type: 'LoadBalancer', ports: [{ port: 27_691 }] }),
    document('v1', 'PersistentVolumeClaim', 'data', {
      spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    pod('disk', app(idle, { volumeMounts: [{ name: 'd', mountPath: '/d' }] }), {
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    }),
    pod('init', app(idle), { initContainers: [{ ...app('echo no table; exit 1'), name: 'migrate' }] }),
    document('batch/v1', 'Job', 'fails', {
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [app('exit 2')] } } },
    }),
    service('nomatch', 'nobody', { ports: [{ port: 80 }] }),
    service('wrongname', 'unready', { ports: [{ port: 80, targetPort: 'http' }] }),
    deployment('well', app(idle)),
    pod('host1', app(idle, { ports: [{ containerPort: 80, hostPort: 27_692 }] })),
    pod('host2', app(idle, { ports: [{ containerPort: 80, hostPort: 27_692 }] })),
  ].join('\n---\n');

const cases: ReadonlyArray<[object: string, firstLine: RegExp]> = [
  ['deployment/typo', /^✗ Container app of pod\/typo-\S+ has no image: "localhost:\d+\/busybx:1" cannot be pulled: .*connection refused/],
  ['pod/badname', /^✗ Container app of pod\/badname has no image: "Busy Box" is no valid image name/],
  ['pod/never', /^✗ Container app of pod\/never has no image: "busybox:none" is not on this machine, and its pull policy is Never/],
  [
    'pod/live',
    /^✗ Container app of pod\/live fails its liveness probe \(http \/healthz at port 8080\), so it .*: HTTP probe failed with statuscode: 404/,
  ],
  [
    'pod/unready',
    /^✗ Container app of pod\/unready fails its readiness probe \(the command "cat \/tmp\/ready"\).*No such file or directory/,
  ],
  ['deployment/crash', /^✗ Container app of pod\/crash-\S+ ends with exit code 3 and was started again \d+ times?: /],
  ['pod/command', /^✗ Container app of pod\/command ends with exit code 127.*: the command was not found/],
  ['pod/program', /^✗ Container app of pod\/program cannot be started: .*"serve": executable file not found/],
  ['pod/oom', /^✗ Container app of pod\/oom was killed because it ran out of memory: its limit is 16Mi \(OOMKilled, exit code 137\)/],
  ['pod/toobig', /^✗ pod\/toobig has no node: it asks for 500 cpu, and the node has not so much left/],
  ['pod/nokey', /^✗ Container app of pod\/nokey cannot be made: key "color" is not in ConfigMap "settings"/],
  ['pod/nosecret', /^✗ pod\/nosecret cannot start: volume keys cannot be mounted: Secret "tls" is not in namespace default/],
  [
    'service/taken',
    /^✗ service\/taken does not get its port: .*node port \d+\/TCP cannot be served.*in use by another program on this host/,
  ],
  [
    'service/second',
    /^✗ service\/(first|second) does not get its port: .*27691\/TCP cannot be served.*in use by Service default\/(first|second)/,
  ],
  ['pod/disk', /^✗ persistentvolumeclaim\/data has no volume: the storage class "fast" does not exist/],
  ['pvc/data', /^✗ persistentvolumeclaim\/data has no volume: the storage class "fast" does not exist/],
  ['pod/init', /^✗ Init container migrate of pod\/init ends with exit code 1/],
  ['job/fails', /^✗ Container app of pod\/fails-\S+ ends with exit code 2/],
  ['service/nomatch', /^✗ service\/nomatch has no endpoints: its selector app=nobody matches no pod in namespace default/],
  ['service/wrongname', /^✗ service\/wrongname has no endpoints at port 80: its targetPort "http" is the name of no container port/],
  ['pod/host2', /^✗ pod\/host[12] has no node: host port 27692\/TCP is already taken by pod\/host[12]/],
];

describe('why', () => {
  for (const [object, firstLine] of cases) {
    test.concurrent(object, { timeout: 120_000 }, async ({ expect }) => {
      const asked = object === 'pod/host2' ? await whoLost() : object === 'service/second' ? await whichService() : object;
      await expect
        .poll(() => peapod('why', asked).then(({ stdout }) => stdout.split('\n')[0]), { timeout: 90_000, interval: 500 })
        .toMatch(firstLine);
      const { code, stdout } = await peapod('why', ...asked.split('/'));
      expect(code).toBe(1);
      expect(stdout).toContain('How it came about');
      expect(stdout).toContain('What to try');
    });
  }

  /** Of two that want one port, the one that did not get it. */
  async function whoLost(): Promise<string> {
    const { stdout } = await peapod('get', 'pod', 'host1', '-o', 'jsonpath={.spec.nodeName}');
    return stdout === '' ? 'pod/host1' : 'pod/host2';
  }

  /** Of two made in the same second the one that comes first by name has the port, else the older one. */
  async function whichService(): Promise<string> {
    const { stdout } = await peapod(
      'get',
      'events',
      '-o',
      'jsonpath={range .items[?(@.reason=="PortNotAvailable")]}{.involvedObject.name} {end}',
    );
    return stdout.split(' ').includes('first') ? 'service/first' : 'service/second';
  }

  test.concurrent('the chain and the last words', async () => {
    const { stdout } = await peapod('why', 'deployment', 'crash');
    expect(stdout).toMatch(/ {4}deployment\/crash .*made by kubectl .* ago; wants 1 pod/);
    expect(stdout).toMatch(/└ replicaset\/crash-\S+ +made for deployment\/crash/);
    expect(stdout).toMatch(/└ pod\/crash-\S+ +made for replicaset\/crash-\S+ .*put on node \S+ by the scheduler/);
    expect(stdout).toMatch(/└ container app +image busybox:1.36; /);
    expect(stdout).toMatch(/The last lines of container app.*\n {2}\| no database/);
    // In a pipe there is no colour.
    expect(stdout).not.toContain('\x1b');
  });

  test.concurrent('all well is 0, and nothing there is 1', async ({ expect }) => {
    await expect
      .poll(() => peapod('why', 'deploy/well').then(({ stdout }) => stdout.split('\n')[0]))
      .toBe('✓ Nothing is wrong: deployment/well is rolled out: 1 of 1 pods are available.');
    expect(await peapod('why', 'deploy/well')).toMatchObject({ code: 0 });
    expect(await peapod('why', 'node', cluster ? await nodeName() : '')).toMatchObject({ code: 0 });
    expect(await peapod('why', 'deploy/nobody')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error from server (NotFound): deployments.apps "nobody" not found\n',
    });
    expect(await peapod('why', 'deploy')).toMatchObject({ code: 1, stdout: '' });
    expect(await peapod('why')).toMatchObject({ code: 1, stdout: '' });
  });

  const nodeName = async (): Promise<string> => (await peapod('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).stdout;

  test.concurrent('a quota that is used up', async ({ expect }) => {
    expect(await peapod('create', 'namespace', 'small')).toMatchObject({ code: 0 });
    const file = join(folder, 'quota.yaml');
    writeFileSync(
      file,
      [document('v1', 'ResourceQuota', 'few', { spec: { hard: { pods: '0' } } }), deployment('refused', app(idle))].join('\n---\n'),
    );
    expect(await peapod('apply', '-n', 'small', '-f', file)).toMatchObject({ code: 0 });
    await expect
      .poll(() => peapod('why', '-n', 'small', 'deploy/refused').then(({ stdout }) => stdout.split('\n')[0]), { timeout: 60_000 })
      .toMatch(/^✗ replicaset\/refused-\S+ may not make its pods: the quota "few" is used up/);
  });

  test.concurrent('a finalizer that nobody takes off', async () => {
    const file = join(folder, 'kept.yaml');
    writeFileSync(
      file,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', finalizers: ['example.com/keep'] } }),
    );
    expect(await peapod('apply', '-f', file)).toMatchObject({ code: 0 });
    expect(await peapod('delete', 'cm', 'kept', '--wait=false')).toMatchObject({ code: 0 });
    const { stdout } = await peapod('why', 'cm/kept');
    expect(stdout.split('\n')[0]).toMatch(/^✗ configmap\/kept is deleted, and stays because of its finalizer example.com\/keep/);
    expect(await peapod('patch', 'cm', 'kept', '--type=merge', '-p', '{"metadata":{"finalizers":null}}')).toMatchObject({ code: 0 });
  });
});

describe('apply --watch', () => {
  test.concurrent('ends with 0 when all is settled', async () => {
    const file = join(folder, 'settles.yaml');
    const probe = { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1 };
    writeFileSync(
      file,
      [
        deployment('settles', app('sleep 1; touch /tmp/ready; exec sleep 3600', { readinessProbe: probe })),
        document('batch/v1', 'Job', 'once', { spec: { template: { spec: { restartPolicy: 'Never', containers: [app('true')] } } } }),
        service('settles', 'settles', { type: 'LoadBalancer', ports: [{ port: await freePort() }] }),
        document('v1', 'ConfigMap', 'by-the-way', { data: {} }),
      ].join('\n---\n'),
    );
    const { code, stdout, stderr } = await peapod('apply', '-w', '-f', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^deployment.apps\/settles created\njob.batch\/once created\nservice\/settles created\nconfigmap\/by-the-way created\n/,
    );
    expect(stdout).toMatch(/\n✓ deployment\/settles replicaset\/settles-\S+ pod\/settles-\S+ {2}Ready\n/);
    expect(stdout).toMatch(/\n✓ job\/once {2}1\/1 succeeded\n/);
    expect(stdout).toMatch(/\nall is settled after \d+s\n$/);
    expect(stdout).not.toContain('\x1b');
    expect(await peapod('apply', '--watch', '-f', file)).toMatchObject({ code: 0 });
  });

  const stuck: ReadonlyArray<[name: string, manifest: string, firstLine: RegExp]> = [
    [
      'an image that is not there',
      deployment('stuck-image', app(idle, { image: 'Busy Box' })),
      /Container app of pod\/stuck-image-\S+ has no image/,
    ],
    [
      'a crash loop',
      deployment('stuck-crash', app('exit 9')),
      /Container app of pod\/stuck-crash-\S+ ends with exit code 9 and was started again/,
    ],
    [
      'no node',
      pod('stuck-big', app(idle, { resources: { requests: { memory: '9Ti' } } })),
      /pod\/stuck-big has no node: it asks for 9Ti memory/,
    ],
  ];
  for (const [name, manifest, firstLine] of stuck) {
    test.concurrent(`says why it cannot: ${name}`, { timeout: 120_000 }, async () => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, manifest);
      const { code, stdout, stderr } = await peapod('apply', '--watch', '-f', file);
      expect(code).toBe(1);
      expect(stdout).toMatch(firstLine);
      expect(stderr).toMatch(/^error: \S+ will not settle by itself\n$/);
    });
  }

  test('ends after --timeout, and refuses what does not go together', async () => {
    const file = join(folder, 'slow.yaml');
    writeFileSync(file, pod('slow', app(idle, { readinessProbe: { exec: { command: ['false'] }, periodSeconds: 1 } })));
    const late = await peapod('apply', '--watch', '--timeout=3s', '-f', file);
    expect(late).toMatchObject({ code: 1, stderr: 'error: pod/slow is not settled after 3s\n' });
    expect(late.stdout).toMatch(/✗ Container app of pod\/slow fails its readiness probe/);
    expect(await peapod('apply', '--watch', '--dry-run=server', '-f', file)).toMatchObject({
      code: 1,
      stderr: 'error: --watch cannot be used together with --dry-run or --output\n',
    });
  });

  test('what was wrong before is not held against what puts it right', { timeout: 120_000 }, async () => {
    const file = join(folder, 'right.yaml');
    writeFileSync(file, deployment('stuck-crash', app(idle)));
    const { code, stderr } = await peapod('apply', '--watch', '-f', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await peapod('why', 'deploy/stuck-crash')).toMatchObject({ code: 0 });
  });
});
