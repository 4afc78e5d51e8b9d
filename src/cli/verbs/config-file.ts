import { CommandError } from '../command.ts';
import { type Fields, filesOf, mergedConfig, type MergedConfig, type Named } from '../connection/contexts.ts';
import type { Kubeconfig } from '../kubeconfig/entries.ts';
import { changeKubeconfigFile, readKubeconfigFile } from '../kubeconfig/file.ts';
import type { VerbContext } from './verb.ts';

/** The files of the kubeconfig, merged. */
export const readMerged = ({ globals, edges }: VerbContext): MergedConfig => mergedConfig(globals, edges.environment);

export const entriesOf = (config: Kubeconfig, list: string): Array<Named<string, Fields>> =>
  (config[list] as Array<Named<string, Fields>> | null | undefined) ?? [];
export const hasEntry = (list: string, name: string) => (config: Kubeconfig) => entriesOf(config, list).some((it) => it.name === name);

/** The file in which a thing is to be changed: the first that has it, else the first of all. */
export async function fileWith(context: VerbContext, has: (config: Kubeconfig) => boolean): Promise<string> {
  const files = filesOf(context.globals, context.edges.environment);
  for (const file of files) {
    const config = await readKubeconfigFile(file);
    if (config && has(config)) return file;
  }
  return files[0] as string;
}

/** Changes that file. */
export async function writeConfig(
  context: VerbContext,
  has: (config: Kubeconfig) => boolean,
  change: (config: Kubeconfig) => Kubeconfig,
): Promise<void> {
  await changeKubeconfigFile(await fileWith(context, has), change, context.io.clock);
}

/** Changes the fields of one entry (`cluster`, `user`, `context`), which is made when it is not there. */
export function writeEntry(context: VerbContext, list: string, name: string, change: (fields: Fields) => Fields): Promise<void> {
  const field = list.replace(/s$/, '');
  return writeConfig(context, hasEntry(list, name), (config) => {
    const entries = entriesOf(config, list);
    const was = entries.find((it) => it.name === name);
    const next = { ...was, [field]: change((was?.[field] as Fields | undefined) ?? {}), name };
    return { ...config, [list]: was ? entries.map((it) => (it === was ? next : it)) : [...entries, next] };
  });
}

/** The arguments, as many as there have to be. */
export function exactly(context: VerbContext, count: number): string[] {
  if (context.args.length !== count) throw new CommandError(`Unexpected args: [${context.args.join(' ')}]`);
  return [...context.args];
}
