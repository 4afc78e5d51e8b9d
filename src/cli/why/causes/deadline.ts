import type { apps } from '../../../kinds/index.ts';
import { findCondition } from '../../../meta/condition.ts';
import { eventsOf } from '../events.ts';
import type { Cause } from '../finding.ts';
import { commandFor } from '../words.ts';

/** A rollout has come no further for as long as it may: what is behind it, when it is known, stands before this. */
export const deadline: Cause = {
  name: 'deadline',
  find: ({ workloads, facts }) =>
    workloads.flatMap((it) => {
      if (it.kind !== 'Deployment') return [];
      const { status, spec } = it as apps.Deployment;
      const progressing = findCondition(status?.conditions, 'Progressing');
      const isOld = (status?.observedGeneration ?? 0) < (it.metadata.generation ?? 0);
      if (isOld || progressing?.reason !== 'ProgressDeadlineExceeded') return [];
      return [
        {
          says: `deployment/${it.metadata.name} has come no further for ${spec?.progressDeadlineSeconds ?? 600}s: ${status?.updatedReplicas ?? 0} of ${spec?.replicas ?? 1} pods are of the new revision, ${status?.availableReplicas ?? 0} are available`,
          about: it,
          evidence: eventsOf(facts, it),
          advice: [
            { command: commandFor('rollout undo', it), to: 'go back to the revision before' },
            { command: commandFor('rollout history', it), to: 'see which revisions there are' },
          ],
          patience: 0,
        },
      ];
    }),
};
