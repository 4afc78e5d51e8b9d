import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { kustomizationFileNames } from '../kustomize/index.ts';
import { diskFiles, readManifests } from '../manifests/index.ts';
import type { Manifest } from './apply.ts';

export type Demo = { name: string; objects: Manifest[] };

/** The folders of `manifests`, each a demo, but for the one that the control plane itself reads. */
export async function readDemos(manifests: string): Promise<Demo[]> {
  const names = readdirSync(manifests, { withFileTypes: true }).filter((it) => it.isDirectory() && it.name !== 'cluster');
  return Promise.all(names.map(async ({ name }) => ({ name, objects: await readDemo(join(manifests, name)) })));
}

/** A kustomization is built, as `kubectl apply -k` does; else all files are read, as `kubectl apply -f` does. */
async function readDemo(folder: string): Promise<Manifest[]> {
  const isBuilt = diskFiles.list(folder).some((it) => (kustomizationFileNames as readonly string[]).includes(it));
  const args = isBuilt ? { kustomize: folder } : { filenames: [folder] };
  const { manifests } = await readManifests(args, { files: diskFiles, stdin: () => Promise.resolve('') });
  return manifests.map(({ object }) => object as unknown as Manifest);
}
