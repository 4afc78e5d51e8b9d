import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kubectl, kubectlOf, run } from '../../fixtures/cluster/kubectl.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';
import { skipWithout } from '../../fixtures/skip-without-kubectl.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

// The oldest that is still found in distributions, and those between which kubectl changed how it talks.
const found = kubectlsOf('what kubectl does with objects', ['1.20', '1.27', '1.30', '1.33']);

const manifest = (replicas: number, value: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: nginx:1.25
        ports: [{containerPort: 80}]
        env: [{name: A, value: "${value}"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", file: "two\\nlines\\n"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

let server: TestApi;
let dir: string;
beforeAll(async () => {
  server = await openTestApi();
  dir = mkdtempSync(join(tmpdir(), 'kubectl-'));
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

skipWithout(found);

describe.each([...found])('kubectl $version', ({ version, path }) => {
  const namespace = `v${version.replace('.', '-')}`;
  let kubectl: Kubectl;
  const ok = (...args: string[]): Promise<string> => kubectl.ok(['-n', namespace, ...args]);
  const apply = (text: string, ...args: string[]): Promise<string> =>
    kubectl.ok(['-n', namespace, 'apply', '-f', '-', ...args], { input: text });
  const failing = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await kubectl(['-n', namespace, ...args]);
    expect(code).not.toBe(0);
    return stderr;
  };
  beforeAll(async () => {
    kubectl = kubectlOf(path, server.kubeconfig);
    await kubectl.ok(['create', 'namespace', namespace]);
    await ok('create', 'serviceaccount', 'default');
    await apply(manifest(2, '1'));
  });

  test('version, api-versions and api-resources', async () => {
    expect(await kubectl.ok(['version'])).toContain('v1.36.0');
    expect((await kubectl.ok(['api-versions'])).split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'storage.k8s.io/v1']));
    const resources = await kubectl.ok(['api-resources', '--verbs=list,get']);
    for (const row of [
      /^pods +po +v1 +true +Pod$/m,
      /^deployments +deploy +apps\/v1 +true +Deployment$/m,
      /^storageclasses +sc +storage.k8s.io\/v1 +false/m,
    ])
      expect(resources).toMatch(row);
  });

  test('explain, of a field and of all below it', async () => {
    const text = await kubectl.ok(['explain', 'deployment.spec']);
    for (const field of [/replicas\s+<integer>/, /selector\s+<\w+> -required-/, /template\s+<\w+> -required-/]) expect(text).toMatch(field);
    expect(await kubectl.ok(['explain', 'pod.spec.containers.livenessProbe.httpGet'])).toMatch(/port\s+<\w+> -required-/);
    expect(await kubectl.ok(['explain', 'deployment.spec', '--recursive'])).toMatch(/progressDeadlineSeconds\s+<integer>/);
  });

  test('apply again changes nothing, apply of something else changes it', async () => {
    expect(await apply(manifest(2, '1'))).toBe(
      'deployment.apps/web unchanged\nservice/web unchanged\nconfigmap/settings unchanged\npersistentvolumeclaim/data unchanged\n',
    );
    const difference = await kubectl(['-n', namespace, 'diff', '-f', '-'], { input: manifest(3, '2') });
    expect(difference.code).toBe(1);
    expect(difference.stdout).toMatch(/^-\s+replicas: 2$/m);
    expect(difference.stdout).toMatch(/^\+\s+replicas: 3$/m);
    expect(await apply(manifest(3, '2'), '--dry-run=server')).toContain('deployment.apps/web configured (server dry run)');
    expect(await ok('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('2');
    expect(await apply(manifest(3, '2'))).toContain('deployment.apps/web configured');
    expect(await ok('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].env[0].value}')).toBe(
      '3/2',
    );
  });

  test('a manifest with faults is refused before or by the server, with the field', async () => {
    const bad = (text: string) => kubectl(['-n', namespace, 'apply', '-f', '-'], { input: text });
    const misspelt = await bad('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndada: {}\n');
    expect(misspelt.code).toBe(1);
    expect(misspelt.stderr).toMatch(/unknown field "dada"/);
    const refused = await bad('apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: C, image: i}]}\n');
    expect(refused.stderr).toContain('spec.containers[0].name: Invalid value: "C"');
    const typed = await bad('apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: 5}\n');
    expect(typed.code).toBe(1);
  });

  test('get in all forms', async () => {
    expect(await ok('get', 'deploy')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/\d/);
    expect(await ok('get', 'deploy', '-o', 'wide')).toMatch(/CONTAINERS +IMAGES +SELECTOR\nweb .* app +nginx:1\.25 +app=web/);
    expect(await ok('get', 'svc', 'web')).toMatch(/^web +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP/m);
    expect(await ok('get', 'deploy,svc,cm', '-o', 'name')).toBe('deployment.apps/web\nservice/web\nconfigmap/settings\n');
    expect(JSON.parse(await ok('get', 'cm', 'settings', '-o', 'json'))).toMatchObject({
      kind: 'ConfigMap',
      data: { a: '1', file: 'two\nlines\n' },
    });
    expect(await ok('get', 'cm', 'settings', '-o', 'yaml')).toContain('file: |\n    two\n    lines\n');
    expect(await ok('get', 'cm', '-o', 'custom-columns=N:.metadata.name,A:.data.a')).toBe('N          A\nsettings   1\n');
    expect(await ok('get', 'all', '-l', 'app=web')).toContain('deployment.apps/web');
    expect(await ok('get', 'cm', '-A', '--field-selector', `metadata.namespace=${namespace}`, '-o', 'name')).toBe('configmap/settings\n');
    expect(await ok('get', 'deploy', '--show-labels', '--sort-by=.metadata.name')).toContain('app=web');
    expect(await failing('get', 'cm', 'missing')).toBe('Error from server (NotFound): configmaps "missing" not found\n');
    expect(await failing('get', 'nonsense')).toContain(`the server doesn't have a resource type "nonsense"`);
  });

  test('get -w sees changes', async () => {
    await ok('create', 'configmap', 'watched');
    const watching = kubectl(['-n', namespace, 'get', 'cm', 'watched', '-w', '-o', 'jsonpath={.data.n} '], { timeout: 3000 });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const n of ['1', '2']) await ok('patch', 'cm', 'watched', '-p', JSON.stringify({ data: { n } }));
    expect((await watching).stdout).toMatch(/1\s+2/);
  });

  test('describe', async () => {
    const text = await ok('describe', 'deploy', 'web');
    for (const line of [
      /^Name: +web$/m,
      /^Selector: +app=web$/m,
      /^StrategyType: +RollingUpdate$/m,
      /^RollingUpdateStrategy: +25% max unavailable, 25% max surge$/m,
    ])
      expect(text).toMatch(line);
    expect(await ok('describe', 'svc', 'web')).toMatch(/^NodePort: +<unset> +3\d{4}\/TCP$/m);
    expect(await ok('describe', 'pvc', 'data')).toMatch(/^Status: +Pending$/m);
    expect(await ok('describe', 'cm', 'settings')).toContain('two\nlines');
    expect(await kubectl.ok(['describe', 'ns', namespace])).toMatch(/^Status: +Active$/m);
  });

  test('patch in three ways, edit, scale, label, annotate, set', async () => {
    const replicas = (): Promise<string> => ok('get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas}');
    await ok('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":4}}');
    expect(await ok('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":4}}')).toContain('(no change)');
    await ok('patch', 'deploy', 'web', '--type=merge', '-p', '{"metadata":{"annotations":{"x":"y"}}}');
    await ok('patch', 'deploy', 'web', '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":5}]');
    expect(await replicas()).toBe('5');
    expect(await failing('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":"x"}}')).toContain('cannot unmarshal string');
    const editor = join(dir, 'editor');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/replicas: 5/replicas: 6/" "$1"\n', { mode: 0o700 });
    const { code, stderr } = await run(path, [`--kubeconfig=${server.kubeconfig}`, '-n', namespace, 'edit', 'deploy', 'web'], {
      env: { ...process.env, KUBE_EDITOR: editor },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(await replicas()).toBe('6');
    await ok('scale', 'deploy', 'web', '--replicas=7', '--current-replicas=6');
    expect(await replicas()).toBe('7');
    await ok('label', 'deploy', 'web', 'tier=front');
    expect(await failing('label', 'deploy', 'web', 'tier=back')).toContain('--overwrite');
    await ok('annotate', 'deploy', 'web', 'note=hi');
    await ok('set', 'image', 'deploy/web', 'app=nginx:1.26');
    await ok('set', 'env', 'deploy/web', 'B=2');
    const after = JSON.parse(await ok('get', 'deploy', 'web', '-o', 'json'));
    expect(after.metadata).toMatchObject({ labels: { tier: 'front' }, annotations: { note: 'hi', x: 'y' } });
    expect(after.spec.template.spec.containers[0]).toMatchObject({ image: 'nginx:1.26', env: [{ name: 'A' }, { name: 'B', value: '2' }] });
  });

  test('create and expose by name', async () => {
    await ok('create', 'deployment', 'plain', '--image=nginx');
    await ok('create', 'service', 'clusterip', 'plain', '--tcp=80:8080');
    await ok('create', 'configmap', 'made', '--from-literal=a=b');
    await ok('create', 'secret', 'generic', 'made', '--from-literal=a=b');
    await ok('create', 'secret', 'docker-registry', 'registry', '--docker-username=u', '--docker-password=p', '--docker-server=s');
    await ok('run', 'once', '--image=nginx', '--restart=Never');
    await ok('expose', 'deploy', 'web', '--name=web-again', '--port=80');
    expect(await ok('get', 'secret', 'made', '-o', 'jsonpath={.data.a}')).toBe('Yg==');
    expect(await ok('get', 'svc', 'plain', '-o', 'jsonpath={.spec.ports[0].targetPort}')).toBe('8080');
    expect(await failing('create', 'configmap', 'made')).toContain('configmaps "made" already exists');
  });

  test('replace is optimistic', async () => {
    const file = join(dir, `${namespace}.json`);
    writeFileSync(file, (await ok('get', 'cm', 'settings', '-o', 'json')).replace('"1"', '"9"'));
    expect(await ok('replace', '-f', file)).toBe('configmap/settings replaced\n');
    expect(await failing('replace', '-f', file)).toContain('(Conflict)');
    await ok('replace', '--force', '-f', file);
    expect(await ok('get', 'cm', 'settings', '-o', 'jsonpath={.data.a}')).toBe('9');
  });

  test('rollout, wait and auth', async () => {
    expect(await ok('rollout', 'history', 'deploy/web')).toContain('deployment.apps/web');
    await ok('rollout', 'pause', 'deploy/web');
    await ok('rollout', 'resume', 'deploy/web');
    await ok('rollout', 'restart', 'deploy/web');
    expect(await kubectl(['-n', namespace, 'rollout', 'status', 'deploy/web', '--timeout=1s'])).toMatchObject({ code: 1 });
    expect(await ok('auth', 'can-i', 'create', 'deployments')).toBe('yes\n');
    const { code } = await kubectl(['-n', namespace, 'auth', 'can-i', 'list', 'pods', '--as=nobody']);
    expect(code).toBe(1);
  });

  test('delete, with and without waiting, and what is not there', async () => {
    expect(await ok('delete', 'pod', 'once')).toContain('pod "once" deleted');
    await ok('delete', 'deploy', 'plain', '--cascade=background');
    await ok('patch', 'cm', 'made', '-p', '{"metadata":{"finalizers":["example.com/held"]}}');
    await ok('delete', 'cm', 'made', '--wait=false');
    expect(await ok('get', 'cm', 'made', '-o', 'jsonpath={.metadata.deletionTimestamp}')).toMatch(/^20/);
    const waiting = kubectl(['-n', namespace, 'wait', '--for=delete', 'cm/made', '--timeout=20s']);
    await ok('patch', 'cm', 'made', '-p', '{"metadata":{"finalizers":null}}');
    // It may come too late to see it at all.
    const { code, stderr } = await waiting;
    if (code !== 0) expect(stderr).toMatch(/\(NotFound\)|no matching resources found/);
    expect(await ok('delete', 'cm,secret', '--all')).toContain('configmap "settings" deleted');
    expect(await failing('delete', 'cm', 'missing')).toContain('(NotFound)');
    expect(await ok('delete', 'cm', 'missing', '--ignore-not-found')).toBe('');
  });
});
