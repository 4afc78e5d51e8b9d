import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { run } from '../fixtures/cluster/kubectl.ts';

let cluster: TestCluster;
let home: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'completion', second: 168, nodePorts: '23200-23299' });
  home = mkdtempSync(join(tmpdir(), 'peapod-completion-'));
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin/peapod'), `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/bin.js')}" "$@"\n`);
  chmodSync(join(home, 'bin/peapod'), 0o755);
  env = { ...process.env, HOME: home, KUBECONFIG: cluster.kubeconfig, PATH: `${join(home, 'bin')}:${process.env.PATH}` };
});
afterAll(async () => {
  await cluster?.destroy();
  if (home) rmSync(home, { recursive: true, force: true });
});

/** Loads the script as a user's profile does, and asks what would be offered at the end of the line. */
const shells: Readonly<Record<string, (line: string) => string[]>> = {
  bash: (line) => {
    // The shell takes words apart at an equals sign before it asks.
    const words = line.replaceAll('=', ' = ').split(' ');
    return [
      '--norc',
      '-c',
      `source <(peapod completion bash); compopt() { :; }; COMP_WORDS=(${words.map((it) => `'${it}'`).join(' ')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _peapod; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ];
  },
  zsh: (line) => [
    '-f',
    '-c',
    `compdef() { }; compadd() { print -rl -- "\${@[2,-1]}" }; _files() { print files }; source <(peapod completion zsh)
words=(${line
      .split(' ')
      .map((it) => `'${it}'`)
      .join(' ')}); CURRENT=$#words; _peapod`,
  ],
  fish: (line) => ['--no-config', '-c', `peapod completion fish | source; complete -C '${line}'`],
};

describe.each(Object.entries(shells))('%s', (shell, args) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  if (!isThere) console.warn(`!! there is no ${shell} here: its completion is NOT tested`);

  test.skipIf(!isThere)('completes verbs, kinds, names and values of flags', async () => {
    const cases: Array<[line: string, wanted: string[]]> = [
      ['peapod rollo', ['rollout']],
      ['peapod rollout st', ['status']],
      ['peapod get namesp', ['namespaces']],
      ['peapod get namespaces kube-sy', ['kube-system']],
      ['peapod get configmap/kube-ro', ['configmap/kube-root-ca.crt']],
      ['peapod get pods --namespace kube-sy', ['kube-system']],
      ['peapod get pods --namespace=kube-sy', [shell === 'bash' ? 'kube-system' : '--namespace=kube-system']],
      ['peapod -n kube-system get configmaps kube-ro', ['kube-root-ca.crt']],
      ['peapod get --show-lab', ['--show-labels']],
    ];
    for (const [line, wanted] of cases) {
      const { stdout, stderr } = await run(shell, args(line), { env, timeout: 30_000 });
      const offered = stdout.split('\n').filter((it) => it !== '');
      expect({ line, offered, stderr }).toEqual({ line, offered: wanted, stderr: '' });
    }
  });
});
