import { readFileSync } from 'node:fs';

/** By message, and in it by field ('' is the message itself). */
export type Descriptions = { readonly [message: string]: { readonly [field: string]: string } | undefined };

let read: Descriptions | undefined;

/** What the build has put beside the program (docker/descriptions.mjs); nothing where the sources run as they are. */
export function descriptions(): Descriptions {
  read ??= load();
  return read;
}

function load(): Descriptions {
  try {
    return JSON.parse(readFileSync(new URL('./descriptions.json', import.meta.url), 'utf8')) as Descriptions;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
