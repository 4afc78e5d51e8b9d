import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { CommandError, messageOf } from '../command.ts';
import { buildKustomization, type Files, kustomizationFileNames } from '../kustomize/index.ts';
import type { Manifest } from './apply.ts';

export type Demo = { name: string; objects: Manifest[] };

/** The folders of `manifests`, each a demo, but for the one that the control plane itself reads. */
export function readDemos(manifests: string): Demo[] {
  const names = readdirSync(manifests, { withFileTypes: true }).filter((it) => it.isDirectory() && it.name !== 'cluster');
  return names.map(({ name }) => ({ name, objects: readDemo(join(manifests, name)) }));
}

/** A kustomization is built, as `kubectl apply -k` does; else all YAML files are read, as `kubectl apply -f` does. */
function readDemo(folder: string): Manifest[] {
  const files = readdirSync(folder).sort();
  if (files.some((it) => (kustomizationFileNames as readonly string[]).includes(it)))
    return buildKustomization(folder, onDisk).objects as unknown as Manifest[];
  return files.filter((it) => /\.ya?ml$/.test(it)).flatMap((it) => readManifests(join(folder, it)));
}

function readManifests(path: string): Manifest[] {
  try {
    return readYamlDocuments(readFileSync(path, 'utf8')) as Manifest[];
  } catch (error) {
    throw new CommandError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

const onDisk: Files = {
  read: (path) => (statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined),
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
};
