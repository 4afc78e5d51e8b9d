import type { LabelSelector } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, patchObject } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { labelsMap } from './labels-map.ts';
import { select } from './selection.ts';
import { changeSpecs, checkSetFlags, setFlags } from './set-containers.ts';
import { setEnv } from './set-env.ts';
import { setImage } from './set-image.ts';
import { setResources } from './set-resources.ts';
import { verb } from './verb.ts';

const setServiceAccount = verb({
  name: 'serviceaccount',
  aliases: ['sa'],
  summary: 'Set the service account of a pod template',
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  completes: 'resources',
  flags: setFlags,
  async run(context) {
    const account = context.args.at(-1);
    if (account === undefined) throw new CommandError('serviceaccount is required');
    const chosen = await select({ ...context, args: context.args.slice(0, -1) }, context.flags);
    checkSetFlags(context);
    return changeSpecs(context, chosen, { did: 'serviceaccount updated', doing: 'failed to patch ServiceAccountName' }, () => ({
      serviceAccountName: account,
    }));
  },
});

const setSelector = verb({
  name: 'selector',
  summary: 'Set the selector of a service',
  usage: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  completes: 'resources',
  flags: { ...setFlags, resourceVersion: text('Only if the object is at this version') },
  async run(context) {
    const { flags: given, io, args } = context;
    const dryRun = dryRunOf(given.dryRun);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const at = args.findIndex((it) => it.includes('='));
    if (at < 0) throw new CommandError('one selector is required');
    const selector: LabelSelector = { matchLabels: labelsMap(args.slice(at).join(',')) };
    const { found, faults } = await select({ ...context, args: args.slice(0, at) }, given);
    checkSetFlags(context);
    for (const it of found) {
      try {
        if (it.resource.plural !== 'services') throw new CommandError(`setting a selector is only supported for Services`);
        // What was chosen by before goes: a patch would only add to it.
        const old = Object.keys((it.object as AnyObject & { spec?: { selector?: object } }).spec?.selector ?? {});
        const next = { ...Object.fromEntries(old.map((key) => [key, null])), ...selector.matchLabels };
        const metadata = given.resourceVersion && { metadata: { resourceVersion: given.resourceVersion } };
        const writing = { dryRun: dryRun !== 'none', fieldManager: given.fieldManager ?? 'kubectl-set' };
        const after = await patchObject(context.session().requests, it, 'merge', { ...metadata, spec: { selector: next } }, writing);
        tellChanged(io, it.resource, after, 'selector updated', { output, dryRun, showManagedFields: given.showManagedFields });
      } catch (error) {
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

export const set = verb({
  name: 'set',
  summary: 'Set features of objects: image, env, resources',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [setEnv, setImage, setResources, setSelector, setServiceAccount],
});
