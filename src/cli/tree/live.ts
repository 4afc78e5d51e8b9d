import type { Io } from '../io.ts';
import { drawWithin, linesOf } from './draw.ts';
import type { Branch } from './branch.ts';

/** Shows a tree that changes: in place on a terminal, else a line for each branch whose state is new. */
export type Live = { show(tree: readonly Branch[]): void };

export function createLive(io: Io): Live {
  return io.isTerminal ? onTerminal(io) : inLines(io);
}

function onTerminal(io: Io): Live {
  let above = 0;
  return {
    show(tree) {
      // What has scrolled out of the window cannot be drawn over.
      const lines = drawWithin(tree, { columns: io.columns() - 1, rows: Math.max(3, io.rows() - 2) }, true);
      const back = above > 0 ? `\x1b[${above}A` : '';
      io.write(`${back}${lines.map((it) => `\r\x1b[K${it}\n`).join('')}\x1b[J`);
      above = lines.length;
    },
  };
}

function inLines(io: Io): Live {
  let told = new Map<string, string>();
  return {
    show(tree) {
      const lines = linesOf(tree);
      for (const [path, line] of lines) if (told.get(path) !== line) io.print(line);
      told = lines;
    },
  };
}
