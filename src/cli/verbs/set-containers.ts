import type { core } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import { CommandError, messageOf } from '../command.ts';
import { throwAll } from '../faults.ts';
import { onOff } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, patchObject } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, fileFlags, managerFlag, outputFlags, selectorFlags } from './flag-sets.ts';
import { podSpecOf } from './pod-template.ts';
import type { Selected } from './selection.ts';
import type { VerbContext } from './verb.ts';

export const setFlags = {
  ...fileFlags,
  ...outputFlags,
  ...dryRunFlag,
  ...managerFlag,
  selector: selectorFlags.selector,
  all: onOff('All objects of the named kinds in the namespace'),
  local: onOff('Not supported', { hidden: true }),
  record: onOff('Taken and ignored', { hidden: true }),
} as const;
export type SetContext = VerbContext<typeof setFlags>;

/** What all verbs of `set` refuse. */
export function checkSetFlags({ flags: given }: SetContext): void {
  if (given.local) throw new CommandError('--local is not supported: use --dry-run=server -o yaml');
  if (given.all && given.selector) throw new CommandError('cannot set --all and --selector at the same time');
}

/** What becomes of a pod spec: the fields to be merged into it, or undefined when nothing changes. */
export type SpecChange = (spec: core.PodSpec, it: Selected) => object | undefined;
/** What becomes of a container: the fields to be merged into it, or undefined when nothing changes. */
export type ContainerChange = (container: core.Container) => object | undefined;

/** The change of a spec that comes of changes of its containers, those that come first included. */
export function inContainers(spec: core.PodSpec, change: ContainerChange): object | undefined {
  const changed: Record<string, object[]> = {};
  for (const place of ['initContainers', 'containers'] as const) {
    const some = (spec[place] ?? []).flatMap((container) => {
      const fields = change(container);
      return fields ? [{ name: container.name, ...fields }] : [];
    });
    if (some.length > 0) changed[place] = some;
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** Changes the pod spec of each object by a strategic patch; `doing` is what a refusal is told with. */
export async function changeSpecs(
  context: SetContext,
  { found, faults }: { found: readonly Selected[]; faults: unknown[] },
  words: { did: string; doing: string },
  change: SpecChange,
): Promise<number> {
  const { flags: given, io } = context;
  const dryRun = dryRunOf(given.dryRun);
  const output = outputFor(outputOf(given.output, { withTables: false }));
  for (const it of found) {
    try {
      const { spec, patch } = specOf(it);
      const changed = change(spec, it);
      if (!changed) continue;
      const writing = { dryRun: dryRun !== 'none', fieldManager: given.fieldManager ?? 'kubectl-set' };
      const after = await patchObject(context.session().requests, it, 'strategic', patch(changed), writing).catch((cause: unknown) => {
        throw cause instanceof StatusError ? new CommandError(`${words.doing} ${cause.message}`, { cause }) : cause;
      });
      const isSame = after.metadata.resourceVersion === it.object?.metadata.resourceVersion && dryRun === 'none';
      if (!isSame || output) tellChanged(io, it.resource, after, words.did, { output, dryRun, showManagedFields: given.showManagedFields });
    } catch (error) {
      faults.push(error);
    }
  }
  throwAll(faults);
  return 0;
}

function specOf(it: Selected): ReturnType<typeof podSpecOf> {
  try {
    return podSpecOf(it.object as AnyObject);
  } catch (cause) {
    throw new CommandError(`${it.resource.plural}/${it.name} ${messageOf(cause)}`, { cause });
  }
}
