import { findCondition } from '../../../meta/condition.ts';
import { type Workload, titleOf } from '../facts.ts';
import { eventsOf, lastSeen } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { commandFor, inNamespace, oneLine } from '../words.ts';

/** A controller may not make the pods it wants: a quota is used up, admission or validation refuses them. */
export const refusedCreate: Cause = {
  name: 'refused create',
  find(scope) {
    const found = scope.workloads.flatMap((it) => findingOf(scope, it));
    // A Deployment repeats what its ReplicaSet says.
    const below = found.filter(({ about }) => about.kind !== 'Deployment');
    return below.length > 0 ? below : found;
  },
};

function findingOf({ facts }: Scope, it: Workload): Finding[] {
  const conditions = (it.status as { conditions?: Array<{ type: string; status: string; reason?: string; message?: string }> } | undefined)
    ?.conditions;
  const condition = findCondition(conditions, 'ReplicaFailure');
  const events = eventsOf(facts, it, { reasons: ['FailedCreate'] });
  const last = events.at(-1);
  const isNew = last !== undefined && facts.now - Date.parse(lastSeen(last)) < 10 * 60_000 && lacksPods(it);
  if (condition?.status !== 'True' && !isNew) return [];
  const message = (condition?.status === 'True' ? condition.message : undefined) ?? last?.message ?? '';
  const why = message.replace(/^(Error creating: |create Pod \S+ in \S+ \S+ failed error: )/, '');
  const quota = /exceeded quota: ([^,]+), requested: (.*), used: (.*), limited: (.*)$/.exec(why);
  const at = inNamespace(it.metadata.namespace);
  return [
    {
      says: quota
        ? `${titleOf(it)} may not make its pods: the quota "${quota[1]}" is used up (asked for ${quota[2]}, used ${quota[3]}, allowed ${quota[4]})`
        : `${titleOf(it)} cannot make its pods: ${oneLine(why)}`,
      about: it,
      evidence: events,
      advice: quota
        ? [
            { command: `peapod describe quota ${quota[1]}${at}`, to: 'see what is used' },
            { command: `peapod edit quota ${quota[1]}${at}`, to: 'allow more, or run fewer pods' },
          ]
        : [{ command: commandFor('edit', it), to: 'correct the pod template' }],
      patience: 10_000,
    },
  ];
}

function lacksPods(it: Workload): boolean {
  const { replicas, desiredNumberScheduled, currentNumberScheduled, active } = (it.status ?? {}) as Record<string, number | undefined>;
  const wanted = (it.spec as { replicas?: number } | undefined)?.replicas ?? desiredNumberScheduled ?? 1;
  return (replicas ?? currentNumberScheduled ?? active ?? 0) < wanted;
}
