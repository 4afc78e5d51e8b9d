import { sleep } from '../../lib/clock.ts';
import type { Io } from '../io.ts';
import type { Server } from '../server.ts';
import { type Branch, createLive, followFacts, linesOf } from '../tree/index.ts';
import { isReady, type Show, treeOf } from './tree.ts';

/** Without any news for so long, nothing more will come. What is at fault for so long will not come right by itself. And it must end some time. */
const silence = 90_000;
const fault = 45_000;
const patience = 300_000;

/** Shows how the demos come up, until all are ready. Resolves with what is wrong when they do not become so. */
export async function waitUntilReady(server: Server, shows: readonly Show[], io: Io): Promise<string[]> {
  const { clock } = io;
  const end = new AbortController();
  const followed = followFacts(server.client, { clock, signal: end.signal });
  try {
    await followed.synced;
    const live = createLive(io);
    const began = clock.now();
    let [last, lastNews, lastWell] = ['', began, began];
    for (;;) {
      const tree = treeOf(shows, followed.facts(clock.now()));
      const now = JSON.stringify(tree);
      if (now !== last) {
        live.show(tree);
        [last, lastNews] = [now, clock.now()];
      }
      if (isReady(tree)) return [];
      const time = clock.now();
      if (!tree.some(({ mood }) => mood === 'bad')) lastWell = time;
      if (time - lastNews > silence || time - lastWell > fault || time - began > patience) return faultsIn(tree);
      await sleep(clock, 80);
    }
  } finally {
    end.abort();
  }
}

/** The branches that are not as they should be, most telling first: those furthest down. */
function faultsIn(tree: readonly Branch[]): string[] {
  const lines = [...linesOf(tree).values()].filter((it) => !it.startsWith('✓'));
  return [...lines.filter((it) => it.startsWith('✗')).reverse(), ...lines.filter((it) => !it.startsWith('✗'))].map((it) => it.slice(2));
}
