import type { apps } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';

type Conditions = readonly apps.DeploymentCondition[];
export type NewCondition = { type: string; status: 'True' | 'False' | 'Unknown'; reason: string; message: string };

export const without = (conditions: Conditions, type: string): apps.DeploymentCondition[] => conditions.filter((it) => it.type !== type);

/** One that says the same again changes nothing, its message included; else it moves to the end of the list. */
export function set(conditions: Conditions, condition: NewCondition, now: Milliseconds): Conditions {
  const before = findCondition(conditions, condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) return conditions;
  return renew(conditions, condition, now);
}

/** As `set`, but the update time moves even when it says the same: there is news. */
export function renew(conditions: Conditions, condition: NewCondition, now: Milliseconds): Conditions {
  const { type, status, reason, message } = condition;
  const before = findCondition(conditions, type);
  const time = toTime(now);
  const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? time) : time;
  return [...without(conditions, type), { type, status, lastUpdateTime: time, lastTransitionTime, reason, message }];
}

const progressing = (status: NewCondition['status'], reason: string, message: string): NewCondition => ({
  type: 'Progressing',
  status,
  reason,
  message,
});

/** The Progressing conditions, in upstream's words (deployment_util.go). `what` is `ReplicaSet "x"` or `Deployment "x"`. */
export const progress = {
  paused: progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'),
  resumed: progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed'),
  created: (set: string) => progressing('True', 'NewReplicaSetCreated', `Created new replica set "${set}"`),
  found: (set: string) => progressing('True', 'FoundNewReplicaSet', `Found new replica set "${set}"`),
  notCreated: (set: string, why: string) =>
    progressing('False', 'ReplicaSetCreateError', `Failed to create new replica set "${set}": ${why}`),
  updated: (what: string) => progressing('True', 'ReplicaSetUpdated', `${what} is progressing.`),
  available: (what: string) => progressing('True', 'NewReplicaSetAvailable', `${what} has successfully progressed.`),
  timedOut: (what: string) => progressing('False', 'ProgressDeadlineExceeded', `${what} has timed out progressing.`),
};

export const availability = (isAvailable: boolean): NewCondition =>
  isAvailable
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
