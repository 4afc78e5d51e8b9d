import type { batch } from '../../../kinds/index.ts';
import { findCondition } from '../../../meta/condition.ts';
import { eventsOf } from '../events.ts';
import type { Cause } from '../finding.ts';
import { commandFor, inNamespace, oneLine, plural } from '../words.ts';

/** A Job has given up. */
export const job: Cause = {
  name: 'job',
  find: ({ workloads, facts }) =>
    workloads.flatMap((it) => {
      const failed = it.kind === 'Job' ? findCondition((it as batch.Job).status?.conditions, 'Failed') : undefined;
      if (failed?.status !== 'True') return [];
      const count = (it as batch.Job).status?.failed ?? 0;
      return [
        {
          says: `job/${it.metadata.name} has failed: ${failed.reason === 'BackoffLimitExceeded' ? `${plural(count, 'pod')} failed, and its backoffLimit is ${(it as batch.Job).spec?.backoffLimit ?? 6}` : oneLine(failed.message ?? failed.reason ?? '')}`,
          about: it,
          evidence: eventsOf(facts, it),
          advice: [
            {
              command: `peapod logs ${it.kind?.toLowerCase()}/${it.metadata.name}${inNamespace(it.metadata.namespace)}`,
              to: 'read what a pod of it wrote',
            },
            { command: commandFor('delete', it), to: 'remove it; apply it again when it is corrected' },
          ],
          patience: 0,
        },
      ];
    }),
};
