import type { core } from '../../../kinds/index.ts';
import { eventsOf } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import { claimNamesOf, type Scope } from '../scope.ts';
import { commandFor, inNamespace, oneLine } from '../words.ts';

/** A claim has no volume, or is not there at all. */
export const claim: Cause = {
  name: 'claim',
  find: (scope) => [...scope.pods.flatMap((pod) => missingClaims(scope, pod)), ...scope.claims.flatMap((it) => unbound(scope, it))],
};

function missingClaims({ facts }: Scope, pod: core.Pod): Finding[] {
  if (pod.spec.nodeName) return [];
  return claimNamesOf(pod)
    .filter((name) => !facts.claims.some(({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace))
    .map((name) => ({
      says: `pod/${pod.metadata.name} waits for the claim persistentvolumeclaim/${name}, which does not exist`,
      about: pod,
      evidence: eventsOf(facts, pod, { reasons: ['FailedScheduling'] }),
      advice: [{ command: `peapod get pvc${inNamespace(pod.metadata.namespace)}`, to: 'see which claims there are' }],
      patience: 10_000,
    }));
}

function unbound(scope: Scope, it: core.PersistentVolumeClaim): Finding[] {
  const { facts } = scope;
  const phase = it.status?.phase ?? 'Pending';
  if (phase === 'Bound') return [];
  const evidence = eventsOf(facts, it).filter((event) => event.reason !== 'ProvisioningSucceeded');
  const last = evidence.at(-1);
  const name = it.spec?.storageClassName;
  const classes = facts.classes.map(({ metadata }) => metadata.name);
  const there = classes.length > 0 ? `there are: ${classes.join(', ')}` : 'there are none';
  const because = reasonOf(it, last, { name, there, isKnown: name === undefined || classes.includes(name) });
  // A claim that waits for its pod is as it should be.
  if (because === undefined) return [];
  const users = facts.pods.filter(
    (pod) => pod.metadata.namespace === it.metadata.namespace && claimNamesOf(pod).includes(it.metadata.name),
  );
  return [
    {
      says: `persistentvolumeclaim/${it.metadata.name} has no volume: ${because}`,
      about: it,
      notes: users.length > 0 ? [`waiting for it: ${users.map(({ metadata }) => `pod/${metadata.name}`).join(', ')}`] : [],
      evidence,
      advice: [
        { command: 'peapod get storageclass', to: 'see which classes there are' },
        {
          command: commandFor('get', it, '-o yaml > claim.yaml'),
          to: 'correct it there; the class of a claim cannot be changed: delete it and apply it again',
        },
        { command: 'peapod get pv', to: 'see which volumes there are' },
      ],
      patience: last?.reason === 'ProvisioningFailed' ? 15_000 : 20_000,
    },
  ];
}

type Class = { name: string | undefined; there: string; isKnown: boolean };

function reasonOf(it: core.PersistentVolumeClaim, last: core.Event | undefined, { name, there, isKnown }: Class): string | undefined {
  if (it.status?.phase === 'Lost') return `the volume ${it.spec?.volumeName ?? ''} that it was bound to is gone`;
  if (name && !isKnown && it.spec?.volumeName === undefined) return `the storage class "${name}" does not exist (${there})`;
  if (last?.reason === 'WaitForFirstConsumer') return undefined;
  if (last?.reason === 'WaitForPodScheduled' || last?.reason === 'Provisioning' || last?.reason === 'ExternalProvisioning')
    return undefined;
  if (!name) return `it names no storage class${name === '' ? ' ("")' : ', there is no default one'}, and no volume fits it`;
  return last?.message ? oneLine(last.message) : undefined;
}
