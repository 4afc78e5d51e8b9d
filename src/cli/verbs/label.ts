import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, patchObject } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, everywhereFlag, fileFlags, managerFlag, outputFlags, selectorFlags } from './flag-sets.ts';
import { halves, splitPairs } from './pairs.ts';
import { type Selected, select } from './selection.ts';
import type { VerbContext } from './verb.ts';
import { verb } from './verb.ts';

const flags = {
  ...fileFlags,
  ...selectorFlags,
  ...everywhereFlag,
  ...outputFlags,
  ...dryRunFlag,
  ...managerFlag,
  all: onOff('All objects of the named kinds in the namespace'),
  overwrite: onOff('Values that are there may be changed'),
  list: onOff('Show what there is'),
  local: onOff('Change the objects of files and print them, without a server'),
  resourceVersion: text('Only if the object is at this version'),
  record: onOff('Taken and ignored', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;
type Changes = { set: Map<string, string>; remove: string[]; rest: string[] };

/** How labels and annotations differ. */
type Words = {
  field: 'labels' | 'annotations';
  thing: string;
  taken: (clashes: string[]) => string;
  did: (changes: Changes, before: Map_, after: Map_) => string;
};
type Map_ = Readonly<Record<string, string>>;

const labelWords: Words = {
  field: 'labels',
  thing: 'label',
  taken: (clashes) => `${clashes[0]}, and --overwrite is false`,
  did: (changes, before, after) => {
    if (JSON.stringify(before) === JSON.stringify(after))
      return changes.set.size > 0 || changes.remove.length === 0 ? 'not labeled' : 'labeled';
    return changes.set.size === 0 ? 'unlabeled' : 'labeled';
  },
};
const annotationWords: Words = {
  field: 'annotations',
  thing: 'annotation',
  taken: (clashes) => `--overwrite is false but found the following declared annotation(s): ${clashes.join('; ')}`,
  did: () => 'annotated',
};

/** Splits `TYPE NAME… KEY=VALUE… KEY-` into what is meant and what is to be changed. */
function changesIn(args: readonly string[], thing: string): Changes {
  const { rest, pairs } = splitPairs(args, thing);
  const set = new Map(pairs.filter((it) => it.includes('=')).map(halves));
  const remove = pairs.filter((it) => !it.includes('=')).map((it) => it.slice(0, -1));
  const odd = thing === 'label' ? [...set].find(([, value]) => labelValueFault(value)) : undefined;
  if (odd) throw new CommandError(`invalid label value: ${JSON.stringify(odd.join('='))}: ${labelValueFault(odd[1])}`);
  const both = remove.filter((key) => set.has(key));
  if (both.length > 0)
    throw new CommandError(
      thing === 'label'
        ? 'can not both modify and remove a label in the same command'
        : `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
    );
  return { set, remove, rest };
}

/** apimachinery's IsValidLabelValue; undefined for a good one. */
function labelValueFault(value: string): string | undefined {
  if (value.length > 63) return 'must be no more than 63 bytes';
  if (/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) return undefined;
  return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
}

async function run(context: Context, words: Words): Promise<number> {
  const { flags: given, io } = context;
  const dryRun = dryRunOf(given.dryRun);
  const output = outputFor(outputOf(given.output, { withTables: false }));
  if (given.all && given.selector) throw new CommandError('cannot set --all and --selector at the same time');
  const changes = changesIn(context.args, words.thing);
  if (changes.rest.length === 0 && !given.filename && !given.kustomize)
    throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (changes.set.size === 0 && changes.remove.length === 0 && !given.list)
    throw new CommandError(`at least one ${words.thing} update is required`);
  const { found, faults } = await select({ ...context, args: changes.rest }, given);
  for (const it of found) {
    try {
      if (given.list) {
        list(context, it, words, found.length > 1);
        continue;
      }
      const before = it.object as AnyObject;
      const after = await changed(context, it, changes, words, dryRun !== 'none', dryRun === 'server');
      tellChanged(io, it.resource, after, words.did(changes, before.metadata[words.field] ?? {}, after.metadata[words.field] ?? {}), {
        output,
        dryRun,
        showManagedFields: given.showManagedFields,
      });
    } catch (error) {
      faults.push(error);
    }
  }
  throwAll(faults);
  return 0;
}

function list({ io }: Context, it: Selected, { field, thing }: Words, several: boolean): void {
  const entries = Object.entries(it.object?.metadata[field] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (several) io.print(`Listing ${thing}s for ${it.resource.kind}.${it.resource.group}/${it.name}:`);
  for (const [key, value] of entries) io.print(`${several ? ' ' : ''}${key}=${value}`);
}

async function changed(
  context: Context,
  it: Selected,
  changes: Changes,
  words: Words,
  isDry: boolean,
  onServer: boolean,
): Promise<AnyObject> {
  const { flags: given, io } = context;
  const object = it.object as AnyObject;
  const now = object.metadata[words.field] ?? {};
  const clashes = [...changes.set].filter(([key, value]) => now[key] !== undefined && now[key] !== value);
  if (!given.overwrite && clashes.length > 0)
    throw new CommandError(words.taken(clashes.map(([key]) => `'${key}' already has a value (${now[key]})`)));
  const gone = changes.remove.filter((key) => now[key] === undefined);
  for (const key of gone) if (words.field === 'labels') io.print(`label ${JSON.stringify(key)} not found.`);
  const next: Record<string, string | null> = {
    ...Object.fromEntries(changes.set),
    ...Object.fromEntries(changes.remove.map((key) => [key, null])),
  };
  const patch = { metadata: { [words.field]: next, ...(given.resourceVersion && { resourceVersion: given.resourceVersion }) } };
  if (given.local || (isDry && !onServer)) {
    const map = Object.fromEntries(Object.entries({ ...now, ...next }).filter(([, value]) => value !== null)) as Record<string, string>;
    return { ...object, metadata: { ...object.metadata, [words.field]: map } };
  }
  return patchObject(context.session().requests, it, 'merge', patch, {
    dryRun: onServer,
    fieldManager: given.fieldManager ?? `kubectl-${words.thing === 'label' ? 'label' : 'annotate'}`,
  });
}

export const label = verb({
  name: 'label',
  summary: 'Change the labels of objects',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 … KEY_N=VAL_N KEY-',
  completes: 'resources',
  flags,
  run: (context) => run(context, labelWords),
});

export const annotate = verb({
  name: 'annotate',
  summary: 'Change the annotations of objects',
  usage: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 … KEY_N=VAL_N KEY-',
  completes: 'resources',
  flags,
  run: (context) => run(context, annotationWords),
});
