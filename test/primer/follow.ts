import { copyFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../fixtures/cluster/cluster.ts';
import type { Result } from '../fixtures/cluster/kubectl.ts';
import type { Client } from './client.ts';
import { difference, shapeOf } from './shape.ts';
import type { Ask, Section, Step } from './step.ts';
import { hasTerminals } from './terminal.ts';

/** What came of one line with one client. */
export type Cell =
  | { came: 'as shown'; stdout: string; stderr: string }
  | { came: 'wrong'; why: string }
  /** The client does not have the verb or, if old, not yet. */
  | { came: 'no such verb' | 'too old' | 'no terminal' };
export type Column = ReadonlyMap<Step | Ask, Cell>;

/** Lets one at a time have what there is only one of. */
export type Turn = <T>(act: () => Promise<T>) => Promise<T>;

export function turns(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const mine = last.then(act);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Types every line of every section, in order; a line that fails is noted, and the next one typed. */
export async function follow(client: Client, sections: readonly Section[], alone: Turn, env: NodeJS.ProcessEnv = {}): Promise<Column> {
  const column = new Map<Step | Ask, Cell>();
  const typeAll = async (section: Section): Promise<void> => {
    lay(section, client.folder);
    for (const it of section.steps) column.set(it, 'ask' in it ? await askUntil(it) : await typeUntil(client, it, env));
  };
  for (const section of sections) await (section.alone ? alone(() => typeAll(section)) : typeAll(section));
  return column;
}

/** Puts the section's files, and nothing else, where the lines are typed. */
function lay(section: Section, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, file] of Object.entries(section.files ?? {})) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    if ('from' in file) copyFileSync(file.from, path);
    else writeFileSync(path, file.text);
  }
}

async function typeUntil(client: Client, step: Step, env: NodeJS.ProcessEnv): Promise<Cell> {
  if (step.since && isBefore(client.name, step.since)) return { came: 'too old' };
  if (step.terminal && !hasTerminals) return { came: 'no terminal' };
  const end = performance.now() + (step.within ?? 0) * 1000;
  for (;;) {
    const result = await type(client, step, env);
    if (client.name === 'peapod' && /^error: unknown command/m.test(result.stderr)) return { came: 'no such verb' };
    const why = faultIn(step, result);
    if (!why)
      return { came: 'as shown', stdout: shapeOf(result.stdout, client.namespace), stderr: shapeOf(result.stderr, client.namespace) };
    if (performance.now() > end) return { came: 'wrong', why };
    await pause(300);
  }
}

function type(client: Client, step: Step, env: NodeJS.ProcessEnv): Promise<Result> {
  if (step.terminal) return client.typeAtTerminal(step.line, step.terminal.prompt, step.terminal.types);
  const given = Object.entries(step.given ?? {}).map(([name, from]) => `${name}="$(${from})"; export ${name}\n`);
  return client.type(`${given.join('')}${step.line}`, { env, ...(step.input !== undefined && { input: step.input }) });
}

function faultIn(step: Step, { code, stdout, stderr }: Result): string | undefined {
  if (code !== (step.ends ?? 0)) return `ended with ${code}: ${stdout}${stderr}`;
  const missing = [
    ...(step.shows ?? []).filter((it) => !it.test(stdout)).map((it) => `does not show ${it}: ${stdout || stderr}`),
    ...(step.tells ?? []).filter((it) => !it.test(stderr)).map((it) => `does not tell ${it}: ${stderr || stdout}`),
  ];
  return missing[0];
}

const isBefore = (version: string, since: string): boolean =>
  version !== 'peapod' && version.localeCompare(since, 'en', { numeric: true }) < 0;

async function askUntil({ ask, user, shows, within }: Ask): Promise<Cell> {
  const end = performance.now() + within * 1000;
  for (;;) {
    const text = await answerOf(ask, user);
    if (shows.test(text)) return { came: 'as shown', stdout: '', stderr: '' };
    if (performance.now() > end) return { came: 'wrong', why: `answers ${text}` };
    await pause(300);
  }
}

async function answerOf(url: string, user: string | undefined): Promise<string> {
  const headers = { Connection: 'close', ...(user && { Authorization: `Basic ${Buffer.from(user).toString('base64')}` }) };
  try {
    return await (await fetch(url, { headers, signal: AbortSignal.timeout(5_000) })).text();
  } catch (error) {
    return `nothing: ${String((error as Error).cause ?? error)}`;
  }
}

/** The columns with cells made wrong where an output is not like that of the newest kubectl that has the line. */
export function compared(columns: ReadonlyMap<string, Column>, sections: readonly Section[]): ReadonlyMap<string, Column> {
  const names = [...columns.keys()];
  const kubectls = names.filter((it) => it !== 'peapod');
  const judged = new Map(names.map((name) => [name, new Map(columns.get(name))]));
  for (const step of sections.flatMap((it) => it.steps)) {
    if ('ask' in step || step.alike === 'nothing') continue;
    const model = kubectls.map((name) => columns.get(name)?.get(step)).findLast((it) => it?.came === 'as shown');
    if (model?.came !== 'as shown') continue;
    for (const name of step.alike === 'newest' ? ['peapod'] : names) {
      const cell = columns.get(name)?.get(step);
      if (cell?.came !== 'as shown') continue;
      const part = (text: string): string => (step.alike === 'head' ? (text.split('\n')[0] ?? '') : text);
      const why = difference(part(model.stdout), part(cell.stdout)) ?? difference(part(model.stderr), part(cell.stderr));
      if (why) judged.get(name)?.set(step, { came: 'wrong', why: `unlike kubectl ${kubectls.at(-1)}: ${why}` });
    }
  }
  return judged;
}
