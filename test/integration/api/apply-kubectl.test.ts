import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';
import { type Kubectl, kubectlOf } from '../../fixtures/cluster/kubectl.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';
import { skipWithout } from '../../fixtures/skip-without-kubectl.ts';

// The oldest with server-side apply in use, the first that asks OpenAPI v3, and those that move objects over by themselves.
const found = kubectlsOf('server-side apply', ['1.20', '1.27', '1.30', '1.33']);

const manifest = (replicas: number, image = 'nginx:1.25'): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, tier: front}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: ${image}
        ports: [{containerPort: 80}]
`;

let server: TestApi;
let dir: string;
beforeAll(async () => {
  server = await openTestApi();
  dir = mkdtempSync(join(tmpdir(), 'apply-'));
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

skipWithout(found);

describe.each([...found])('kubectl $version', ({ version, path }) => {
  const namespace = `v${version.replace('.', '-')}`;
  const minor = Number(version.split('.')[1]);
  let kubectl: Kubectl;
  const ok = (...args: string[]): Promise<string> => kubectl.ok(['-n', namespace, ...args]);
  const given = (input: string, ...args: string[]): Promise<string> => kubectl.ok(['-n', namespace, ...args, '-f', '-'], { input });
  const attempt = (input: string, ...args: string[]) => kubectl(['-n', namespace, ...args, '-f', '-'], { input });
  const shown = async (): Promise<Json> =>
    JSON.parse(await ok('get', 'deployment', 'web', '-o', 'json', ...(minor >= 21 ? ['--show-managed-fields'] : [])));
  const managers = async (): Promise<string[]> =>
    (await shown()).metadata.managedFields.map((it: Json) => `${it.manager} ${it.operation}${it.subresource ? ` ${it.subresource}` : ''}`);

  beforeAll(async () => {
    kubectl = kubectlOf(path, server.kubeconfig);
    await kubectl.ok(['create', 'namespace', namespace]);
  });
  beforeEach(() => ok('delete', 'deployment', 'web', '--ignore-not-found'));

  test('creates, says so, and changes nothing the second time', async () => {
    expect(await given(manifest(1), 'apply', '--server-side')).toBe('deployment.apps/web serverside-applied\n');
    const first = (await shown()).metadata;
    expect(await managers()).toEqual(['kubectl Apply']);
    await given(manifest(1), 'apply', '--server-side');
    expect((await shown()).metadata).toEqual(first);
  });

  test('a field that is applied no more goes; one that others set stays', async () => {
    await given(manifest(1), 'apply', '--server-side');
    await ok('label', 'deployment', 'web', 'mine=1');
    await given(manifest(1).replace(', tier: front', '').replace('\n  replicas: 1', ''), 'apply', '--server-side');
    const { metadata, spec } = await shown();
    expect(metadata.labels).toEqual({ app: 'web', mine: '1' });
    expect(spec.replicas).toBe(1);
  });

  test('what another one has changed is a conflict, until it is forced', async () => {
    await given(manifest(1), 'apply', '--server-side');
    await given(manifest(3).replace('tier: front', 'tier: back'), 'replace');
    const { code, stderr } = await attempt(manifest(2), 'apply', '--server-side');
    expect(code).toBe(1);
    expect(stderr).toContain('Apply failed with 2 conflicts: conflicts with "kubectl');
    expect(stderr).toContain('- .spec.replicas');
    expect(stderr).toContain('- .metadata.labels.tier');
    expect(await given(manifest(2), 'apply', '--server-side', '--force-conflicts')).toContain('serverside-applied');
    expect(await shown()).toMatchObject({ metadata: { labels: { tier: 'front' } }, spec: { replicas: 2 } });
  });

  test('two field managers share what they agree on', async () => {
    await given(manifest(1), 'apply', '--server-side', '--field-manager=one');
    await given(manifest(1), 'apply', '--server-side', '--field-manager=two');
    expect(await managers()).toEqual(['one Apply', 'two Apply']);
    const { code, stderr } = await attempt(manifest(1, 'nginx:1.26'), 'apply', '--server-side', '--field-manager=two');
    expect(code).toBe(1);
    expect(stderr).toContain('Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="app"].image');
    await given(manifest(1).replace(', tier: front', ''), 'apply', '--server-side', '--field-manager=one');
    expect((await shown()).metadata.labels).toEqual({ app: 'web', tier: 'front' });
    await given(manifest(1).replace(', tier: front', ''), 'apply', '--server-side', '--field-manager=two');
    expect((await shown()).metadata.labels).toEqual({ app: 'web' });
  });

  test('from client-side apply to server-side apply: no conflict, and what is dropped goes', async () => {
    await given(manifest(1), 'apply');
    expect(await managers()).toEqual(['kubectl-client-side-apply Update']);
    await given(manifest(2).replace(', tier: front', ''), 'apply', '--server-side');
    const { metadata, spec } = await shown();
    expect(spec.replicas).toBe(2);
    if (minor >= 26) {
      expect(metadata.labels).toEqual({ app: 'web' });
      // kubectl keeps the annotation alive under a name of its own.
      expect(await managers()).toEqual(['kubectl Apply', 'kubectl-last-applied Apply']);
    }
    expect(JSON.parse(metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']).spec.replicas).toBe(2);
    // And back again.
    expect(await given(manifest(3).replace(', tier: front', ''), 'apply')).toContain('configured');
    expect((await shown()).spec.replicas).toBe(3);
  });

  test('diff --server-side and a dry run on the server change nothing', async () => {
    await given(manifest(1), 'apply', '--server-side');
    const { code, stdout } = await attempt(manifest(4), 'diff', '--server-side');
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^-\s+replicas: 1$[\s\S]*^\+\s+replicas: 4$/m) });
    expect((await attempt(manifest(1), 'diff', '--server-side')).code).toBe(0);
    expect(await given(manifest(4), 'apply', '--server-side', '--dry-run=server')).toContain('serverside-applied (server dry run)');
    expect((await shown()).spec.replicas).toBe(1);
  });

  test('what is not in the schema is refused', async () => {
    const { code, stderr } = await attempt(manifest(1).replace('image:', 'imag:'), 'apply', '--server-side', '--validate=false');
    expect(code).toBe(1);
    expect(stderr).toContain('failed to create typed patch object');
    expect(stderr).toContain('.spec.template.spec.containers[name="app"].imag: field not declared in schema');
  });

  test('replicas that an autoscaler took over are left to it', async () => {
    await given(manifest(1), 'apply', '--server-side');
    await ok('scale', 'deployment', 'web', '--replicas=5');
    expect(await managers()).toEqual(['kubectl Apply', expect.stringMatching(/^kubectl\S* Update scale$/)]);
    await given(manifest(1).replace('\n  replicas: 1', ''), 'apply', '--server-side');
    expect((await shown()).spec.replicas).toBe(5);
  });

  test('managed fields are hidden unless asked for', async () => {
    await given(manifest(1), 'apply', '--server-side');
    const text = await ok('get', 'deployment', 'web', '-o', 'yaml');
    expect(text.includes('managedFields')).toBe(minor < 21);
    writeFileSync(join(dir, 'web.yaml'), text);
    expect(await ok('replace', '-f', join(dir, 'web.yaml'))).toContain('replaced');
    expect(await managers()).toEqual(['kubectl Apply']);
  });
});
