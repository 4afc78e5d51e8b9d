import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { freePort } from '../fixtures/cluster/cluster.ts';
import { run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

/** The commands of the README's "Day to day", as they stand there, with the settings of a cluster of our own around them. */
const commands = /```console\n([\s\S]*?)```/
  .exec(readFileSync('README.md', 'utf8'))?.[1]
  ?.split('\n')
  .filter((it) => it.startsWith('$ '))
  .map((it) => it.slice(2)) as string[];

const home = mkdtempSync(join(tmpdir(), 'peapod-readme-'));
const newest = kubectls().at(-1);
let env: NodeJS.ProcessEnv = {};
afterAll(async () => {
  await run('npx', ['peapod', 'down'], { env });
  rmSync(home, { recursive: true, force: true });
});

test.skipIf(!newest)('the commands of the README work as they stand', { timeout: 180_000 }, async () => {
  env = {
    ...process.env,
    HOME: home,
    KUBECONFIG: join(home, 'config'),
    PATH: `${dirname(newest?.path ?? '')}:${process.env.PATH}`,
    PEAPOD_NAME: 'readme',
    PEAPOD_DATA_DIR: join(home, 'data'),
    PEAPOD_PORT: String(await freePort()),
    PEAPOD_POD_CIDR: '10.202.0.0/16',
    PEAPOD_SERVICE_CIDR: '10.203.0.0/16',
    PEAPOD_NODE_PORTS: '24000-24999',
  };
  expect(commands.length).toBeGreaterThan(8);
  const outputs = new Map<string, string>();
  for (const command of commands) {
    const { code, stdout, stderr } = await run('sh', ['-c', command], { env });
    expect(`${command}: ${code}\n${code === 0 ? '' : stdout + stderr}`).toBe(`${command}: 0\n`);
    outputs.set(command, stdout);
  }
  const outputOf = (part: string): string => [...outputs].find(([command]) => command.includes(part))?.[1] ?? '';
  expect(outputOf('get nodes')).toMatch(/ Ready /);
  expect(outputOf('get pods')).toMatch(/^hello-node-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running /m);
  expect(outputOf('docker ps')).toContain('k8s_echoserver_hello-node-');
});
