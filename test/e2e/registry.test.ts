import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { core } from '../../src/kinds/index.ts';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { type Kubectl, kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';
import { registryForTests, slowWayTo, type TestRegistry } from '../fixtures/registry/registry.ts';

const binary = kubectls().at(-1);
const found = binary && (await registryForTests());

describe.skipIf(!found)('images from a registry with a password', () => {
  const registry = found as TestRegistry;
  const folder = mkdtempSync(join(tmpdir(), 'peapod-registry-user-'));
  const image = (path: string): string => `${registry.address}/${path}`;
  let cluster: TestCluster;
  let kubectl: Kubectl;
  let count = 0;
  let name: string;

  const docker = (...args: string[]): string =>
    execFileSync('docker', ['--config', join(folder, 'user'), ...args], { encoding: 'utf8', stdio: 'pipe' });
  /** Of this test's registry and of what stands for others, by any name. */
  const forget = (): void => {
    const all = docker('images', '--format', '{{.Repository}}:{{.Tag}} {{.ID}} {{.Digest}}', '--digests').split('\n');
    for (const line of all) {
      const [tagged = '', , digest = ''] = line.split(' ');
      if (!/^(127\.0\.0\.1:\d+|far\.invalid|dotted\.invalid)\//.test(tagged)) continue;
      const it = tagged.endsWith(':<none>') ? `${tagged.replace(/:<none>$/, '')}@${digest}` : tagged;
      execFileSync('sh', ['-c', `docker rmi --force ${it} || true`], { stdio: 'ignore' });
    }
  };

  beforeAll(async () => {
    mkdirSync(join(folder, 'user'));
    for (const path of ['team/web:1', 'team/web:2', 'mirror/team/web:1', 'dots/team.web:1']) registry.push('busybox:1.36', path);
    cluster = await startTestCluster({
      name: 'registry',
      second: 234,
      nodePorts: '21000-21499',
      flags: [
        ...['--docker-config', join(folder, 'user')],
        ...['--mirrors', `far.invalid=${image('nothing')},far.invalid=${image('mirror')},dotted.invalid=${image('dots')}/{dotted}`],
      ],
    });
    kubectl = kubectlOf(binary?.path as string, cluster.kubeconfig);
    const deadline = Date.now() + 15_000;
    while ((await kubectl(['get', 'serviceaccount', 'default'])).code !== 0 && Date.now() < deadline) await pause(50);
    const { user } = registry;
    const login = [`--docker-username=${user.name}`, `--docker-server=${registry.address}`];
    await kubectl.ok(['create', 'secret', 'docker-registry', 'right', ...login, `--docker-password=${user.password}`]);
    await kubectl.ok(['create', 'secret', 'docker-registry', 'wrong', ...login, '--docker-password=guessed']);
  });
  afterAll(async () => {
    await cluster?.destroy();
    forget();
    await registry?.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    name = `pod-${++count}`;
  });

  async function run(from: string, spec: object = {}, container: object = {}): Promise<void> {
    const containers = [{ name: 'main', image: from, command: ['sleep', '3600'], ...container }];
    const it = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers, ...spec } };
    await kubectl.ok(['apply', '-f', '-'], { input: JSON.stringify(it) });
  }
  const runs = (): Promise<string> => kubectl.ok(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s']);
  const status = async (): Promise<core.ContainerStatus | undefined> =>
    (JSON.parse(await kubectl.ok(['get', 'pod', name, '-o', 'json'])) as core.Pod).status?.containerStatuses?.[0];
  const events = async (): Promise<core.Event[]> => {
    const list = await kubectl.ok(['get', 'events', `--field-selector=involvedObject.name=${name}`, '-o', 'json']);
    return (JSON.parse(list) as { items: core.Event[] }).items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  };
  const told = async (): Promise<string[]> => (await events()).map((it) => `${it.type} ${it.reason} ${it.message}`);
  async function waits(reason: string): Promise<string> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const waiting = (await status())?.state?.waiting;
      if (waiting?.reason === reason) return waiting.message ?? '';
      if (Date.now() > deadline) throw new Error(`not ${reason}: ${JSON.stringify(await status())}\n${(await told()).join('\n')}`);
      await pause(100);
    }
  }

  test('without a login: ErrImagePull, then ImagePullBackOff, in the words of the engine', async () => {
    await run(image('team/web:1'));
    const message = await waits('ErrImagePull');
    expect(message).toMatch(/no basic auth credentials/);
    expect(message).not.toMatch(/HTTP code/);
    expect(await waits('ImagePullBackOff')).toBe(`Back-off pulling image "${image('team/web:1')}": ErrImagePull: ${message}`);
    const all = await told();
    expect(all).toEqual(
      expect.arrayContaining([
        `Normal Pulling Pulling image "${image('team/web:1')}"`,
        `Warning Failed Failed to pull image "${image('team/web:1')}": ${message}`,
        'Warning Failed Error: ErrImagePull',
        `Normal BackOff Back-off pulling image "${image('team/web:1')}"`,
        'Warning Failed Error: ImagePullBackOff',
      ]),
    );
  });

  test('with a wrong login as well', async () => {
    await run(image('team/web:1'), { imagePullSecrets: [{ name: 'wrong' }] });
    expect(await waits('ErrImagePull')).toMatch(/unauthorized|authentication required/);
  });

  test("with the pod's pull secret it is pulled, and told", async () => {
    await run(image('team/web:1'), { imagePullSecrets: [{ name: 'wrong' }, { name: 'right' }] });
    await runs();
    expect((await status())?.imageID).toMatch(new RegExp(`^docker-pullable://${image('team/web')}@sha256:[0-9a-f]{64}$`));
    const [, ...rest] = await told();
    expect(rest[0]).toBe(`Normal Pulling Pulling image "${image('team/web:1')}"`);
    expect(rest[1]).toMatch(
      /^Normal Pulled Successfully pulled image ".*" in (\d+ms|[\d.]+s) \((\d+ms|[\d.]+s) including waiting\)\. Image size: \d+ bytes\.$/,
    );
  });

  test('it is there then, also for pods without a login', async () => {
    await run(image('team/web:1'));
    await runs();
    expect(await told()).toContain(`Normal Pulled Container image "${image('team/web:1')}" already present on machine`);
  });

  test("with the pull secret of the pod's service account", async () => {
    forget();
    await kubectl.ok(['create', 'serviceaccount', 'puller']);
    await kubectl.ok(['patch', 'serviceaccount', 'puller', '-p', '{"imagePullSecrets":[{"name":"right"}]}']);
    await run(image('team/web:2'), { serviceAccountName: 'puller' });
    await runs();
  });

  test("with the user's own docker login, from the next pull on", async () => {
    forget();
    await run(image('team/web:1'));
    await waits('ErrImagePull');
    docker('login', '--username', registry.user.name, '--password', registry.user.password, registry.address);
    try {
      await runs();
    } finally {
      docker('logout', registry.address);
    }
  });

  test('what the registry does not have is not found', async () => {
    await run(image('team/nothing:9'), { imagePullSecrets: [{ name: 'right' }] });
    expect(await waits('ErrImagePull')).toMatch(/manifest (unknown|for .* not found)/);
  });

  test('Never, of what is not there; a name that is none', async () => {
    await run(image('team/never:1'), {}, { imagePullPolicy: 'Never' });
    const message = `Container image "${image('team/never:1')}" is not present with pull policy of Never`;
    expect(await waits('ErrImageNeverPull')).toBe(message);
    expect(await told()).toEqual(
      expect.arrayContaining([`Warning ErrImageNeverPull ${message}`, 'Warning Failed Error: ErrImageNeverPull']),
    );
    name = `pod-${++count}`;
    await run('Web:1');
    const why = 'invalid reference format: repository name (library/Web) must be lowercase';
    const fault = `Failed to apply default image tag "Web:1": couldn't parse image name "Web:1": ${why}`;
    expect(await waits('InvalidImageName')).toBe(fault);
    expect(await told()).toEqual(expect.arrayContaining([`Warning InspectFailed ${fault}`, 'Warning Failed Error: InvalidImageName']));
  });

  test('a mirror gives an image the registry of which is out of reach; the image has its own name alone', async () => {
    const secrets = { imagePullSecrets: [{ name: 'right' }] };
    await run('far.invalid/team/web:1', secrets);
    await runs();
    const all = await told();
    expect(all).toContainEqual(expect.stringContaining(`It came from the mirror "${image('mirror/team/web:1')}".`));
    expect(all).toContainEqual(expect.stringContaining(`The mirror "${image('nothing/team/web:1')}" does not give image`));
    expect(docker('images', '--format', '{{.Repository}}:{{.Tag}}').split('\n')).toContain('far.invalid/team/web:1');
    expect(docker('images', '--format', '{{.Repository}}')).not.toContain(image('mirror'));
    name = `pod-${++count}`;
    await run('dotted.invalid/team/web:1', secrets);
    await runs();
    expect(await told()).toContainEqual(expect.stringContaining(`It came from the mirror "${image('dots/team.web:1')}".`));
  });

  test('a long pull is told of, is one for all pods, and ends when they are gone', async () => {
    registry.pushBig(6_000_000, 'team/big:1');
    const slow = await slowWayTo(registry.address, 250_000);
    try {
      const { user } = registry;
      const login = [`--docker-username=${user.name}`, `--docker-server=${slow.address}`, `--docker-password=${user.password}`];
      await kubectl.ok(['create', 'secret', 'docker-registry', 'slow', ...login]);
      const secrets = { imagePullSecrets: [{ name: 'slow' }] };
      const asked = registry.log().split('team/big/manifests').length;
      await run(`${slow.address}/team/big:1`, secrets);
      const [first, second] = [name, `pod-${++count}`];
      name = second;
      await run(`${slow.address}/team/big:1`, secrets);
      const deadline = Date.now() + 40_000;
      const progress = async (): Promise<core.Event | undefined> => (await events()).find((it) => /layers done/.test(it.message ?? ''));
      while (((await progress())?.count ?? 0) < 2 && Date.now() < deadline) await pause(200);
      const event = await progress();
      expect(event).toMatchObject({ type: 'Normal', reason: 'Pulling', count: 2 });
      expect(event?.message).toMatch(/: \d of \d layers done, [\d.]+ of [\d.]+ MB fetched$/);
      await kubectl.ok(['delete', 'pod', first, '--wait=false']);
      await pause(1_000);
      expect(slow.open()).toBeGreaterThan(0);
      expect(registry.log().split('team/big/manifests').length - asked).toBeLessThanOrEqual(6);
      await kubectl.ok(['delete', 'pod', second]);
      const end = Date.now() + 5_000;
      // The engine keeps connections for later, none that carries a layer.
      while (docker('images', '--quiet', `${slow.address}/team/big:1`).trim() === '' && slow.open() > 1 && Date.now() < end)
        await pause(100);
      expect(slow.open()).toBeLessThanOrEqual(1);
      expect(docker('images', '--quiet', `${slow.address}/team/big:1`).trim()).toBe('');
    } finally {
      await slow.close();
    }
  });

  test('Always, with a registry that is gone: what is there is used, and an event says so', async () => {
    await run(image('team/web:1'), { imagePullSecrets: [{ name: 'right' }] });
    await runs();
    await registry.stop();
    try {
      name = `pod-${++count}`;
      await run(image('team/web:1'), { imagePullSecrets: [{ name: 'right' }] }, { imagePullPolicy: 'Always' });
      await runs();
      const words = new RegExp(
        `^Warning RegistryUnreachable The registry of "${image('team/web:1')}" cannot be reached \\(.*connection refused.*\\); the image on this machine is used$`,
      );
      expect(await told()).toContainEqual(expect.stringMatching(words));
      name = `pod-${++count}`;
      await run(image('team/other:1'), { imagePullSecrets: [{ name: 'right' }] });
      expect(await waits('ErrImagePull')).toMatch(/connection refused$/);
    } finally {
      await registry.start();
    }
  });
});
