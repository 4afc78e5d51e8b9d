import { type Milliseconds, sleep } from '../../lib/clock.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Requests } from '../connection/requests.ts';
import type { Io } from '../io.ts';
import { explain, type Facts, titleOf } from '../why/index.ts';
import { type Branch, notThere } from './branch.ts';
import { branchOf } from './branches.ts';
import { followFacts, readerOf } from './follow.ts';
import { createLive } from './live.ts';
import { isFresh, unsteadyFor, young } from './steady.ts';

/** How waiting has ended, and of which object: `stuck` is what will not come right by itself. */
export type Outcome = { is: 'settled' } | { is: 'interrupted' } | { is: 'stuck' | 'late'; subject: KubeObject; facts: Facts };

/** Controllers take so long at most to replace what is not wanted any more. */
const replacing: Milliseconds = 15_000;

/** Whatever clocks say: what has been well for so long here is settled. */
const longEnough: Milliseconds = 12_000;

type Standing = Map<string, Milliseconds>;

/** Shows how objects come up, until all have or one cannot. `limit` 0 is without end. */
export async function watchUntilSettled(requests: Requests, objects: readonly KubeObject[], io: Io, limit: Milliseconds): Promise<Outcome> {
  const { clock } = io;
  const end = new AbortController();
  const interrupted = io.interrupted();
  const namespaces = [...new Set(objects.map((it) => it.metadata.namespace))];
  const followed = new Map(namespaces.map((it) => [it, followFacts(readerOf(requests, it), { clock, signal: end.signal })]));
  try {
    await Promise.all([...followed.values()].map((it) => it.synced));
    const live = createLive(io);
    const began = clock.now();
    const standing: Standing = new Map();
    let last = '';
    let wellSince: Milliseconds | undefined;
    let hold: Milliseconds = 0;
    for (;;) {
      const now = clock.now();
      const seen = objects.map((it) => {
        const facts = followed.get(it.metadata.namespace)?.facts(now) as Facts;
        const found = newestOf(facts, it);
        const branch: Branch = found ? branchOf(facts, found) : notThere(titleOf(it));
        return { facts, object: found ?? it, branch };
      });
      const tree = seen.map(({ branch }) => branch);
      const text = JSON.stringify(tree);
      if (text !== last) live.show(tree);
      last = text;
      if (tree.some(({ mood }) => mood !== 'ok')) wellSince = undefined;
      else {
        if (wellSince === undefined) {
          wellSince = now;
          hold = seen.some(({ facts, object }) => isFresh(facts, object)) ? young : 0;
        }
        const held = now - wellSince;
        const left = Math.max(0, ...seen.map(({ facts, object }) => unsteadyFor(facts, object)));
        if ((left === 0 && held >= hold) || held >= longEnough) return { is: 'settled' };
      }
      const open = seen.filter(({ branch }) => branch.mood !== 'ok');
      const stuck = open.find(({ facts, object }) => isStuck(facts, object, standing, began));
      if (stuck) return { is: 'stuck', subject: stuck.object, facts: stuck.facts };
      const first = open[0];
      if (limit > 0 && now - began > limit && first) return { is: 'late', subject: first.object, facts: first.facts };
      if (interrupted.aborted) return { is: 'interrupted' };
      await sleep(clock, 100);
    }
  } finally {
    end.abort();
  }
}

/** The object as it is now: one made anew under the same name counts as the same. */
const newestOf = (facts: Facts, { kind, metadata }: KubeObject): KubeObject | undefined =>
  Object.values(facts)
    .flatMap((it) => (Array.isArray(it) ? (it as KubeObject[]) : []))
    .find((it) => it.kind === kind && it.metadata.name === metadata.name);

/** A finding counts when it has stood for as long as it might have gone by itself. */
function isStuck(facts: Facts, object: KubeObject, standing: Standing, began: Milliseconds): boolean {
  const isOld = ({ metadata }: KubeObject): boolean => Date.parse(metadata.creationTimestamp) < began;
  const found = explain(facts, object).findings.flatMap((it) =>
    it.patience === undefined
      ? []
      : [
          {
            key: `${object.metadata.uid} ${it.cause} ${it.about.metadata.uid} ${it.container ?? ''}`,
            patience: isOld(it.about) ? Math.max(it.patience, replacing) : it.patience,
          },
        ],
  );
  const keys = new Set(found.map(({ key }) => key));
  for (const key of standing.keys()) if (key.startsWith(object.metadata.uid) && !keys.has(key)) standing.delete(key);
  return found.some(({ key, patience }) => {
    const since = standing.get(key) ?? facts.now;
    standing.set(key, since);
    return facts.now - since >= patience;
  });
}
