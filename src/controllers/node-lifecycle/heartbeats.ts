import type { coordination, core } from '../../kinds/index.ts';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';

/** How often a node is looked at when nothing happens. */
export const lookEvery = seconds(5);

type Seen = { uid: string; beat: string; at: Milliseconds };

export type Heartbeats = {
  /** When the node was last heard of, by our own clock: those of other hosts may be wrong. */
  heard(node: core.Node, lease: coordination.Lease | undefined, now: Milliseconds): { at: Milliseconds; isNew: boolean };
  /** The uid it had; undefined when it was not known. */
  forget(name: string): string | undefined;
};

/**
 * What is known of nodes' signs of life: a changed Lease or Ready condition. Who slept himself (a suspended laptop, a
 * stopped process) cannot say that others were silent: after a long gap between two looks, all are given time anew.
 */
export function createHeartbeats(): Heartbeats {
  const known = new Map<string, Seen>();
  let lookedAt: Milliseconds | undefined;
  return {
    heard(node, lease, now) {
      if (lookedAt !== undefined && now - lookedAt > 4 * lookEvery) for (const it of known.values()) it.at = now;
      lookedAt = now;
      const { name, uid } = node.metadata;
      const beat = `${lease?.spec?.renewTime ?? ''} ${findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime ?? ''}`;
      const before = known.get(name);
      const isNew = before?.uid !== uid;
      const at = isNew || before.beat !== beat ? now : before.at;
      known.set(name, { uid, beat, at });
      return { at, isNew };
    },
    forget(name) {
      const uid = known.get(name)?.uid;
      known.delete(name);
      return uid;
    },
  };
}
