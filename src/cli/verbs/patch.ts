import { readFileSync } from 'node:fs';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { CommandError, messageOf } from '../command.ts';
import { throwAll } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, patchObject, type PatchType } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, fileFlags, managerFlag, outputFlags } from './flag-sets.ts';
import { select } from './selection.ts';
import { verb } from './verb.ts';

export const patch = verb({
  name: 'patch',
  summary: 'Change fields of an object',
  usage: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  completes: 'resources',
  flags: {
    ...fileFlags,
    ...outputFlags,
    ...dryRunFlag,
    ...managerFlag,
    patch: text('The patch, JSON or YAML', { short: 'p' }),
    patchFile: text('File with the patch'),
    type: text('json, merge or strategic (default strategic)'),
    subresource: text('Patch this subresource: status or scale'),
    local: onOff('Not supported', { hidden: true }),
    record: onOff('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, io } = context;
    const dryRun = dryRunOf(given.dryRun);
    const type = (given.type ?? 'strategic').toLowerCase();
    if (!['json', 'merge', 'strategic'].includes(type))
      throw new CommandError(`--type must be one of [json merge strategic], not ${JSON.stringify(given.type)}`);
    if (given.patch !== undefined && given.patchFile !== undefined)
      throw new CommandError('cannot specify --patch and --patch-file together');
    const written = given.patchFile === undefined ? given.patch : fileText(given.patchFile);
    if (!written) throw new CommandError('must specify --patch or --patch-file containing the contents of the patch');
    const body = bodyOf(written);
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const { found, faults } = await select(context, given);
    for (const it of found) {
      try {
        const before = it.object as AnyObject;
        const writing = {
          dryRun: dryRun !== 'none',
          fieldManager: given.fieldManager ?? 'kubectl-patch',
          ...(given.subresource && { subresource: given.subresource }),
        };
        const after = await patchObject(context.session().requests, it, type as PatchType, body, writing);
        const isSame = before.metadata.resourceVersion === after.metadata.resourceVersion && dryRun === 'none';
        tellChanged(io, it.resource, after, isSame ? 'patched (no change)' : 'patched', {
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
  },
});

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError(`unable to read patch file: open ${path}: no such file or directory`, { cause });
  }
}

function bodyOf(text: string): unknown {
  try {
    return readYamlDocuments(text)[0];
  } catch (cause) {
    throw new CommandError(`unable to parse ${JSON.stringify(text)}: ${messageOf(cause)}`, { cause });
  }
}
