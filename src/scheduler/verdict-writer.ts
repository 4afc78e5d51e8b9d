import type { Client } from '../client/index.ts';
import { type core, pod as podKind } from '../kinds/index.ts';
import { type Clock, toTime } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { WorkQueue } from '../lib/queue.ts';
import { findCondition, withCondition } from '../meta/condition.ts';
import type { PodInfo } from './pod-info.ts';

export type PodVerdict = {
  reason: 'Unschedulable' | 'SchedulerError';
  message: string;
  /** Where room is being made for it, '' for nowhere; undefined leaves the field as it is. */
  nominatedNodeName?: string;
};

export interface VerdictWriter {
  /** Says in the pod's status why it has no node. Only the newest verdict counts; nothing is written when it stands there. */
  write(pod: PodInfo, verdict: PodVerdict): void;
  forget(uid: string): void;
  stop(): void;
}

const writers = 8;

export function createVerdictWriter(client: Client, clock: Clock, log: Log): VerdictWriter {
  const wanted = new Map<string, { info: PodInfo; verdict: PodVerdict }>();
  const queue = new WorkQueue({
    clock,
    workers: writers,
    async work(uid) {
      const job = wanted.get(uid);
      if (!job) return;
      try {
        await client.changeStatus(podKind, job.info.pod, (draft) => apply(draft, job.verdict, toTime(clock.now())));
        queue.forget(uid);
        if (wanted.get(uid) === job) wanted.delete(uid);
      } catch (error) {
        log.warn('a pod could not be told why it has no node', { pod: job.info.key, error: String(error) });
        queue.retry(uid);
      }
    },
  });
  return {
    write(info, verdict) {
      wanted.set(info.uid, { info, verdict });
      queue.add(info.uid);
    },
    forget: (uid) => void wanted.delete(uid),
    stop: () => queue.stop(),
  };
}

/** False when there is nothing to say (any more). */
export function apply(draft: core.Pod, { reason, message, nominatedNodeName }: PodVerdict, now: string): boolean {
  if (draft.spec.nodeName) return false;
  const before = findCondition(draft.status?.conditions, 'PodScheduled');
  const nominated = nominatedNodeName ?? draft.status?.nominatedNodeName ?? '';
  const isKnown = before?.status === 'False' && before.reason === reason && before.message === message;
  if (isKnown && nominated === (draft.status?.nominatedNodeName ?? '')) return false;
  const { generation } = draft.metadata;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    ...(generation !== undefined && { observedGeneration: generation }),
  };
  draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, now) };
  if (nominated) draft.status.nominatedNodeName = nominated;
  else delete draft.status.nominatedNodeName;
  return true;
}
