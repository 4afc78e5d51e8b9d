import { type core, node, pod } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { withCondition } from '../../meta/condition.ts';
import { keyOf } from '../../meta/owner.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, done } from '../run.ts';
import { evictionTime } from './plan.ts';

/** Keys of pods that have been given notice, and when taints were first seen that do not say so themselves. */
const notes = perRun(() => ({ due: new Set<string>(), seen: new Map<string, number>() }));

/** Drives pods from nodes with NoExecute taints, after the time they tolerate those. */
export const taintEviction: Controller = {
  name: 'taint-eviction',
  for: pod,
  also: [
    {
      kind: node,
      keys: ({ metadata }, { informers }) =>
        informers
          .of(pod)
          .list()
          .filter((it) => it.spec.nodeName === metadata.name)
          .map(keyOf),
    },
  ],
  async reconcile(key, context) {
    const { client, clock, informers, recorder } = context;
    const { due, seen } = notes(context);
    const it = informers.of(pod).get(key);
    const where = it && informers.of(node).get(it.spec.nodeName ?? '');
    const now = clock.now();
    const since = (taint: core.Taint): number => {
      if (taint.timeAdded) return Date.parse(taint.timeAdded);
      const id = `${where?.metadata.uid} ${taint.key} ${taint.value ?? ''}`;
      const first = seen.get(id) ?? now;
      seen.set(id, first);
      return first;
    };
    const at = it && where ? evictionTime(it, where.spec.taints, since) : undefined;
    if (!it || at === undefined) {
      if (due.delete(key) && it && it.metadata.deletionTimestamp === undefined)
        recorder.record(it, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
      return done;
    }
    if (at > now) {
      due.add(key);
      return again(at - now);
    }
    due.delete(key);
    recorder.record(it, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    await client.changeStatus(pod, it, (draft) => {
      const condition = {
        ...{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' },
        message: 'Taint manager: deleting due to NoExecute taint',
        ...(draft.metadata.generation !== undefined && { observedGeneration: draft.metadata.generation }),
      };
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, toTime(now)) };
    });
    await client.delete(pod, it.metadata, { preconditions: { uid: it.metadata.uid } });
    return done;
  },
};
