import type { Cause } from '../finding.ts';
import { eventsOf } from '../events.ts';
import { commandFor, oneLine } from '../words.ts';

/** A pod as a whole was ended: evicted, out of its time, lost with its node. */
export const failedPod: Cause = {
  name: 'failed pod',
  find: ({ pods, facts }) =>
    pods.flatMap((pod) => {
      const { phase, reason, message } = pod.status ?? {};
      if (phase !== 'Failed' || !reason) return [];
      return [
        {
          says: `pod/${pod.metadata.name} was ended (${reason}): ${oneLine(message ?? 'nothing was said')}`,
          about: pod,
          evidence: eventsOf(facts, pod),
          advice: [{ command: commandFor('delete', pod), to: 'remove what is left of it' }],
          patience: 0,
        },
      ];
    }),
};
