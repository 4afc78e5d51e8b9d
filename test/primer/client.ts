import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dump, load } from 'js-yaml';
import { type Result, run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';
import { typeAtTerminal } from './terminal.ts';

/** What command lines are typed to: a kubectl of some version, or peapod. */
export type Client = {
  /** `1.27`, or `peapod`. */
  name: string;
  /** The namespace that its kubeconfig names; nobody else's. */
  namespace: string;
  /** Where its commands are run. */
  folder: string;
  type(script: string, options?: { input?: string; env?: NodeJS.ProcessEnv; seconds?: number }): Promise<Result>;
  typeAtTerminal(line: string, prompt: RegExp, types: readonly string[]): Promise<Result>;
};

/** What the project promises to work with. */
export const promised = ['1.20', '1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'];

/**
 * The oldest and the newest kubectl found, and peapod last; with PEAPOD_LONG=1 every kubectl. Each has a home and a
 * namespace of its own.
 */
export function clientsIn(folder: string, kubeconfig: string): readonly Client[] {
  const found = kubectls();
  const all = process.env.PEAPOD_LONG === '1';
  const left = found.slice(1, -1).map((it) => it.version);
  if (!all && left.length > 0) console.warn(`!! NOT typed to kubectl ${left.join(', ')}: PEAPOD_LONG=1 takes every kubectl`);
  return [
    ...found.filter((it) => all || !left.includes(it.version)).map((it) => ({ name: it.version, path: it.path })),
    { name: 'peapod', path: resolve('dist/bin.js') },
  ].map((it) => clientOf(it.name, it.path, join(folder, it.name), kubeconfig));
}

function clientOf(name: string, program: string, home: string, kubeconfig: string): Client {
  const namespace = `primer-${name.replace('.', '-')}`;
  const [programs, folder, config] = [join(home, 'bin'), join(home, 'here'), join(home, 'config')];
  for (const it of [programs, folder]) mkdirSync(it, { recursive: true });
  if (name === 'peapod') {
    writeFileSync(join(programs, 'peapod'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(join(programs, 'peapod'), 0o755);
  } else symlinkSync(program, join(programs, 'kubectl'));
  writeFileSync(config, inNamespace(readFileSync(kubeconfig, 'utf8'), namespace));
  const base = { ...process.env, HOME: home, KUBECONFIG: config, PATH: `${programs}:${process.env.PATH}`, NAMESPACE: namespace };
  const written = (line: string): string => (name === 'peapod' ? line.replaceAll(/(?<![\w./-])kubectl(?= )/g, 'peapod') : line);
  return {
    name,
    namespace,
    folder,
    type: (script, { input = '', env = {}, seconds = 120 } = {}) =>
      run('sh', ['-c', `cd '${folder}' || exit 99\n${written(script)}`], { input, env: { ...base, ...env }, timeout: seconds * 1000 }),
    typeAtTerminal: (line, prompt, types) => typeAtTerminal(written(line), prompt, types, { cwd: folder, env: base }),
  };
}

type Contexts = { contexts: Array<{ context: { namespace?: string } }> };

/** A kubeconfig whose contexts all mean that namespace. */
function inNamespace(kubeconfig: string, namespace: string): string {
  const config = load(kubeconfig) as Contexts;
  for (const { context } of config.contexts) context.namespace = namespace;
  return dump(config);
}
