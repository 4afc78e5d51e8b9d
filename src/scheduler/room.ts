import type { Client, EventRecorder } from '../client/index.ts';
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
  /** Makes room for a pod that found none, where less important ones can go, and keeps it; and what there is to say of it. */
  make(pod: PodInfo, decision: Decision & { type: 'none' }): PodVerdict;
}

type Deps = { client: Client; recorder: EventRecorder; clock: Clock; log: Log };

export function createRoom(cluster: Cluster, context: Context, deps: Deps): Room {
  const kept = new Set<string>();

  function keep(pod: PodInfo, node: string): void {
    kept.add(pod.uid);
    cluster.assume(pod, node);
  }

  return {
    release(uid) {
      if (kept.delete(uid)) cluster.forget(uid);
    },
    make(pod, decision) {
      const { message, mightFit, hasNodes } = decision;
      if (!hasNodes) return { reason: 'Unschedulable', message };
      const found = preempt(pod, mightFit, context);
      switch (found.type) {
        case 'victims': {
          keep(pod, found.node.name);
          for (const victim of found.victims) void evict(victim, pod, found.node.name, deps);
          return { reason: 'Unschedulable', message, nominatedNodeName: found.node.name };
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
