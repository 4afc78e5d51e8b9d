import { containersIn, lastEnd, logPlaceOf, nameOf } from '../containers.ts';
import { eventsOf } from '../events.ts';
import type { Cause } from '../finding.ts';
import { changeAdvice, commandFor, plural, templateOwner } from '../words.ts';

/** A container was killed because it used more memory than it may. */
export const outOfMemory: Cause = {
  name: 'out of memory',
  find: (scope) =>
    scope.pods.flatMap(containersIn).flatMap((seen) => {
      const end = lastEnd(seen);
      if (end?.reason !== 'OOMKilled' || seen.status?.ready) return [];
      const { pod, container, status } = seen;
      const limit = container.resources?.limits?.memory;
      const owner = templateOwner(scope.facts, pod);
      const restarts = status?.restartCount ?? 0;
      return [
        {
          says: `${nameOf(seen)} was killed because it ran out of memory: ${limit ? `its limit is ${limit}` : 'it has no limit of its own: the memory of the node or of its parent ran out'} (OOMKilled, exit code ${end.exitCode})`,
          about: pod,
          container: container.name,
          notes: restarts > 0 ? [`it has been started again ${plural(restarts, 'time')}`] : [],
          evidence: eventsOf(scope.facts, pod, { container: container.name, reasons: ['Started', 'BackOff', 'OOMKilling'] }),
          log: logPlaceOf(seen),
          advice: [
            owner === pod
              ? changeAdvice(pod, 'allow it more memory (resources.limits.memory)')
              : { command: commandFor('set resources', owner, `-c ${container.name} --limits=memory=<more>`), to: 'allow it more memory' },
            { command: commandFor('top', pod), to: 'see what it uses while it runs' },
          ],
          ...(restarts >= 2 || pod.spec.restartPolicy === 'Never' ? { patience: 0 } : {}),
        },
      ];
    }),
};
