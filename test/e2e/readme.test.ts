import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { freePort } from '../fixtures/cluster/cluster.ts';
import { run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

/** The commands of a README, as they stand there, with the settings of a cluster of our own around them. */
const commandsOf = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/```console\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((it) => it.startsWith('$ '))
    .map((it) => it.slice(2));

const home = mkdtempSync(join(tmpdir(), 'peapod-readme-'));
const newest = kubectls().at(-1);

async function environment(name: string, second: number, nodePorts: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    HOME: home,
    KUBECONFIG: join(home, `config-${name}`),
    PATH: `${newest ? `${dirname(newest.path)}:` : ''}${process.env.PATH}`,
    PEAPOD_NAME: name,
    PEAPOD_DATA_DIR: join(home, name),
    PEAPOD_PORT: String(await freePort()),
    PEAPOD_POD_CIDR: `10.${second}.0.0/16`,
    PEAPOD_SERVICE_CIDR: `10.${second + 1}.0.0/16`,
    PEAPOD_NODE_PORTS: nodePorts,
  };
}

const environments: NodeJS.ProcessEnv[] = [];
afterAll(async () => {
  for (const env of environments) await run('npx', ['peapod', 'down'], { env });
  rmSync(home, { recursive: true, force: true });
});

/** Runs all of them, one after the other; what each printed is found by a part of it. */
async function follow(path: string, env: NodeJS.ProcessEnv): Promise<(part: string) => string> {
  environments.push(env);
  const commands = commandsOf(path);
  expect(commands.length).toBeGreaterThan(8);
  const outputs = new Map<string, string>();
  for (const command of commands) {
    const { code, stdout, stderr } = await run('sh', ['-c', command], { env });
    expect(`${command}: ${code}\n${code === 0 ? '' : stdout + stderr}`).toBe(`${command}: 0\n`);
    outputs.set(command, stdout);
  }
  return (part) => [...outputs].find(([command]) => command.includes(part))?.[1] ?? '';
}

test.skipIf(!newest)('the commands of the README work as they stand', { timeout: 480_000 }, async () => {
  const outputOf = await follow('README.md', await environment('readme', 202, '28600-28999'));
  expect(outputOf('get nodes')).toMatch(/ Ready /);
  expect(outputOf('get pods')).toMatch(/^hello-node-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running /m);
  expect(outputOf('docker ps')).toContain('k8s_echoserver_hello-node-');
});

test('those of the Chinese README work with peapod alone', { timeout: 480_000 }, async () => {
  // The demos name node ports of the usual range.
  const outputOf = await follow('README.zh-CN.md', await environment('readme-zh', 164, '30000-32767'));
  expect(outputOf('get nodes')).toMatch(/ Ready /);
  expect(outputOf('get pods')).toMatch(/^hello-node-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running /m);
  expect(outputOf('CONFIG GET')).toMatch(/^allkeys-lru$/m);
  expect(outputOf('describe deployments')).toMatch(/5 available/);
});
