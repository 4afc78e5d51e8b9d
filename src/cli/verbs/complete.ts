import { mergedConfig } from '../connection/contexts.ts';
import type { Edges } from '../edges.ts';
import { type FlagSpec, type FlagSpecs, type Globals, globalFlags, kebab } from '../grammar/flags.ts';
import { parseLine } from '../grammar/parse.ts';
import type { Io } from '../io.ts';
import { listObjects, meantBy, resourceNamed } from '../resources/index.ts';
import { findVerb } from './run-verb.ts';
import { openSession, type Session } from './session.ts';
import type { Verb } from './verb.ts';

/** How long a server may take before the shell gets nothing. */
const patience = '3s';

/** What could stand in place of the last word. Never fails: where nothing is known, nothing is offered. */
export async function completeLine(
  given: readonly string[],
  verbs: readonly Verb[],
  commands: readonly string[],
  edges: Edges,
  io: Io,
): Promise<string[]> {
  const words = joinedAtEquals(given);
  const valued = /^(--?[\w-]+)=(.*)$/.exec(words.at(-1) ?? '');
  // `--namespace=de` is a flag with the beginning of its value. Bash has taken it apart and wants the value alone.
  const before = valued ? [...words.slice(0, -1), valued[1] as string] : words.slice(0, -1);
  const typed = valued ? (valued[2] as string) : (words.at(-1) ?? '');
  const prefix = valued && given.at(-1)?.includes('=') && given.at(-1) !== '=' ? `${valued[1]}=` : '';
  const starts = (names: Iterable<string>): string[] =>
    [...new Set(names)]
      .filter((it) => it.startsWith(typed))
      .sort()
      .map((it) => `${prefix}${it}`);
  const found = findVerb(before, verbs);
  if (!found)
    return before.some((it) => !it.startsWith('-')) ? [] : starts([...commands, ...verbs.filter((it) => !it.hidden).map((it) => it.name)]);
  const { verb, rest } = found;
  const specs: FlagSpecs = { ...globalFlags, ...verb.flags };
  const pending = pendingFlag(rest, specs);
  const session = sessionFor(rest, pending ? -1 : 0, specs, edges, io);
  try {
    if (pending) return starts(await valuesOf(pending, session, edges));
    if (typed.startsWith('--'))
      return starts(
        Object.entries(specs)
          .filter(([, it]) => !it.hidden)
          .map(([name]) => `--${kebab(name)}`),
      );
    if (verb.children && !verb.run) return starts(verb.children.filter((it) => !it.hidden).map((it) => it.name));
    const { args } = parseLine(rest, specs);
    const own = verb.children && args.length === 0 ? verb.children.map((it) => it.name) : [];
    return starts([...own, ...(await wordsFor(verb, args, typed, session, edges))]);
  } catch {
    // No cluster, or a line that is not in the grammar yet: the shell falls back to files.
    return [];
  } finally {
    session?.close();
  }
}

/** Bash hands over `--a=b` as three words. */
function joinedAtEquals(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [i, word] of words.entries()) {
    const isValue = words[i - 1] === '=' && joined.length > 0;
    if (i > 0 && (word === '=' || isValue) && joined.at(-1)?.startsWith('-')) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
  }
  return joined;
}

/** The flag whose value the cursor stands at. */
function pendingFlag(words: readonly string[], specs: FlagSpecs): [string, FlagSpec] | undefined {
  const last = words.at(-1);
  if (last === undefined || !last.startsWith('-') || last.includes('=')) return undefined;
  return Object.entries(specs).find(
    ([name, it]) => it.type !== 'switch' && it.bare === undefined && (last === `--${kebab(name)}` || (it.short && last === `-${it.short}`)),
  );
}

function sessionFor(words: readonly string[], drop: number, specs: FlagSpecs, edges: Edges, io: Io): Session | undefined {
  try {
    const { flags } = parseLine(drop < 0 ? words.slice(0, drop) : words, specs);
    return openSession({ requestTimeout: patience, ...(flags as Globals) }, edges, { ...io, tell: () => {} });
  } catch {
    // Without a kubeconfig, or in the middle of a flag, there is nobody to ask.
    return undefined;
  }
}

async function valuesOf([name]: [string, FlagSpec], session: Session | undefined, edges: Edges): Promise<string[]> {
  switch (name) {
    case 'namespace':
      return session ? namesOf(session, 'namespaces', undefined) : [];
    case 'context':
      return mergedConfig({}, edges.environment).contexts.map((it) => it.name);
    case 'cluster':
      return mergedConfig({}, edges.environment).clusters.map((it) => it.name);
    case 'user':
      return mergedConfig({}, edges.environment).users.map((it) => it.name);
    case 'output':
      return ['json', 'yaml', 'name', 'wide', 'jsonpath=', 'custom-columns='];
    case 'dryRun':
      return ['none', 'client', 'server'];
    default:
      return [];
  }
}

async function wordsFor(
  { completes }: Verb,
  args: readonly string[],
  typed: string,
  session: Session | undefined,
  edges: Edges,
): Promise<string[]> {
  if (completes === 'contexts') return mergedConfig({}, edges.environment).contexts.map((it) => it.name);
  if (!session || !completes) return [];
  if (completes === 'nodes') return namesOf(session, 'nodes', undefined);
  const served = await session.served();
  const slash = typed.indexOf('/');
  if (slash > 0) {
    const type = typed.slice(0, slash);
    return (await namesOf(session, type, session.namespace)).map((it) => `${type}/${it}`);
  }
  if (completes === 'pods') {
    const types = ['deployment/', 'replicaset/', 'service/'].filter((it) => typed !== '' && it.startsWith(typed));
    return args.length === 0 ? [...(await namesOf(session, 'pods', session.namespace)), ...types] : [];
  }
  if (args.length === 0) return served.resources.filter((it) => it.preferred && it.verbs.includes('list')).map((it) => it.plural);
  if (completes === 'types' || args.some((it) => it.includes('/'))) return [];
  const meant = meantBy(args.slice(0, 1), served);
  if (meant.by !== 'type') return [];
  const names = await Promise.all(meant.resources.map((it) => namesOf(session, it.plural, session.namespace)));
  return names.flat().filter((it) => !args.slice(1).includes(it));
}

async function namesOf(session: Session, type: string, namespace: string | undefined): Promise<string[]> {
  const resource = resourceNamed(await session.served(), type);
  const { items } = await listObjects(session.requests, resource, resource.namespaced ? namespace : undefined);
  return items.map((it) => it.metadata.name);
}
