import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import type { Manifest } from './apply.ts';

export type Demo = { name: string; objects: Manifest[] };

/** The folders of `manifests`, each a demo, but for the one that the control plane itself reads. */
export async function readDemos(manifests: string): Promise<Demo[]> {
  const names = (await readdir(manifests, { withFileTypes: true })).filter((it) => it.isDirectory() && it.name !== 'cluster');
  return Promise.all(names.map(async ({ name }) => ({ name, objects: await readDemo(join(manifests, name)) })));
}

async function readDemo(folder: string): Promise<Manifest[]> {
  const files = (await readdir(folder)).filter((it) => /\.ya?ml$/.test(it)).sort();
  const objects: Manifest[] = [];
  for (const file of files) objects.push(...(readYamlDocuments(await readFile(join(folder, file), 'utf8')) as Manifest[]));
  return objects;
}
