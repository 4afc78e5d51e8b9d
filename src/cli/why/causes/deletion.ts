import { eventsOf } from '../events.ts';
import { titleOf } from '../facts.ts';
import type { Cause } from '../finding.ts';
import { ago, commandFor } from '../words.ts';

/** The object is deleted and stays: its finalizers, or containers that take their time. */
export const deletion: Cause = {
  name: 'deletion',
  find({ subject, facts }) {
    const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = subject.metadata;
    if (!deletionTimestamp) return [];
    const title = titleOf(subject);
    if (finalizers.length > 0 && Date.parse(deletionTimestamp) <= facts.now)
      return [
        {
          says: `${title} is deleted, and stays because of its finalizer ${finalizers.join(', ')}: whoever set it has not taken it off`,
          about: subject,
          evidence: eventsOf(facts, subject),
          advice: [
            {
              command: commandFor('patch', subject, `--type=merge -p '{"metadata":{"finalizers":null}}'`),
              to: 'take it off by force, when nobody will do it any more',
            },
          ],
          patience: 30_000,
        },
      ];
    const over = facts.now - Date.parse(deletionTimestamp);
    return [
      {
        says:
          over > 0
            ? `${title} is deleted and should be gone since ${ago(facts.now, deletionTimestamp)}`
            : `${title} is being deleted: its containers have ${deletionGracePeriodSeconds ?? 30}s to end, and ${Math.ceil(-over / 1000)}s of that are left`,
        about: subject,
        evidence: eventsOf(facts, subject, { reasons: ['Killing', 'FailedKillPod'] }),
        advice: [{ command: commandFor('delete', subject, '--grace-period=0 --force'), to: 'not wait for it' }],
      },
    ];
  },
};
