import { CommandError } from '../command.ts';
import { PlainFault, throwAll } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, createObject } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { outputFor, tellChanged } from './changed.ts';
import { createConfigMap, createNamespace, createSecret, createServiceAccount } from './create-configuration.ts';
import { createClusterRole, createClusterRoleBinding, createRole, createRoleBinding, createToken } from './create-access.ts';
import { createFlags, whenCreating } from './create-from.ts';
import { createDisruptionBudget, createPriorityClass, createQuota } from './create-limits.ts';
import { createService } from './create-service.ts';
import { createCronJob, createDeployment, createJob } from './create-workloads.ts';
import { dryRunOf } from './dry-run.ts';
import { fileFlags } from './flag-sets.ts';
import { selectedOf } from './selection.ts';
import { readValidated, validationOf } from './validated.ts';
import { verb } from './verb.ts';

export const create = verb({
  name: 'create',
  summary: 'Create objects from files, or one of a kind',
  usage: '-f FILENAME',
  flags: {
    ...createFlags,
    ...fileFlags,
    edit: onOff('Not supported', { hidden: true }),
    raw: text('POST to this path', { hidden: true }),
    selector: text('Label selector', { short: 'l', hidden: true }),
  },
  children: [
    ...[createClusterRole, createClusterRoleBinding, createRole, createRoleBinding, createToken],
    ...[createConfigMap, createCronJob, createDeployment, createJob, createNamespace, createDisruptionBudget],
    ...[createPriorityClass, createQuota, createSecret, createService, createServiceAccount],
  ],
  async run(context) {
    const { flags: given, io, args } = context;
    if (!namesFiles(given)) {
      if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(' ')}]\nSee 'peapod create -h' for help and examples`);
      throw new CommandError('must specify one of -f and -k');
    }
    const dryRun = dryRunOf(given.dryRun);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const validate = validationOf(given.validate);
    const manifests = await readValidated(given, io);
    if (manifests.length === 0) throw new CommandError('no objects passed to create');
    const session = context.session();
    const faults: unknown[] = [];
    for (const it of manifests) {
      try {
        const { resource, namespace, manifest } = await selectedOf(session, it);
        const writing = { dryRun: dryRun === 'server', fieldManager: given.fieldManager ?? 'kubectl-create', validate };
        const created =
          dryRun === 'client' ? (manifest as AnyObject) : await createObject(session.requests, resource, namespace, manifest, writing);
        tellChanged(io, resource, created, 'created', { output, dryRun, showManagedFields: given.showManagedFields });
      } catch (error) {
        faults.push(error instanceof CommandError || error instanceof PlainFault ? error : whenCreating(it.from, error));
      }
    }
    throwAll(faults);
    return 0;
  },
});
