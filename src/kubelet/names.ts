import type { core } from '../kinds/index.ts';
import type { Labels } from '../runtime/index.ts';

type Pod = core.Pod;

/**
 * Labels on our containers. The `io.kubernetes.*` ones are those other tools know from dockershim; what must survive
 * a restart of this process, and the engine does not keep by itself, stands in the others.
 */
export const label = {
  cluster: 'dev.peapod.cluster',
  node: 'dev.peapod.node',
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  container: 'io.kubernetes.container.name',
  type: 'io.kubernetes.docker.type',
  sandbox: 'io.kubernetes.sandbox.id',
  attempt: 'annotation.io.kubernetes.container.restartCount',
  messagePath: 'annotation.io.kubernetes.container.terminationMessagePath',
  messagePolicy: 'annotation.io.kubernetes.container.terminationMessagePolicy',
  grace: 'annotation.io.kubernetes.pod.terminationGracePeriod',
  address: 'dev.peapod.pod.address',
  image: 'dev.peapod.image',
  imageRef: 'dev.peapod.image.ref',
  gpus: 'dev.peapod.gpus',
} as const;

/** The name under which a sandbox counts as a container of its pod. */
export const sandboxName = 'POD';

export const podKey = (pod: Pod): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;

/** `name_namespace(uid)`: how messages name a pod. */
export const podTitle = (pod: Pod): string => `${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})`;

export const containerName = (pod: Pod, container: string, attempt: number): string =>
  `k8s_${container}_${pod.metadata.name}_${pod.metadata.namespace ?? ''}_${pod.metadata.uid}_${attempt}`;

type Home = { cluster: string; nodeName: string };

export const nodeLabels = (home: Home): Labels => ({ [label.cluster]: home.cluster, [label.node]: home.nodeName });

const podLabels = (home: Home, pod: Pod): Record<string, string> => ({
  ...nodeLabels(home),
  [label.podName]: pod.metadata.name,
  [label.podNamespace]: pod.metadata.namespace ?? '',
  [label.podUid]: pod.metadata.uid,
  [label.grace]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
});

/** `address` is absent for pods in the host's network. */
export const sandboxLabels = (home: Home, pod: Pod, attempt: number, address: string | undefined): Labels => ({
  ...podLabels(home, pod),
  [label.container]: sandboxName,
  [label.type]: 'podsandbox',
  [label.attempt]: String(attempt),
  ...(address !== undefined && { [label.address]: address }),
});

export const containerLabels = (
  home: Home,
  pod: Pod,
  container: core.Container,
  facts: { attempt: number; sandbox: string; imageRef: string },
): Labels => ({
  ...podLabels(home, pod),
  [label.container]: container.name,
  [label.type]: 'container',
  [label.attempt]: String(facts.attempt),
  [label.sandbox]: facts.sandbox,
  [label.image]: container.image ?? '',
  [label.imageRef]: facts.imageRef,
  [label.messagePath]: container.terminationMessagePath ?? '/dev/termination-log',
  [label.messagePolicy]: container.terminationMessagePolicy ?? 'File',
});

/** Where an event about one container points: `spec.containers{web}`. */
export function containerPath(pod: Pod, name: string): string {
  const within = (list: readonly { name: string }[] | undefined): boolean => list?.some((it) => it.name === name) ?? false;
  if (within(pod.spec.initContainers)) return `spec.initContainers{${name}}`;
  if (within(pod.spec.ephemeralContainers)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}
