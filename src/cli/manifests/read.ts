import { join, resolve } from 'node:path/posix';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import type { KubeObject } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import { buildKustomization, KustomizationError } from '../kustomize/index.ts';
import type { ManifestFiles } from './disk.ts';

/** What `-f`, `-R` and `-k` say. */
export type ManifestArgs = { filenames?: readonly string[]; recursive?: boolean; kustomize?: string };

/** Where things are read: a disk, and what is piped in. */
export type ManifestEdges = { files: ManifestFiles; stdin(): Promise<string> };

/** An object, and the file it came from, for messages. */
export type Manifest = { object: KubeObject; from: string };

export type Manifests = { manifests: Manifest[]; warnings: string[] };

/**
 * Reads manifests as kubectl does: files in the order given, files of folders by name, documents as they stand; lists
 * are taken apart. Fails with a CommandError that names the file.
 */
export async function readManifests(args: ManifestArgs, { files, stdin }: ManifestEdges): Promise<Manifests> {
  const { filenames = [], kustomize } = args;
  if (kustomize !== undefined && filenames.length > 0) throw new CommandError('only one of -f or -k can be specified');
  if (kustomize !== undefined) return built(kustomize, files);
  if (filenames.length === 0) throw new CommandError('must specify one of -f and -k');
  const manifests: Manifest[] = [];
  for (const name of filenames) {
    if (name === '-') manifests.push(...objectsOf(await stdin(), 'standard input'));
    else for (const path of pathsOf(name, args.recursive ?? false, files)) manifests.push(...objectsOf(contentOf(path, files), path));
  }
  return { manifests, warnings: [] };
}

function built(folder: string, files: ManifestFiles): Manifests {
  if (!files.isFolder(folder))
    throw new CommandError(
      `must build at directory: not a valid directory: evalsymlink failure on '${folder}' : lstat ${resolve(folder)}: no such file or directory`,
    );
  try {
    const { objects, warnings } = buildKustomization(folder, files);
    return { manifests: objects.map((object) => ({ object, from: folder })), warnings };
  } catch (cause) {
    throw cause instanceof KustomizationError ? new CommandError(cause.message, { cause }) : cause;
  }
}

const extensions = ['.json', '.yaml', '.yml'];

function pathsOf(name: string, recursive: boolean, files: ManifestFiles): string[] {
  if (/^https?:\/\//.test(name)) throw new CommandError(`${name}: manifests are not fetched; download it and name the file`);
  if (!files.isFolder(name)) return [name];
  const found = filesIn(name, recursive, files);
  if (found.length === 0) throw new CommandError(`error reading [${name}]: recognized file extensions are [${extensions.join(' ')}]`);
  return found;
}

function filesIn(folder: string, recursive: boolean, files: ManifestFiles): string[] {
  return files.list(folder).flatMap((name) => {
    const path = join(folder, name);
    if (files.isFolder(path)) return recursive ? filesIn(path, recursive, files) : [];
    return extensions.some((it) => name.endsWith(it)) ? [path] : [];
  });
}

function contentOf(path: string, files: ManifestFiles): string {
  const content = files.read(path);
  if (!content) throw new CommandError(`the path ${JSON.stringify(path)} does not exist`);
  return content.toString('utf8');
}

/** A document that does not say what it is. */
export class NotAnObject extends CommandError {
  readonly from: string;
  readonly missing: ReadonlyArray<'apiVersion' | 'kind'>;
  constructor(from: string, missing: ReadonlyArray<'apiVersion' | 'kind'>, shown: string) {
    super(
      `unable to decode ${JSON.stringify(from)}: Object '${missing.includes('kind') ? 'Kind' : 'apiVersion'}' is missing in '${shown}'`,
    );
    this.from = from;
    this.missing = missing;
  }
}

/** The objects of a text with any number of documents. */
export function objectsOf(content: string, from: string): Manifest[] {
  return documentsOf(content, from).flatMap((it) => takenApart(it, from));
}

function documentsOf(content: string, from: string): unknown[] {
  try {
    return readYamlDocuments(content);
  } catch (cause) {
    throw new CommandError(`error parsing ${from}: ${(cause as Error).message}`, { cause });
  }
}

function takenApart(document: unknown, from: string): Manifest[] {
  const shown = (): string => JSON.stringify(document)?.slice(0, 200) ?? '';
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new CommandError(`${from}: expected an object, found ${shown()}`);
  const { apiVersion, kind, items } = document as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  const missing = (['apiVersion', 'kind'] as const).filter((it) => {
    const value = { apiVersion, kind }[it];
    return typeof value !== 'string' || value === '';
  });
  if (missing.length > 0) throw new NotAnObject(from, missing, shown());
  if ((kind as string).endsWith('List') && Array.isArray(items)) return items.flatMap((it) => takenApart(it, from));
  return [{ object: { metadata: {}, ...document } as KubeObject, from }];
}
