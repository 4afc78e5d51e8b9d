import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Files } from '../kustomize/index.ts';

/** Where manifests are: as kustomize reads them, and what a folder holds. */
export interface ManifestFiles extends Files {
  /** Names in a folder, sorted. */
  list(path: string): string[];
}

export const diskFiles: ManifestFiles = {
  read: (path) => (statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined),
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
  list: (path) => readdirSync(path).sort(),
};
