import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { throwAll, WhileDoing } from '../faults.ts';
import { duration, number, onOff, text } from '../grammar/flags.ts';
import { type AnyObject, deleteObject, meantBy, objectName, qualified } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { dryRunNote, dryRunOf } from './dry-run.ts';
import { dryRunFlag, everywhereFlag, fileFlags, selectorFlags } from './flag-sets.ts';
import { type Selected, selectNames } from './selection.ts';
import { type VerbContext, verb } from './verb.ts';
import { waitUntilGone } from './wait-gone.ts';

const flags = {
  ...fileFlags,
  ...selectorFlags,
  ...everywhereFlag,
  ...dryRunFlag,
  all: onOff('All objects of the named kinds in the namespace'),
  gracePeriod: number('Seconds given to end in an orderly way; negative is ignored'),
  force: onOff('Do not wait for the node to say that a pod has ended'),
  now: onOff('As --grace-period=1'),
  cascade: text('background, orphan or foreground: what becomes of dependents', { bare: 'background' }),
  wait: onOff('Wait until the objects are gone'),
  timeout: duration('How long to wait; 0 is as long as the grace period'),
  ignoreNotFound: onOff('What is not there counts as deleted'),
  output: text('name: print nothing but names', { short: 'o' }),
  interactive: onOff('Ask before deleting', { short: 'i' }),
} as const;
type Given = VerbContext<typeof flags>['flags'];
/** What went at once is told as a Status. */
type Answer = AnyObject & { details?: { uid?: string } };

export const del = verb({
  name: 'delete',
  summary: 'Delete objects by file, by name or by label',
  usage: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [flags]',
  completes: 'resources',
  flags,
  async run(context) {
    const { flags: given, io } = context;
    const dryRun = dryRunOf(given.dryRun);
    const output = given.output ?? '';
    if (output !== '' && output !== 'name') throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'`);
    const propagationPolicy = propagationOf(given.cascade);
    const gracePeriodSeconds = graceOf(context);
    const selected = await chosen(context, given);
    if (given.interactive && selected.length > 0 && !(await confirmed(context, selected))) {
      io.print('deletion is cancelled');
      return 0;
    }
    const faults: unknown[] = [];
    const gone: Array<Selected & { uid: string }> = [];
    const ignoreNotFound = given.ignoreNotFound || (given.all && context.args.length > 0);
    for (const it of selected) {
      try {
        const answer: Answer | undefined =
          dryRun === 'client'
            ? it.object
            : await deleteObject(context.session().requests, it, { gracePeriodSeconds, propagationPolicy, dryRun: dryRun === 'server' });
        tell(context, it, given, output, dryRun);
        gone.push({ ...it, uid: answer?.details?.uid ?? answer?.metadata?.uid ?? '' });
      } catch (error) {
        if (ignoreNotFound && isReason(error, 'NotFound')) continue;
        faults.push(it.from === undefined ? error : new WhileDoing(`error when deleting ${JSON.stringify(it.from)}`, error));
      }
    }
    if (selected.length === 0 && faults.length === 0 && output === '') io.tell('No resources found');
    throwAll(faults);
    if (given.wait !== false && dryRun === 'none') await waitUntilGone(context.session(), gone, given.timeout);
    return 0;
  },
});

function tell({ io }: VerbContext<typeof flags>, it: Selected, given: Given, output: string, dryRun: ReturnType<typeof dryRunOf>): void {
  if (output === 'name') {
    io.print(objectName(it.resource, it.name));
    return;
  }
  const kind = it.resource.group ? `${it.resource.kind.toLowerCase()}.${it.resource.group}` : it.resource.kind.toLowerCase();
  const forced = given.gracePeriod === 0 ? 'force deleted' : 'deleted';
  io.print(`${kind} ${JSON.stringify(it.name)} ${forced}${dryRunNote(dryRun)}`);
}

function propagationOf(cascade: string | undefined): string {
  switch (cascade) {
    case undefined:
    case 'background':
    case 'true':
      return 'Background';
    case 'orphan':
    case 'false':
      return 'Orphan';
    case 'foreground':
      return 'Foreground';
    default:
      throw new CommandError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  }
}

/** Nothing kills at once unless it is told to with --force. */
function graceOf({ flags: given, io }: VerbContext<typeof flags>): number | undefined {
  const { gracePeriod, now, force } = given;
  if (now && gracePeriod !== undefined && gracePeriod !== -1)
    throw new CommandError('--now and --grace-period cannot be specified together');
  if (force && (gracePeriod ?? -1) > 0) throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
  if (now) return 1;
  if (force || (gracePeriod === 0 && force))
    io.tell(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  if (force) return 0;
  if (gracePeriod === 0) return 1;
  return gracePeriod === undefined || gracePeriod < 0 ? undefined : gracePeriod;
}

async function chosen(context: VerbContext<typeof flags>, given: Given): Promise<Selected[]> {
  if (given.all && given.selector !== undefined) throw new CommandError("setting 'all' parameter but found a non empty selector.");
  if (given.all && given.fieldSelector !== undefined) throw new CommandError("setting 'all' parameter but found a non empty selector.");
  // All is a selector that everything matches: no name goes with it.
  const args = given.all ? { ...given, selector: '' } : given;
  if (namesFiles(given) || context.args.length === 0) return selectNames(context, args);
  const session = context.session();
  // Faults of grammar come before faults of the cluster.
  const meant = meantBy(context.args, await session.served());
  const selected = await selectNames(context, args);
  const unlisted = meant.by === 'type' ? meant.resources.find((it) => !it.verbs.includes('delete')) : undefined;
  if (unlisted) throw new CommandError(`the server does not allow this method on the requested resource (${qualified(unlisted)})`);
  return selected;
}

async function confirmed({ io }: VerbContext<typeof flags>, selected: readonly Selected[]): Promise<boolean> {
  io.print('You are about to delete the following resource(s):');
  for (const it of selected) io.print(objectName(it.resource, it.name));
  io.write('Do you want to continue? (y/N): ');
  for await (const chunk of io.input()) return /^y(es)?$/i.test(String(chunk).trim());
  return false;
}
