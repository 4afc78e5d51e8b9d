import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import {
  configMap,
  type core,
  deployment,
  event,
  isPodReady,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  secret,
  service,
} from '../../src/kinds/index.ts';
import { found, pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';

let cluster: TestCluster;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'workloads', second: 226, nodePorts: '26000-26999' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const namespace = 'default';
const image = 'busybox:1.36';

const until = <T>(what: string, look: () => Promise<T | undefined | false>, most?: number): Promise<T> => found(cluster, what, look, most);

const podsOf = async (app: string): Promise<core.Pod[]> => [...(await client.list(pod, { namespace, labelSelector: `app=${app}` })).items];
const readyPods = (app: string, count: number): Promise<core.Pod[]> =>
  until(`${count} pods of ${app} are ready`, async () => {
    const pods = (await podsOf(app)).filter((it) => isPodReady(it) && !it.metadata.deletionTimestamp);
    return pods.length === count && pods;
  });
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
/** Runs a command in the pod's first container, at the engine: what is inside is looked at without our help. */
function inside({ metadata }: core.Pod, ...command: string[]): string {
  const name = metadata.name;
  const id = docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${metadata.uid}`, '--filter', 'name=k8s_app_');
  if (id === '') throw new Error(`no container app runs for ${name}`);
  return docker('exec', id, ...command);
}
const app = (script: string, more: Partial<core.Container> = {}): core.Container => ({
  name: 'app',
  image,
  command: ['sh', '-c', script],
  ...more,
});

const webScript = 'mkdir -p /www && echo "$WORD from $(hostname)" > /www/index.html && exec httpd -f -p 8080 -h /www';
const deploymentOf = (name: string, replicas: number, container: core.Container) => {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 5, containers: [container] } };
  return { metadata: { name, namespace }, spec: { replicas, selector: { matchLabels: labels }, template } };
};

function get(port: number, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, agent: false, timeout: 5_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(Buffer.concat(parts).toString()) : reject(new Error(`${response.statusCode}`)),
      );
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', reject);
  });
}

test('a Service is reached by name from pods, by cluster IP from the host, and by node port; spread over its pods', async () => {
  const probe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 };
  await client.create(
    deployment,
    deploymentOf('web', 3, app(webScript, { env: [{ name: 'WORD', value: 'hello' }], readinessProbe: probe })),
  );
  const made = await client.create(service, {
    metadata: { name: 'web', namespace },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 26_080 }] },
  });
  await client.create(service, {
    metadata: { name: 'peers', namespace },
    spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ name: 'http', port: 8080 }] },
  });
  await client.create(pod, { metadata: { name: 'asker', namespace, labels: { app: 'asker' } }, spec: { containers: [app('sleep 3600')] } });
  const web = await readyPods('web', 3);
  const [asker] = (await readyPods('asker', 1)) as [core.Pod];

  await until('the node port answers', () => get(26_080).catch(() => undefined));
  const answers = new Set<string>();
  for (let i = 0; i < 60; i++) answers.add(await get(26_080));
  expect([...answers].sort()).toEqual(web.map((it) => `hello from ${it.metadata.name}\n`).sort());
  expect(await get(80, made.spec.clusterIP)).toContain('hello from web-');
  for (const name of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local'])
    expect(inside(asker, 'wget', '-q', '-O-', `http://${name}/`)).toContain('hello from web-');
  const peers = inside(asker, 'nslookup', 'peers.default.svc.cluster.local');
  for (const it of web) expect(peers).toContain(it.status?.podIP);
  expect(inside(asker, 'cat', '/etc/resolv.conf')).toContain('nameserver 10.227.0.10');
});

test('during a rolling update no request fails', async () => {
  const failures: string[] = [];
  const words = new Set<string>();
  let stopped = false;
  const asking = Promise.all(
    [1, 2, 3].map(async () => {
      while (!stopped) {
        await get(26_080).then(
          (text) => words.add(text.split(' ')[0] as string),
          (error: Error) => failures.push(error.message),
        );
        await pause(5);
      }
    }),
  );
  // A moment between "leave the endpoints" and "stop listening", as every zero-gap update needs.
  const lifecycle = { preStop: { exec: { command: ['sleep', '1'] } } };
  await client.change(deployment, { namespace, name: 'web' }, (draft) => {
    const [container] = draft.spec.template.spec?.containers ?? [];
    if (container) Object.assign(container, { env: [{ name: 'WORD', value: 'goodbye' }], lifecycle });
  });
  await until('the new template is everywhere', async () => {
    const { status, metadata } = (await client.get(deployment, { namespace, name: 'web' })) ?? {};
    return (
      status?.observedGeneration === metadata?.generation &&
      status?.updatedReplicas === 3 &&
      status?.replicas === 3 &&
      status.availableReplicas === 3
    );
  });
  stopped = true;
  await asking;
  expect(words).toEqual(new Set(['hello', 'goodbye']));
  expect(failures).toEqual([]);
});

test('a container or a sandbox removed behind our back is healed, and told in an event', async () => {
  const [victim] = (await readyPods('web', 3)) as [core.Pod];
  const containerId = victim.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '') as string;
  docker('rm', '-f', containerId);
  await until('the container is there again', async () => {
    const now = await client.get(pod, { namespace, name: victim.metadata.name });
    return now && isPodReady(now) && now.status?.containerStatuses?.[0]?.containerID !== `docker://${containerId}`;
  });
  const sandbox = docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${victim.metadata.uid}`, '--filter', 'name=k8s_POD_');
  docker('rm', '-f', sandbox);
  await until('the pod has a sandbox again and is ready', async () => {
    const now = docker('ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${victim.metadata.uid}`, '--filter', 'name=k8s_POD_');
    const it = await client.get(pod, { namespace, name: victim.metadata.name });
    return now !== '' && now !== sandbox && it && isPodReady(it);
  });
  const reasons = (await client.list(event, { namespace })).items
    .filter((it) => it.involvedObject.uid === victim.metadata.uid)
    .map((it) => it.reason);
  expect(reasons).toEqual(expect.arrayContaining(['ContainerRemoved', 'SandboxChanged']));
});

test('a claim keeps its content when its pod goes, and its volume goes with it', async () => {
  const metadata = { name: 'counter', namespace };
  const resources = { requests: { storage: '1Mi' } };
  await client.create(persistentVolumeClaim, { metadata, spec: { accessModes: ['ReadWriteOnce'], resources } });
  const count = app('n=$(cat /data/n 2>/dev/null || echo 0); echo $((n+1)) > /data/n; sleep 3600', {
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  });
  const wanted = deploymentOf('counter', 1, count);
  Object.assign(wanted.spec.template.spec, {
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'counter' } }],
    terminationGracePeriodSeconds: 0,
  });
  await client.create(deployment, wanted);
  const [first] = (await readyPods('counter', 1)) as [core.Pod];
  await until('it has counted', async () => inside(first, 'cat', '/data/n') === '1');
  await client.delete(pod, first.metadata as { name: string; namespace: string });
  const second = await until('another pod has taken over', async () =>
    (await podsOf('counter')).find((it) => it.metadata.uid !== first.metadata.uid && isPodReady(it)),
  );
  await until('it has counted on', async () => inside(second, 'cat', '/data/n') === '2');
  const volume = (await client.get(persistentVolumeClaim, metadata))?.spec.volumeName as string;
  expect((await client.get(persistentVolume, { name: volume }))?.status?.phase).toBe('Bound');
  await client.delete(deployment, metadata, { propagationPolicy: 'Foreground' });
  await client.delete(persistentVolumeClaim, metadata);
  await until('claim and volume are gone', async () => !(await client.get(persistentVolume, { name: volume })));
  expect(docker('volume', 'ls', '-q', '--filter', `label=dev.peapod.cluster=${cluster.label}`)).toBe('');
});

test('ConfigMap and Secret come as environment and files, and files follow a change', async () => {
  await client.create(configMap, { metadata: { name: 'settings', namespace }, data: { colour: 'green', 'a.conf': 'one' } });
  await client.create(secret, { metadata: { name: 'login', namespace }, stringData: { password: 's3cret' } });
  const container = app('sleep 3600', {
    env: [
      { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
      { name: 'ME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'BOTH', value: '$(ME)-$(COLOUR)' },
    ],
    volumeMounts: [{ name: 'conf', mountPath: '/conf' }],
  });
  const volumes = [{ name: 'conf', configMap: { name: 'settings', items: [{ key: 'a.conf', path: 'sub/a', mode: 0o400 }] } }];
  await client.create(pod, {
    metadata: { name: 'reader', namespace, labels: { app: 'reader' } },
    spec: { containers: [container], volumes },
  });
  const [reader] = (await readyPods('reader', 1)) as [core.Pod];
  const env = inside(reader, 'env');
  for (const line of ['COLOUR=green', 'PASSWORD=s3cret', 'ME=reader', 'BOTH=reader-green']) expect(env).toContain(line);
  expect(inside(reader, 'cat', '/conf/sub/a')).toBe('one');
  expect(inside(reader, 'stat', '-L', '-c', '%a', '/conf/sub/a')).toBe('400');
  await client.patch(configMap, { name: 'settings', namespace }, { type: 'merge', body: { data: { 'a.conf': 'two' } } });
  await until('the file has followed', async () => inside(reader, 'cat', '/conf/sub/a') === 'two', 5_000);
});

test('what cannot run says why', async () => {
  const cases: Array<[name: string, container: core.Container, reason: string]> = [
    ['no-image', { name: 'app', image: '127.0.0.1:1/none:1' }, 'ErrImagePull|ImagePullBackOff'],
    ['never-pulled', { name: 'app', image: 'not-there:1', imagePullPolicy: 'Never' }, 'ErrImageNeverPull'],
    [
      'no-key',
      app('true', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'absent', key: 'x' } } }] }),
      'CreateContainerConfigError',
    ],
    ['crash', app('exit 7'), 'CrashLoopBackOff'],
    ['no-command', { name: 'app', image, command: ['/not-there'] }, 'RunContainerError|CrashLoopBackOff'],
  ];
  for (const [name, container] of cases) await client.create(pod, { metadata: { name, namespace }, spec: { containers: [container] } });
  for (const [name, , reason] of cases)
    await until(`${name} waits with ${reason}`, async () => {
      const waiting = (await client.get(pod, { namespace, name }))?.status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason && new RegExp(`^(${reason})$`).test(waiting.reason);
    });
  const crashed = (await client.get(pod, { namespace, name: 'crash' }))?.status?.containerStatuses?.[0];
  expect(crashed?.lastState?.terminated).toMatchObject({ exitCode: 7, reason: 'Error' });
  await client.create(pod, {
    metadata: { name: 'too-big', namespace },
    spec: { containers: [app('true', { resources: { requests: { cpu: '1000' } } })] },
  });
  const big = await until('the scheduler has looked at it', async () =>
    (await client.get(pod, { namespace, name: 'too-big' }))?.status?.conditions?.find(
      (it) => it.type === 'PodScheduled' && it.status === 'False',
    ),
  );
  expect(big).toMatchObject({ reason: 'Unschedulable', message: expect.stringMatching(/^0\/1 nodes are available: 1 Insufficient cpu\./) });
});

test('a port that is taken is told, not fatal, and taken when it becomes free', async () => {
  const holder = http.createServer((_, response) => response.end('mine'));
  await new Promise<void>((resolve) => holder.listen(26_500, '127.0.0.1', resolve));
  await client.create(service, {
    metadata: { name: 'late', namespace },
    spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080, nodePort: 26_500 }] },
  });
  await until('an event says that the port is taken', async () =>
    (await client.list(event, { namespace })).items.find((it) => it.involvedObject.name === 'late' && /26500/.test(it.message ?? '')),
  );
  expect(await get(26_500)).toBe('mine');
  await new Promise<void>((resolve) => {
    holder.close(() => resolve());
    holder.closeAllConnections();
  });
  await until('the service has the port', () =>
    get(26_500).then(
      (it) => it.includes(' from web-'),
      () => undefined,
    ),
  );
});
