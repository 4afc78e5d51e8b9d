import { type Files, VolumeError } from './volume-type.ts';

export type Selection = { items?: Array<{ key: string; path: string; mode?: number }>; optional?: boolean };

export const defaultMode = 0o644;

/** Files for all keys, or for those that `items` names. `what` is the word of the message: config, secret. */
export function filesOf(all: ReadonlyMap<string, Buffer>, { items, optional }: Selection, mode: number, what: 'config' | 'secret'): Files {
  const files: Files = new Map();
  if (!items?.length) {
    for (const [key, data] of all) files.set(key, { data, mode });
    return files;
  }
  for (const item of items) {
    const data = all.get(item.key);
    if (data) files.set(item.path, { data, mode: item.mode ?? mode });
    else if (!optional) throw new VolumeError(`references non-existent ${what} key: ${item.key}`);
  }
  return files;
}
