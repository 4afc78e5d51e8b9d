import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { duration, number, onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, patchObject, placeOf } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, fileFlags, outputFlags } from './flag-sets.ts';
import { type Selected, select } from './selection.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';

export const scale = verb({
  name: 'scale',
  summary: 'Set the number of replicas of a deployment or replica set',
  usage: '[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)',
  completes: 'resources',
  flags: {
    ...fileFlags,
    ...dryRunFlag,
    ...outputFlags,
    replicas: number('The number wanted', { required: true }),
    currentReplicas: number('Only if this is the number now'),
    resourceVersion: text('Only if the object is at this version'),
    selector: text('Label selector', { short: 'l' }),
    all: onOff('All of the named kinds in the namespace'),
    timeout: duration('How long to wait for the pods; 0 is not at all'),
    record: onOff('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, io } = context;
    const dryRun = dryRunOf(given.dryRun);
    const replicas = given.replicas ?? -1;
    if (replicas < 0) throw new CommandError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const { found, faults } = await select(context, given);
    if (found.length === 0) throw new CommandError(`no objects passed to scale${faults.map((it) => ` ${(it as Error).message}`).join('')}`);
    if (found.length > 1 && given.resourceVersion) throw new CommandError('cannot use --resource-version with multiple resources');
    for (const it of found) {
      try {
        const scaled = dryRun === 'client' ? it.object : await scaleOne(context.session(), it, replicas, given, dryRun === 'server');
        tellChanged(io, it.resource, scaled as AnyObject, 'scaled', { output, dryRun });
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

type Conditions = { currentReplicas?: number | undefined; resourceVersion?: string | undefined };
type Scale = AnyObject & { spec?: { replicas?: number } };

async function scaleOne(session: Session, target: Selected, replicas: number, given: Conditions, dryRun: boolean): Promise<AnyObject> {
  const expected = given.currentReplicas ?? -1;
  if (expected >= 0 || given.resourceVersion) {
    const now = await session.requests.json<Scale>({ path: placeOf(target, 'scale') });
    const count = now.spec?.replicas ?? 0;
    if (expected >= 0 && expected !== count) throw new CommandError(`Expected replicas to be ${expected}, was ${count}`);
    if (given.resourceVersion && given.resourceVersion !== now.metadata.resourceVersion)
      throw new CommandError(`Expected resource version to be ${given.resourceVersion}, was ${now.metadata.resourceVersion}`);
  }
  const changed = await patchObject(session.requests, target, 'merge', { spec: { replicas } }, { subresource: 'scale', dryRun });
  return { ...(target.object as AnyObject), metadata: { ...(target.object as AnyObject).metadata, ...changed.metadata } };
}
