import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { ExitWith, told } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { goYaml, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, getObject } from '../resources/index.ts';
import { namesFiles, readFiles } from '../resources/read-files.ts';
import { applyManifest } from './apply.ts';
import { fileFlags } from './flag-sets.ts';
import { type Selected, selectedOf } from './selection.ts';
import { type VerbContext, verb } from './verb.ts';
import { writeAll } from './line-writer.ts';

const flags = {
  ...fileFlags,
  selector: text('Only objects with these labels', { short: 'l' }),
  serverSide: onOff('The server merges: peapod has no other way'),
  forceConflicts: onOff('Take fields over from their managers'),
  fieldManager: text('Name of the manager that owns the fields'),
  showManagedFields: onOff('Compare managedFields too'),
  prune: onOff('Not supported', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;

export const diff = verb({
  name: 'diff',
  summary: 'Show what apply would change: 1 when there is something, above 1 when it failed',
  usage: '-f FILENAME',
  misuse: 2,
  flags,
  async run(context) {
    const { flags: given, io, args } = context;
    const folder = mkdtempSync(join(tmpdir(), 'peapod-diff-'));
    try {
      if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(' ')}]\nSee 'peapod diff -h' for help and examples`);
      if (!namesFiles(given)) throw new CommandError('must specify one of -f and -k');
      const manifests = await readFiles(given, io.input(), (it) => io.tell(`# Warning: ${it}`));
      for (const side of ['LIVE', 'MERGED']) mkdirSync(join(folder, side));
      for (const it of manifests) await write(context, await selectedOf(context.session(), it), folder);
      return await compare(context, folder);
    } catch (error) {
      const text = told(error);
      if (text === undefined) throw error;
      io.tell(text);
      throw new ExitWith(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

async function write(context: Context, it: Selected, folder: string): Promise<void> {
  const { flags: given } = context;
  const { requests } = context.session();
  const live = await getObject(requests, it).catch((error: unknown) => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  const merged = await applyManifest(requests, it, live, {
    dryRun: true,
    force: given.forceConflicts === true,
    fieldManager: given.fieldManager ?? 'kubectl',
  });
  const { group, version, kind } = it.resource;
  const name = [...(group ? [group] : []), version, kind, it.namespace ?? '', it.name].join('.');
  for (const [side, object] of [
    ['LIVE', live],
    ['MERGED', merged],
  ] as const)
    writeFileSync(join(folder, side, name), object ? goYaml(shownOf(object, it, given.showManagedFields)) : '', { mode: 0o600 });
}

/** Values of secrets are compared, not shown. */
function shownOf(object: AnyObject, it: Selected, withManaged: boolean | undefined): AnyObject {
  const plain = withManaged ? object : withoutManagedFields(object);
  if (it.resource.plural !== 'secrets') return plain;
  const data = (plain.data ?? {}) as Record<string, string>;
  return {
    ...plain,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, `*** (${Buffer.from(value, 'base64').length} bytes)`])),
  };
}

async function compare({ io, edges }: Context, folder: string): Promise<number> {
  const [program = 'diff', ...args] = (edges.environment.differ ?? 'diff -u -N').split(/\s+/);
  const child = spawn(program, [...args, join(folder, 'LIVE'), join(folder, 'MERGED')], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.on('data', (bytes: Buffer) => io.faults.write(bytes));
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new CommandError(`failed to run ${JSON.stringify(program)}: ${cause.message}`, { cause })));
    child.once('close', (it) => resolve(it ?? 2));
  });
  // The fault of a program that is not there is heard below.
  code.catch(() => undefined);
  for await (const chunk of child.stdout) await writeAll(io.output, chunk as Buffer);
  return code;
}
