import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Milliseconds } from '../../lib/clock.ts';

/** What this agent has pulled: no other image is ever its to remove. */
export type PulledImages = {
  note(name: string, id: string, at: Milliseconds): void;
  forget(name: string): void;
  all(): ReadonlyArray<{ name: string; id: string; at: Milliseconds }>;
  /** Resolves when it is on disk. */
  saved(): Promise<void>;
};

type Kept = { [name: string]: { id: string; at: Milliseconds } };

/** Remembered in a file. One that cannot be read is as if nothing had been pulled: images stay then. */
export async function openPulledImages(path: string): Promise<PulledImages> {
  const kept = new Map(Object.entries(read(await readFile(path, 'utf8').catch(() => '{}'))));
  let saving: Promise<void> = Promise.resolve();
  const save = (): void => {
    const text = JSON.stringify(Object.fromEntries(kept));
    saving = saving.catch(() => {}).then(() => writeFile(`${path}.new`, text, { mode: 0o600 }).then(() => rename(`${path}.new`, path)));
    // Who waits for it hears of a failure; otherwise an image stays longer than it must.
    saving.catch(() => {});
  };
  return {
    note(name, id, at) {
      kept.set(name, { id, at });
      save();
    },
    forget(name) {
      if (kept.delete(name)) save();
    },
    all: () => [...kept].map(([name, it]) => ({ name, ...it })),
    saved: () => saving,
  };
}

function read(text: string): Kept {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Kept) : {};
  } catch {
    return {};
  }
}
