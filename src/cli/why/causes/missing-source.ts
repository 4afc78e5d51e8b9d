import { containersIn, nameOf } from '../containers.ts';
import { eventsOf, lastSeen } from '../events.ts';
import type { Advice, Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { changeAdvice, inNamespace, oneLine, templateOwner } from '../words.ts';
import type { core } from '../../../kinds/index.ts';

/** A ConfigMap or Secret, or a key in one, that a container needs is not there. */
export const missingSource: Cause = {
  name: 'missing source',
  find: (scope) => [...scope.pods.flatMap((pod) => forVariables(scope, pod)), ...scope.pods.flatMap((pod) => forFiles(scope, pod))],
};

function forVariables(scope: Scope, pod: core.Pod): Finding[] {
  return containersIn(pod).flatMap((seen) => {
    const { reason, message = '' } = seen.status?.state?.waiting ?? {};
    if (reason !== 'CreateContainerConfigError') return [];
    const lack = lackIn(message, pod);
    return [
      {
        says: `${nameOf(seen)} cannot be made: ${lack?.says ?? oneLine(message)}`,
        about: pod,
        container: seen.container.name,
        evidence: eventsOf(scope.facts, pod, { container: seen.container.name, reasons: ['Failed'] }),
        advice: [...(lack?.advice ?? []), changeAdvice(templateOwner(scope.facts, pod), 'name another source, or make it optional')],
        patience: 15_000,
      },
    ];
  });
}

/** Volumes that have no content yet keep all containers from starting. */
function forFiles(scope: Scope, pod: core.Pod): Finding[] {
  const isWaiting = containersIn(pod).every(({ status }) => !status?.state?.running && !status?.state?.terminated);
  const event = isWaiting ? eventsOf(scope.facts, pod, { reasons: ['FailedMount'] }).at(-1) : undefined;
  if (!event || !pod.spec.nodeName || scope.facts.now - Date.parse(lastSeen(event)) > 150_000) return [];
  const message = event.message ?? '';
  const volume = /for volume "([^"]*)"/.exec(message)?.[1];
  const source = pod.spec.volumes?.find((it) => it.name === volume);
  const lack = lackIn(message, pod, source);
  return [
    {
      says: `pod/${pod.metadata.name} cannot start: volume ${volume ?? ''} cannot be mounted: ${lack?.says ?? oneLine(message.replace(/^MountVolume\.SetUp failed for volume "[^"]*" : /, ''))}`,
      about: pod,
      evidence: [event],
      advice: [...(lack?.advice ?? []), changeAdvice(templateOwner(scope.facts, pod), 'correct the volume')],
      patience: 15_000,
    },
  ];
}

type Lack = { says: string; advice: Advice[] };

/** Reads the kubelet's words: `configmap "x" not found`, `couldn't find key a in ConfigMap ns/x`, `references non-existent config key: a`. */
function lackIn(message: string, { metadata }: core.Pod, volume?: core.Volume): Lack | undefined {
  const { namespace = '' } = metadata;
  const at = inNamespace(namespace);
  const whole = /(configmap|secret)s? "([^"]*)" not found/i.exec(message);
  if (whole) {
    const kind = whole[1]?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap';
    const create = kind === 'Secret' ? 'secret generic' : 'configmap';
    return {
      says: `${kind} "${whole[2]}" is not in namespace ${namespace}`,
      advice: [
        { command: `peapod create ${create} ${whole[2]} --from-literal=<key>=<value>${at}`, to: 'make it; the pod goes on by itself' },
        { command: `peapod get ${kind.toLowerCase()}s${at}`, to: 'see which there are' },
      ],
    };
  }
  const key = /couldn't find key (\S+) in (ConfigMap|Secret) \S*?\/?([^/\s]+)$/.exec(message.trim());
  const inVolume = /references non-existent (config|secret) key: (\S+)/.exec(message);
  const kind = key ? (key[2] as string) : inVolume ? (inVolume[1] === 'secret' ? 'Secret' : 'ConfigMap') : undefined;
  if (!kind) return undefined;
  const name = key?.[3] ?? volume?.configMap?.name ?? volume?.secret?.secretName ?? '';
  return {
    says: `key "${key?.[1] ?? inVolume?.[2]}" is not in ${kind} "${name}"`,
    advice: [
      { command: `peapod describe ${kind.toLowerCase()}/${name}${at}`, to: 'see which keys it has' },
      { command: `peapod edit ${kind.toLowerCase()}/${name}${at}`, to: 'add the key; the pod goes on by itself' },
    ],
  };
}
