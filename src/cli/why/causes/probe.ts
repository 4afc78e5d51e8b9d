import type { core } from '../../../kinds/index.ts';
import { containersIn, nameOf, type Seen } from '../containers.ts';
import { eventsOf, lastSeen, timesSeen } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import { failuresOf, type ProbeType } from '../probe-failures.ts';
import type { Scope } from '../scope.ts';
import { commandFor, inNamespace, plural, templateOwner } from '../words.ts';

/** Liveness and startup probes end containers: what then looks like a crash is their doing. */
export const killingProbe: Cause = {
  name: 'killing probe',
  find: (scope) =>
    scope.pods
      .flatMap(containersIn)
      .flatMap((seen) => (seen.status?.ready ? [] : ['startup', 'liveness'].flatMap((it) => findingOf(scope, seen, it as ProbeType)))),
};

export const readinessProbe: Cause = {
  name: 'readiness probe',
  find: (scope) => scope.pods.flatMap(containersIn).flatMap((seen) => (seen.status?.ready ? [] : findingOf(scope, seen, 'readiness'))),
};

function findingOf({ facts }: Scope, seen: Seen, type: ProbeType): Finding[] {
  const { pod, container, status } = seen;
  const probe = container[`${type}Probe`];
  if (!probe) return [];
  const failures = failuresOf(facts, seen, type);
  const last = failures.at(-1);
  if (!last) return [];
  const { answer } = last;
  const events = failures.map(({ event }) => event);
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
        `the probe begins ${probe.initialDelaySeconds ?? 0}s after the start, asks every ${probe.periodSeconds ?? 10}s, waits ${probe.timeoutSeconds ?? 1}s, and gives up after ${plural(probe.failureThreshold ?? 3, 'failure')}; it failed ${plural(sum(events), 'time')}`,
      ],
      evidence: [...events, ...eventsOf(facts, pod, { container: container.name, reasons: ['Killing'] })].sort((a, b) =>
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
