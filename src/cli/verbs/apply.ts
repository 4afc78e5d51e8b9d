import { deepEqual } from '../../meta/copy.ts';
import { parseLabelSelector } from '../../meta/parse-label-selector.ts';
import { matchesRequirements, type Requirement } from '../../meta/selector.ts';
import { isReason, StatusError } from '../../meta/status-error.ts';
import { CommandError, messageOf } from '../command.ts';
import type { Requests } from '../connection/requests.ts';
import { PlainFault, throwAll, WhileDoing } from '../faults.ts';
import { duration, lines, number, onOff, text } from '../grammar/flags.ts';
import { goJson, type Output, outputOf, renderObject, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, createObject, getObject, objectName, patchObject, type Writing } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { outputFor } from './changed.ts';
import { type DryRun, dryRunNote, dryRunOf } from './dry-run.ts';
import { dryRunFlag, everywhereFlag, fileFlags, outputFlags } from './flag-sets.ts';
import { type Selected, selectedOf } from './selection.ts';
import { readValidated, validationOf } from './validated.ts';
import { type VerbContext, verb } from './verb.ts';
import { watchApplied } from './watch-applied.ts';

const flags = {
  ...fileFlags,
  ...dryRunFlag,
  ...outputFlags,
  ...everywhereFlag,
  selector: text('Only objects with these labels', { short: 'l' }),
  all: onOff('Taken with --prune', { hidden: true }),
  serverSide: onOff('The server merges: peapod has no other way'),
  forceConflicts: onOff('Take fields over from their managers'),
  fieldManager: text('Name of the manager that owns the fields written'),
  validate: text('strict, warn or ignore: what unknown fields are', { bare: 'strict' }),
  overwrite: onOff('Taken and ignored', { hidden: true }),
  force: onOff('Taken and ignored', { hidden: true }),
  gracePeriod: number('Taken and ignored', { hidden: true }),
  watch: onOff('Then show how it all comes up, until it has or it is certain that it cannot', { short: 'w' }),
  timeout: duration('With --watch: how long to wait (default 10m); 0 is without end'),
  wait: onOff('Taken and ignored', { hidden: true }),
  cascade: text('Taken and ignored', { bare: 'background', hidden: true }),
  openapiPatch: onOff('Taken and ignored', { hidden: true }),
  record: onOff('Taken and ignored', { hidden: true }),
  prune: onOff('Not supported'),
  pruneAllowlist: lines('Not supported', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;

/** kubectl's own name, so that it and peapod can take turns at an object without a conflict. */
const manager = 'kubectl';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export const apply = verb({
  name: 'apply',
  summary: 'Make objects be as files say, by server-side apply',
  usage: '(-f FILENAME | -k DIRECTORY) [flags]',
  flags,
  async run(context) {
    const { flags: given, io } = context;
    if (context.args.length > 0)
      throw new CommandError(`Unexpected args: [${context.args.join(' ')}]\nSee 'peapod apply -h' for help and examples`);
    if (given.prune) throw new CommandError('--prune is not supported: delete what is no longer wanted by name or label');
    const dryRun = dryRunOf(given.dryRun);
    if (dryRun === 'client' && given.serverSide)
      throw new CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
    if (given.force && given.serverSide) throw new CommandError('--force cannot be used with --server-side');
    if (given.force && dryRun === 'server') throw new CommandError('--dry-run=server cannot be used with --force');
    if (!namesFiles(given)) throw new CommandError('must specify one of -f and -k');
    if (given.watch && (dryRun !== 'none' || given.output !== undefined))
      throw new CommandError('--watch cannot be used together with --dry-run or --output');
    const output = outputFor(outputOf(given.output, { withTables: false }));
    validationOf(given.validate);
    const requirements = requirementsOf(given.selector);
    const manifests = await readValidated(given, io);
    const wanted = manifests.filter(({ object }) => matchesRequirements(requirements, object.metadata.labels));
    if (wanted.length === 0) throw new CommandError('no objects passed to apply');
    const faults: unknown[] = [];
    const applied: AnyObject[] = [];
    for (const it of wanted) {
      try {
        const selected = await selectedOf(context.session(), it);
        const { object, did } = await applyOne(context, selected, dryRun);
        applied.push(object);
        if (!output) io.print(`${objectName(selected.resource, object.metadata.name)} ${did}${dryRunNote(dryRun)}`);
        else if (output.as === 'name') io.print(objectName(selected.resource, object.metadata.name));
      } catch (error) {
        faults.push(conflictHelp(error));
      }
    }
    if (output && output.as !== 'name') printApplied(context, output, applied);
    throwAll(faults);
    return given.watch ? watchApplied(context.session(), applied, io, given.timeout ?? 600_000) : 0;
  },
});

function requirementsOf(selector: string | undefined): Requirement[] {
  try {
    return parseLabelSelector(selector ?? '');
  } catch (cause) {
    throw new CommandError(`the provided selector ${JSON.stringify(selector)} is not valid: ${messageOf(cause)}`, { cause });
  }
}

const isConflictOfManagers = (error: unknown): error is StatusError =>
  isReason(error, 'Conflict') && (error.details?.causes ?? []).some((it) => it.reason === 'FieldManagerConflict');

/** What to do about fields that belong to somebody else: kubectl's own advice, in short. */
function conflictHelp(error: unknown): unknown {
  if (!isConflictOfManagers(error)) return error;
  return new PlainFault(
    `error: ${error.message}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the \`--force-conflicts\` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\nSee https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
  );
}

async function applyOne(context: Context, it: Selected, dryRun: DryRun): Promise<{ object: AnyObject; did: string }> {
  const { flags: given } = context;
  const { requests } = context.session();
  const manifest = it.manifest as AnyObject;
  if (!it.name) {
    if (!manifest.metadata.generateName)
      throw new CommandError(
        `error when retrieving current configuration of:\nResource: ${JSON.stringify(`${it.resource.apiVersion}, Resource=${it.resource.plural}`)}\nfrom server for: ${JSON.stringify(it.from)}: resource name may not be empty`,
      );
    throw new CommandError(`from ${manifest.metadata.generateName}: cannot use generate name with apply`);
  }
  const was = await getObject(requests, it).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  if (dryRun === 'client') return { object: was ?? manifest, did: was ? 'configured' : 'created' };
  const writing = { fieldManager: given.fieldManager ?? manager, dryRun: dryRun === 'server', validate: validationOf(given.validate) };
  const object = await applyManifest(requests, it, was, { ...writing, force: given.forceConflicts === true }).catch((error: unknown) => {
    if (given.serverSide || !(error instanceof StatusError)) throw error;
    if (isConflictOfManagers(error) && managersIn(error).every(isByHand))
      return applyManifest(requests, it, was, { ...writing, force: true });
    throw was ? error : new WhileDoing(`error when creating ${JSON.stringify(it.from === 'standard input' ? 'STDIN' : it.from)}`, error);
  });
  if (given.serverSide) return { object, did: 'serverside-applied' };
  return { object, did: !was ? 'created' : isSame(was, object, dryRun !== 'none') ? 'unchanged' : 'configured' };
}

/** A dry run leaves the version as it was: what counts is what would be in it. */
function isSame(was: AnyObject, now: AnyObject, isDry: boolean): boolean {
  if (!isDry) return was.metadata.resourceVersion === now.metadata.resourceVersion;
  const content = ({ metadata: { managedFields: _, generation: __, ...metadata }, ...rest }: AnyObject) => ({ ...rest, metadata });
  return deepEqual(content(was), content(now));
}

/** Who owns the fields in question: `conflict with "kubectl-edit" using v1`. */
const managersIn = (error: StatusError): string[] =>
  (error.details?.causes ?? []).map((it) => /^conflict with "([^"]*)"/.exec(it.message ?? '')?.[1] ?? '');

/** What the user has changed with another verb is taken over, as kubectl's own apply does; what belongs to others is not. */
const isByHand = (name: string): boolean => /^(kubectl|peapod)(-|$)/.test(name);

/** Asks the server to make the object be as its manifest says; `was` is what is there now. */
export async function applyManifest(
  requests: Requests,
  it: Selected,
  was: AnyObject | undefined,
  { force, ...writing }: Writing & { force: boolean },
): Promise<AnyObject> {
  const manifest = it.manifest as AnyObject;
  try {
    return await patchObject(requests, it, 'apply', clean(manifest), { ...writing, force });
  } catch (error) {
    // Servers without server-side apply: the object is made or patched, with kubectl's own note of what was applied.
    if (!isReason(error, 'UnsupportedMediaType')) throw error;
    const noted = withNote(manifest);
    return was ? patchObject(requests, it, 'strategic', noted, writing) : createObject(requests, it.resource, it.namespace, noted, writing);
  }
}

function clean(manifest: AnyObject): AnyObject {
  const { managedFields: _, ...metadata } = manifest.metadata;
  return { ...manifest, metadata } as AnyObject;
}

function withNote(manifest: AnyObject): AnyObject {
  const { [lastApplied]: _, ...annotations } = manifest.metadata.annotations ?? {};
  const plain = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [lastApplied]: `${goJson(plain)}\n` } } };
}

function printApplied({ flags: given, io }: Context, output: Exclude<Output, { as: 'table' }>, applied: readonly AnyObject[]): void {
  const shown = given.showManagedFields ? applied : applied.map(withoutManagedFields);
  if (shown.length === 0) return;
  io.write(renderObject(output, shown.length === 1 ? shown[0] : { apiVersion: 'v1', items: shown, kind: 'List', metadata: {} }));
}
