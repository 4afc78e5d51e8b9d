import type { core } from '../../../kinds/index.ts';
import { containersIn, nameOf, type Seen } from '../containers.ts';
import { eventsOf, lastSeen, timesSeen } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { commandFor, inNamespace, oneLine, plural, templateOwner } from '../words.ts';

const types = ['startup', 'liveness', 'readiness'] as const;
type Type = (typeof types)[number];

/** Older ones say nothing of now. */
const recent = 10 * 60_000;

/** Liveness and startup probes end containers: what then looks like a crash is their doing. */
export const killingProbe: Cause = {
  name: 'killing probe',
  find: (scope) =>
    scope.pods
      .flatMap(containersIn)
      .flatMap((seen) => (seen.status?.ready ? [] : ['startup', 'liveness'].flatMap((it) => findingOf(scope, seen, it as Type)))),
};

export const readinessProbe: Cause = {
  name: 'readiness probe',
  find: (scope) => scope.pods.flatMap(containersIn).flatMap((seen) => (seen.status?.ready ? [] : findingOf(scope, seen, 'readiness'))),
};

function findingOf({ facts }: Scope, seen: Seen, type: Type): Finding[] {
  const { pod, container, status } = seen;
  const probe = container[`${type}Probe`];
  if (!probe) return [];
  const title = `${type[0]?.toUpperCase()}${type.slice(1)} probe `;
  const failures = eventsOf(facts, pod, { container: container.name, reasons: ['Unhealthy', 'ProbeWarning'] }).filter(
    (it) => it.message?.startsWith(title) && facts.now - Date.parse(lastSeen(it)) < recent,
  );
  const last = failures.at(-1);
  if (!last) return [];
  const answer = oneLine(
    (last.message ?? '').slice(title.length).replace(/^(failed|errored and resulted in unknown state|errored): ?/, ''),
  );
  const restarts = status?.restartCount ?? 0;
  const does =
    type === 'readiness'
      ? 'so it is not ready and gets no traffic'
      : restarts > 0
        ? `so it was started again ${plural(restarts, 'time')}`
        : 'so it will be started again';
  const { namespace = '' } = pod.metadata;
  return [
    {
      says: `${nameOf(seen)} fails its ${type} probe (${handlerText(probe)}), ${does}: ${answer || 'it answered nothing'}`,
      about: pod,
      container: container.name,
      notes: [
        `the probe begins ${probe.initialDelaySeconds ?? 0}s after the start, asks every ${probe.periodSeconds ?? 10}s, waits ${probe.timeoutSeconds ?? 1}s, and gives up after ${plural(probe.failureThreshold ?? 3, 'failure')}; it failed ${plural(sum(failures), 'time')}`,
      ],
      evidence: [...failures, ...eventsOf(facts, pod, { container: container.name, reasons: ['Killing'] })].sort((a, b) =>
        lastSeen(a) < lastSeen(b) ? -1 : 1,
      ),
      log: { namespace, pod: pod.metadata.name, container: container.name, previous: type !== 'readiness' && restarts > 0 },
      advice: [
        ...(probe.exec
          ? [
              {
                command: `peapod exec ${pod.metadata.name} -c ${container.name}${inNamespace(namespace)} -- ${(probe.exec.command ?? []).join(' ')}`,
                to: 'ask what the probe asks',
              },
            ]
          : [
              {
                command: `peapod port-forward pod/${pod.metadata.name} 8080:${portOf(probe)}${inNamespace(namespace)}`,
                to: 'ask it yourself',
              },
            ]),
        {
          command: commandFor('edit', templateOwner(facts, pod)),
          to: 'correct path or port, or give it more time (initialDelaySeconds, failureThreshold)',
        },
      ],
      ...(type !== 'readiness' && restarts >= 2 && { patience: 0 }),
    },
  ];
}

const sum = (events: readonly core.Event[]): number => events.reduce((all, it) => all + timesSeen(it), 0);

const portOf = (it: core.Probe): string | number => it.httpGet?.port ?? it.tcpSocket?.port ?? it.grpc?.port ?? '<port>';

function handlerText(it: core.Probe): string {
  if (it.httpGet) return `${(it.httpGet.scheme ?? 'HTTP').toLowerCase()} ${it.httpGet.path ?? '/'} at port ${it.httpGet.port}`;
  if (it.tcpSocket) return `a connection to port ${it.tcpSocket.port}`;
  if (it.grpc) return `grpc at port ${it.grpc.port}`;
  return `the command ${JSON.stringify((it.exec?.command ?? []).join(' '))}`;
}
