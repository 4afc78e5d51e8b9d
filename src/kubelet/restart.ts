import type { core } from '../kinds/index.ts';
import { isDeleting } from '../meta/owner.ts';
import { newest, type ObservedPod } from './observed.ts';

type Pod = core.Pod;
type Container = core.Container;

/** An init container that keeps running beside the others. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

export type Role = 'init' | 'sidecar' | 'app' | 'ephemeral';

/** Every container of a pod with its role, init containers first, in the order of the manifest. */
export const containersOf = (pod: Pod): Array<{ container: Container; role: Role }> => [
  ...(pod.spec.initContainers ?? []).map((container) => ({
    container,
    role: isSidecar(container) ? ('sidecar' as const) : ('init' as const),
  })),
  ...pod.spec.containers.map((container) => ({ container, role: 'app' as const })),
  ...((pod.spec.ephemeralContainers ?? []) as unknown as Container[]).map((container) => ({ container, role: 'ephemeral' as const })),
];

/** Whether a container that ended with `exitCode` runs again: its own rules, its own policy, the pod's policy. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator, values = [] } = rule.exitCodes ?? {};
    const matches = operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode);
    if (matches && rule.action === 'Restart') return true;
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** Whether the container is to be started, now or when its wait is over. */
export function shouldStart(pod: Pod, container: Container, seen: ObservedPod): boolean {
  if (isDeleting(pod)) return false;
  const last = newest(seen, container.name);
  if (!last || last.state === 'created') return true;
  return last.state === 'exited' && restartsAfter(pod, container, last.exitCode);
}

/** All containers of the pod stay ended: it has succeeded or failed. */
export const isFinished = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';
