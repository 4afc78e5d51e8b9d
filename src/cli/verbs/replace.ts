import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { throwAll, WhileDoing } from '../faults.ts';
import { duration, number, onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, createObject, deleteObject, getObject, replaceObject } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { outputFor, tellChanged } from './changed.ts';
import { whenCreating } from './create-from.ts';
import { dryRunOf } from './dry-run.ts';
import { fileFlags, outputFlags, writingFlags } from './flag-sets.ts';
import { type Selected, selectedOf } from './selection.ts';
import { readValidated, validationOf } from './validated.ts';
import { type VerbContext, verb } from './verb.ts';
import { waitUntilGone } from './wait-gone.ts';

const flags = {
  ...fileFlags,
  ...outputFlags,
  ...writingFlags,
  force: onOff('Delete the objects and create them anew'),
  gracePeriod: number('With --force: seconds given to end in an orderly way'),
  timeout: duration('With --force: how long to wait until they are gone'),
  cascade: text('With --force: background, orphan or foreground', { bare: 'background' }),
  wait: onOff('With --force: wait until they are gone'),
  subresource: text('Replace this subresource: status or scale'),
  raw: text('Not supported', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;

export const replace = verb({
  name: 'replace',
  summary: 'Replace objects by what files say',
  usage: '-f FILENAME',
  flags,
  async run(context) {
    const { flags: given, io } = context;
    const dryRun = dryRunOf(given.dryRun);
    if ((given.gracePeriod ?? -1) >= 0 && !given.force) throw new CommandError('--grace-period must have --force specified');
    if ((given.timeout ?? 0) !== 0 && !given.force) throw new CommandError('--timeout must have --force specified');
    if (!namesFiles(given)) throw new CommandError('must specify one of -f and -k');
    const output = outputFor(outputOf(given.output, { withTables: false }));
    validationOf(given.validate);
    const manifests = await readValidated(given, io);
    if (manifests.length === 0) throw new CommandError('no objects passed to replace');
    const selected = await Promise.all(manifests.map((it) => selectedOf(context.session(), it)));
    if (given.force && dryRun === 'none') await deleteAll(context, selected);
    const faults: unknown[] = [];
    for (const it of selected) {
      try {
        const after = given.force && dryRun === 'none' ? await create(context, it) : await put(context, it, dryRun);
        tellChanged(io, it.resource, after, 'replaced', { output, dryRun, showManagedFields: given.showManagedFields });
      } catch (error) {
        faults.push(
          given.force ? whenCreating(it.from ?? '', error) : new WhileDoing(`error when replacing ${JSON.stringify(it.from)}`, error),
        );
      }
    }
    throwAll(faults);
    return 0;
  },
});

async function deleteAll(context: Context, selected: readonly Selected[]): Promise<void> {
  const { flags: given, io } = context;
  const session = context.session();
  const gracePeriodSeconds = given.gracePeriod === undefined || given.gracePeriod < 0 ? undefined : given.gracePeriod;
  if (gracePeriodSeconds === 0)
    io.tell(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  const going: Array<Selected & { uid: string }> = [];
  for (const it of selected) {
    try {
      const propagationPolicy = given.cascade === 'orphan' ? 'Orphan' : given.cascade === 'foreground' ? 'Foreground' : 'Background';
      const answer = await deleteObject(session.requests, it, { gracePeriodSeconds, propagationPolicy });
      const { kind, group } = it.resource;
      if (given.output !== 'name')
        io.print(
          `${kind.toLowerCase()}${group ? `.${group}` : ''} ${JSON.stringify(it.name)} ${gracePeriodSeconds === 0 ? 'force deleted' : 'deleted'}`,
        );
      going.push({ ...it, uid: answer.details?.uid ?? answer.metadata.uid ?? '' });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  await waitUntilGone(session, going, given.timeout);
}

const create = (context: Context, { resource, namespace, manifest }: Selected): Promise<AnyObject> =>
  createObject(context.session().requests, resource, namespace, manifest, {
    fieldManager: context.flags.fieldManager ?? 'kubectl-replace',
    validate: validationOf(context.flags.validate),
  });

async function put(context: Context, it: Selected, dryRun: string): Promise<AnyObject> {
  const { flags: given } = context;
  const { requests } = context.session();
  if (dryRun === 'client') {
    await getObject(requests, it);
    return it.manifest as AnyObject;
  }
  const writing = {
    dryRun: dryRun === 'server',
    fieldManager: given.fieldManager ?? 'kubectl-replace',
    validate: validationOf(given.validate),
    ...(given.subresource && { subresource: given.subresource }),
  };
  return replaceObject(requests, it, it.manifest, writing);
}
