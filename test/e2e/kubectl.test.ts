import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Kubectl, kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

// One of each way of talking to the server: client-side validation by OpenAPI v2, by v3, WebSocket streams, protobuf bodies.
const wanted = ['1.20', '1.27', '1.30', '1.33'];
const found = kubectls();
const chosen = found.filter(({ version }) => wanted.includes(version));
const missing = wanted.filter((it) => !chosen.some(({ version }) => version === it));
if (missing.length > 0) console.error(`\n!! SKIPPED: there is no kubectl ${missing.join(', ')} on this machine\n`);

let cluster: TestCluster;
beforeAll(async () => {
  if (chosen.length > 0) cluster = await startTestCluster({ name: 'kubectl', second: 206, nodePorts: '30000-32767' });
});
afterAll(async () => {
  await cluster?.destroy();
});

const manifest = (labels: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web${labels} } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: busybox:1.36
        command: ["sh", "-c", "mkdir -p /www; echo hello > /www/index.html; echo started; exec httpd -f -p 8080 -h /www"]
        ports: [{ containerPort: 8080, name: http }]
        readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, type: NodePort, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: green }
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: s3cret }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
`;

for (const { version, path } of chosen) {
  describe(`kubectl ${version}`, () => {
    const namespace = `v${version.replace('.', '-')}`;
    let plain: Kubectl;
    const ok = (args: readonly string[], input?: string): Promise<string> =>
      plain.ok(['--namespace', namespace, ...args], input === undefined ? {} : { input });

    beforeAll(async () => {
      plain = kubectlOf(path, cluster.kubeconfig);
      await plain.ok(['create', 'namespace', namespace]);
    });

    test('says the version of both sides', async () => {
      const answer = JSON.parse(await plain.ok(['version', '-o', 'json'])) as { serverVersion: { gitVersion: string } };
      expect(answer.serverVersion.gitVersion).toMatch(/^v1\.36\./);
    });

    test('lists what there is', async () => {
      const table = await plain.ok(['api-resources']);
      for (const line of [
        /^pods +po +v1 +true +Pod$/m,
        /^deployments +deploy +apps\/v1 +true +Deployment$/m,
        /^nodes +no +v1 +false +Node$/m,
      ])
        expect(table).toMatch(line);
      expect((await plain.ok(['api-versions'])).split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'discovery.k8s.io/v1']));
    });

    test('explains fields', async () => {
      const text = await plain.ok(['explain', 'deployment.spec']);
      for (const field of ['replicas', 'selector', 'strategy', 'template', 'revisionHistoryLimit']) expect(text).toContain(field);
      expect(text).toMatch(/KIND: +Deployment/);
      expect(await plain.ok(['explain', 'pod'])).toContain('collection of containers');
    });

    test('applies a manifest, and again without changes', async () => {
      const first = await ok(['apply', '-f', '-'], manifest(''));
      expect(first.trim().split('\n')).toEqual([
        'deployment.apps/web created',
        'service/web created',
        'configmap/settings created',
        'secret/login created',
        'persistentvolumeclaim/data created',
      ]);
      const second = await ok(['apply', '-f', '-'], manifest(''));
      // stringData is not read back: for a Secret written with it, every apply is a change (as upstream).
      for (const line of second.trim().split('\n')) expect(line).toMatch(/ unchanged$|^secret\/login (configured|unchanged)$/);
      expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=90s'])).toContain('successfully rolled out');
    });

    test('refuses what is wrong, and says where', async () => {
      const bad = await plain(['-n', namespace, 'apply', '-f', '-'], { input: manifest('').replace('replicas: 2', 'replicaz: 2') });
      expect(bad.code).toBe(1);
      expect(bad.stderr).toMatch(/replicaz/);
    });

    test('shows it as tables, wide, YAML, JSON paths and columns', async () => {
      const table = await ok(['get', 'deployments']);
      expect(table).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+/);
      const wide = await ok(['get', 'pods', '-o', 'wide', '-l', 'app=web']);
      expect(wide).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n/);
      expect(wide.match(/^web-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 +\S+ +10\.206\.0\.\d+ +\S+ +<none> +<none>$/gm)).toHaveLength(2);
      expect(await ok(['get', 'service', 'web', '-o', 'yaml'])).toMatch(/^ {4}targetPort: http$/m);
      expect(await ok(['get', 'secret', 'login', '-o', 'jsonpath={.data.password}'])).toBe(Buffer.from('s3cret').toString('base64'));
      expect(await ok(['get', 'cm', 'settings', '-o', 'custom-columns=N:.metadata.name,C:.data.colour'])).toMatch(/^settings +green$/m);
      expect(await ok(['get', 'pods', '--field-selector=status.phase=Running', '-o', 'name'])).toMatch(/^pod\/web-/);
      expect(await ok(['get', 'pods', '--sort-by=.metadata.name', '--no-headers'])).toMatch(/^web-/);
      expect(await plain.ok(['get', 'nodes'])).toMatch(/ Ready /);
      expect(await ok(['get', 'all'])).toContain('replicaset.apps/web-');
    });

    test('describes with events', async () => {
      const text = await ok(['describe', 'deployment', 'web']);
      expect(text).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
      expect(text).toMatch(/ScalingReplicaSet/);
      const pods = await ok(['describe', 'pods', '-l', 'app=web']);
      for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) expect(pods).toMatch(new RegExp(`Normal +${reason} `));
      expect(await ok(['describe', 'service', 'web'])).toMatch(/Endpoints: +10\.206\.0\.\d+:8080,10\.206\.0\.\d+:8080/);
      for (const it of ['configmap/settings', 'secret/login', 'pvc/data']) expect(await ok(['describe', it])).toContain(`Name:`);
      expect(await plain.ok(['describe', 'nodes'])).toMatch(/Allocatable:/);
    });

    test('watches', async () => {
      const child = spawn(path, [`--kubeconfig=${cluster.kubeconfig}`, '-n', namespace, 'get', 'configmaps', '-w', '--no-headers'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let seen = '';
      child.stdout.on('data', (part: Buffer) => {
        seen += part.toString();
      });
      const began = Date.now();
      while (!seen.includes('settings') && Date.now() - began < 20_000) await pause(50);
      await ok(['create', 'configmap', 'seen', '--from-literal=a=b']);
      while (!seen.includes('seen') && Date.now() - began < 20_000) await pause(50);
      child.kill();
      expect(seen).toMatch(/^seen +1 +\d+s$/m);
    });

    test('reads logs and follows them', async () => {
      expect(await ok(['logs', 'deployment/web'])).toBe('started\n');
      await ok([
        'run',
        'ticker',
        '--image=busybox:1.36',
        '--restart=Never',
        '--',
        'sh',
        '-c',
        'for i in 1 2 3 4; do echo tick $i; sleep 0.5; done',
      ]);
      await ok(['wait', '--for=jsonpath={.status.phase}=Running', 'pod/ticker', '--timeout=30s']).catch(() => pause(1_500));
      expect(await ok(['logs', '-f', 'ticker'])).toBe('tick 1\ntick 2\ntick 3\ntick 4\n');
      expect(await ok(['logs', 'ticker', '--tail=1'])).toBe('tick 4\n');
    });

    test('runs commands in containers', async () => {
      expect(await ok(['exec', 'deployment/web', '--', 'cat', '/www/index.html'])).toBe('hello\n');
      expect(await ok(['exec', '-i', 'deployment/web', '--', 'sh', '-c', 'tr a-z A-Z'], 'loud\n')).toBe('LOUD\n');
      const failed = await plain(['-n', namespace, 'exec', 'deployment/web', '--', 'sh', '-c', 'echo no >&2; exit 3']);
      expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('command terminated with exit code 3')]);
    });

    test('changes things: patch, label, scale, image, undo', async () => {
      await ok(['patch', 'deployment', 'web', '-p', '{"spec":{"revisionHistoryLimit":3}}']);
      await ok(['patch', 'deployment', 'web', '--type=json', '-p', '[{"op":"replace","path":"/spec/revisionHistoryLimit","value":4}]']);
      await ok(['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"minReadySeconds":0}}']);
      expect(await ok(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.revisionHistoryLimit}'])).toBe('4');
      await ok(['label', 'deployment', 'web', 'tier=front']);
      await ok(['annotate', 'deployment', 'web', 'note=hello']);
      await ok(['scale', 'deployment/web', '--replicas=3']);
      expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=60s'])).toContain('successfully rolled out');
      await ok(['set', 'env', 'deployment/web', 'COLOUR=blue']);
      expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=90s'])).toContain('successfully rolled out');
      expect(await ok(['rollout', 'history', 'deployment/web'])).toMatch(/^2 /m);
      await ok(['rollout', 'undo', 'deployment/web']);
      expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=90s'])).toContain('successfully rolled out');
      expect(await ok(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].env}'])).toBe('');
      await ok(['rollout', 'restart', 'deployment/web']);
      expect(await ok(['rollout', 'status', 'deployment/web', '--timeout=90s'])).toContain('successfully rolled out');
    });

    test('creates by hand', async () => {
      await ok(['create', 'deployment', 'hello', '--image=busybox:1.36', '--', 'sh', '-c', 'trap "exit 0" TERM; sleep 600 & wait']);
      expect(await ok(['rollout', 'status', 'deployment/hello', '--timeout=60s'])).toContain('successfully rolled out');
      await ok(['expose', 'deployment', 'web', '--name=more', '--port=8080', '--type=LoadBalancer']);
      expect(await ok(['get', 'service', 'more'])).toMatch(/LoadBalancer +10\.207\.\d+\.\d+ /);
      await ok(['delete', 'service', 'more']);
    });

    test('deletes all of it', async () => {
      expect(await ok(['delete', 'deployment', 'hello', 'web', '--wait=true'])).toBe(
        'deployment.apps "hello" deleted\ndeployment.apps "web" deleted\n',
      );
      await ok(['wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=60s']);
      await plain.ok(['delete', 'namespace', namespace, '--timeout=90s']);
      expect((await plain(['get', 'namespace', namespace])).stderr).toContain('NotFound');
    });
  });
}

test('a kubectl was there to try', () => {
  if (found.length === 0) return expect(process.env.PEAPOD_REQUIRE_DOCKER).not.toBe('1');
  expect(chosen.length).toBeGreaterThan(0);
});
