import { eventsOf } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { commandFor, oneLine } from '../words.ts';
import type { KubeObject } from '../../../meta/types.ts';

/** A node cannot listen at a port that a Service or a pod wants (conditions `ports.peapod.dev/<node>`, events PortNotAvailable). */
export const portTaken: Cause = {
  name: 'port taken',
  find: (scope) => [
    ...scope.services.flatMap((it) =>
      (it.status?.conditions ?? [])
        .filter(({ type, status }) => type.startsWith('ports.peapod.dev/') && status === 'False')
        .map(({ type, message }) => findingOf(scope, it, `on node ${type.slice('ports.peapod.dev/'.length)}: ${message ?? ''}`)),
    ),
    ...scope.pods.filter(hasHostPort).flatMap((it) => {
      const last = eventsOf(scope.facts, it, { reasons: ['PortNotAvailable'] }).at(-1);
      return last ? [findingOf(scope, it, last.message ?? '')] : [];
    }),
  ],
};

function findingOf({ facts }: Scope, about: KubeObject, text: string): Finding {
  const [, port, protocol] = /(\d+)\/(TCP|UDP|SCTP)/.exec(text) ?? [];
  const owner = /in use by (Service|Pod) (\S+?)\/([^\s;]+)/.exec(text);
  return {
    says: `${about.kind?.toLowerCase()}/${about.metadata.name} does not get its port: ${oneLine(text)}`,
    about,
    evidence: eventsOf(facts, about, { reasons: ['PortNotAvailable'] }),
    advice: [
      ...(owner ? [{ command: `peapod get ${owner[1]?.toLowerCase()}/${owner[3]} -n ${owner[2]}`, to: 'see who has it' }] : []),
      ...(port && !owner
        ? [{ command: `ss -l${protocol === 'UDP' ? 'u' : 't'}np 'sport = :${port}'`, to: 'see which program of this host has it' }]
        : []),
      { command: commandFor('edit', about), to: 'choose another port, or free this one: it is tried again by itself' },
    ],
    patience: 15_000,
  };
}

const hasHostPort = (it: { spec: { containers: ReadonlyArray<{ ports?: ReadonlyArray<{ hostPort?: number }> }> } }): boolean =>
  it.spec.containers.some(({ ports }) => ports?.some(({ hostPort }) => hostPort));
