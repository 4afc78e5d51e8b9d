import type { Client, EventRecorder } from '../client/index.ts';
import { pod as podKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Cluster } from './cluster.ts';
import { evict } from './evict.ts';
import type { Context } from './plugins/index.ts';
import type { PodInfo } from './pod-info.ts';
import { preempt } from './preempt.ts';
import type { Decision } from './schedule.ts';
import type { PodVerdict } from './verdict-writer.ts';

export interface Room {
  /** Gives back the place that was kept for a pod: it is decided anew, or has settled. */
  release(uid: string): void;
  /** Decides about a pod as if nothing were kept for less important ones: their promises are not held against it. */
  decideFor(pod: PodInfo, decide: () => void): void;
  /** Makes room for a pod that found none, where less important ones can go, and keeps it; and what there is to say of it. */
  make(pod: PodInfo, decision: Decision & { type: 'none' }): PodVerdict;
}

type Deps = { client: Client; recorder: EventRecorder; clock: Clock; log: Log };
type Kept = { pod: PodInfo; node: string };

export function createRoom(cluster: Cluster, context: Context, deps: Deps): Room {
  const kept = new Map<string, Kept>();

  function keep(pod: PodInfo, node: string): void {
    kept.set(pod.uid, { pod, node });
    cluster.assume(pod, node);
  }

  const lesserThan = ({ priority }: PodInfo): Kept[] => [...kept.values()].filter((it) => it.pod.priority < priority);

  return {
    release(uid) {
      if (kept.delete(uid)) cluster.forget(uid);
    },
    decideFor(pod, decide) {
      const lesser = lesserThan(pod);
      for (const it of lesser) cluster.forget(it.pod.uid);
      try {
        decide();
      } finally {
        for (const it of lesser) if (kept.get(it.pod.uid) === it) cluster.assume(it.pod, it.node);
      }
    },
    make(pod, decision) {
      const { message, mightFit, mayPreempt } = decision;
      if (!mayPreempt) return { reason: 'Unschedulable', message };
      const found = preempt(pod, mightFit, context);
      switch (found.type) {
        case 'victims': {
          const { name } = found.node;
          // Who was promised the place has to look for another.
          for (const it of lesserThan(pod).filter(({ node }) => node === name)) {
            kept.delete(it.pod.uid);
            void takeBack(it.pod, deps);
          }
          keep(pod, name);
          for (const victim of found.victims) void evict(victim, pod, name, deps);
          return { reason: 'Unschedulable', message, nominatedNodeName: name };
        }
        case 'waits':
          // Those who were asked to go are still on their way.
          keep(pod, found.node);
          return { reason: 'Unschedulable', message: `${message} ${found.message}` };
        case 'none':
          return { reason: 'Unschedulable', message: `${message} ${found.message}`, nominatedNodeName: '' };
      }
    },
  };
}

/** The pod's status no longer promises it a node; that it has changed gets the pod its next try. */
async function takeBack({ uid, key, pod }: PodInfo, { client, log }: Deps): Promise<void> {
  try {
    await client.changeStatus(podKind, pod.metadata, (draft) => {
      if (draft.metadata.uid !== uid || draft.spec.nodeName || !draft.status?.nominatedNodeName) return false;
      const { nominatedNodeName: _, ...rest } = draft.status;
      draft.status = rest;
      return true;
    });
  } catch (error) {
    // What its status says is for people to read; it is tried again when those who make room have gone.
    log.warn('a pod could not be told that its place went to another', { pod: key, error: String(error) });
  }
}
