import { containersIn, lastEnd, nameOf } from '../containers.ts';
import { eventsOf } from '../events.ts';
import type { Cause } from '../finding.ts';
import { commandFor, oneLine, templateOwner } from '../words.ts';

const reasons = ['CreateContainerError', 'RunContainerError', 'PostStartHookError'];

/** The engine has the image and does not start the container. */
export const startFault: Cause = {
  name: 'start fault',
  find: (scope) =>
    scope.pods.flatMap(containersIn).flatMap((seen) => {
      const { pod, container, status } = seen;
      const waiting = status?.state?.waiting;
      const end = lastEnd(seen);
      const isRefused = waiting !== undefined && reasons.includes(waiting.reason ?? '');
      if (status?.ready || (!isRefused && end?.reason !== 'StartError')) return [];
      const why = (isRefused && waiting.message) || end?.message || '';
      const isCommand = /executable file not found|no such file or directory|exec format error|permission denied/i.test(why);
      const hook = waiting?.reason === 'PostStartHookError';
      return [
        {
          says: `${nameOf(seen)} cannot be started: ${hook ? 'its postStart hook failed: ' : ''}${oneLine(why) || 'the engine did not say why'}`,
          about: pod,
          container: container.name,
          notes: isCommand
            ? [
                `its command is ${JSON.stringify([...(container.command ?? []), ...(container.args ?? [])])}: is it in the image ${container.image}?`,
              ]
            : [],
          evidence: eventsOf(scope.facts, pod, { container: container.name, reasons: ['Failed', 'FailedPostStartHook', 'BackOff'] }),
          advice: [
            {
              command: commandFor('edit', templateOwner(scope.facts, pod)),
              to: isCommand ? 'correct the command' : 'correct what the engine names',
            },
          ],
          patience: 15_000,
        },
      ];
    }),
};
