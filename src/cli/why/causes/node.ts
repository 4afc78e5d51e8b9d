import { findCondition } from '../../../meta/condition.ts';
import { eventsOf } from '../events.ts';
import type { Cause } from '../finding.ts';
import { ago, oneLine } from '../words.ts';

/** A node has not been heard of, or says that it is not well. */
export const node: Cause = {
  name: 'node',
  find: ({ nodes, facts }) =>
    nodes.flatMap((it) => {
      const ready = findCondition(it.status?.conditions, 'Ready');
      if (ready?.status === 'True') return [];
      const lost = ready?.status === 'Unknown';
      return [
        {
          says: `node/${it.metadata.name} is not ready${lost ? `: nothing has been heard of it since ${ago(facts.now, ready.lastHeartbeatTime ?? ready.lastTransitionTime)}` : `: ${oneLine(ready?.message ?? 'it has not told of itself yet')}`}`,
          about: it,
          evidence: eventsOf(facts, it),
          advice: [
            { command: 'peapod doctor', to: 'check the engine and the host' },
            { command: `peapod describe node/${it.metadata.name}`, to: 'see all that it says' },
          ],
          patience: 60_000,
        },
      ];
    }),
};
