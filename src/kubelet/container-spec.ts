import type { core } from '../kinds/index.ts';
import type { ContainerSpec, GpuRequest, Labels, Mount } from '../runtime/index.ts';
import { ConfigError, expandCommand } from './env/env.ts';
import { podTitle } from './names.ts';
import { limitsOf } from './resources.ts';

type Pod = core.Pod;
type Container = core.Container;

/** What an image says that matters for running it; `user` as the image has it, '' for root. */
export type ImageFacts = { imageId: string; imageRef: string; user: string };

/** Everything about a container that is not in the pod. */
export type ContainerFacts = {
  name: string;
  labels: Labels;
  sandbox: string;
  image: ImageFacts;
  env: ReadonlyMap<string, string>;
  mounts: readonly Mount[];
  nodeMemoryBytes: number;
  /** The container whose processes an ephemeral container wants to see. */
  target?: string;
  /** How long its log gets, and how many files of that length are kept. */
  logFiles?: { maxBytes: number; count: number };
  /** The text of a Localhost seccomp profile. */
  seccompProfile?: string;
  /** The engine's runtime, of the pod's class. */
  runtime?: string;
  gpus?: GpuRequest;
  /** The control group of the pod, if it has one. */
  group?: string;
  /** Processes that it may have; absent: as many as it likes. */
  pids?: number;
};

// Upstream's defaults of containerLogMaxSize and containerLogMaxFiles.
const usualLogs = { maxBytes: 10 * 1024 * 1024, count: 5 };

/** The engine's description of a container. Fails with ConfigError when the pod forbids what the image wants. */
export function containerSpec(pod: Pod, container: Container, facts: ContainerFacts): ContainerSpec {
  checkNonRoot(pod, container, facts.image.user);
  const security = container.securityContext ?? {};
  const user = userOf(pod, container, facts.image.user);
  const groups = [
    ...(pod.spec.securityContext?.supplementalGroups ?? []),
    ...(pod.spec.securityContext?.fsGroup === undefined ? [] : [pod.spec.securityContext.fsGroup]),
  ];
  const pid = pidOf(pod, facts.target);
  return {
    name: facts.name,
    labels: facts.labels,
    sandbox: facts.sandbox,
    image: facts.image.imageId,
    ...expandCommand(container, facts.env),
    env: [...facts.env].map(([name, value]) => `${name}=${value}`),
    ...(container.workingDir && { workingDir: container.workingDir }),
    ...(user !== undefined && { user }),
    ...(groups.length > 0 && { supplementalGroups: groups.map(String) }),
    mounts: facts.mounts,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    limits: { ...limitsOf(pod, container, facts.nodeMemoryBytes), ...(facts.pids !== undefined && { pids: facts.pids }) },
    privileged: security.privileged ?? false,
    readOnlyRootFilesystem: security.readOnlyRootFilesystem ?? false,
    ...(security.capabilities?.add?.length && { addCapabilities: security.capabilities.add }),
    ...(security.capabilities?.drop?.length && { dropCapabilities: security.capabilities.drop }),
    noNewPrivileges: security.allowPrivilegeEscalation === false,
    seccomp: seccompOf(pod, container, facts.seccompProfile),
    ...(security.procMount === 'Unmasked' && { unmaskedProc: true }),
    ...appArmorOf(pod, container),
    ...seLinuxOf(pod, container),
    ...(facts.runtime && { runtime: facts.runtime }),
    ...(facts.gpus && { gpus: facts.gpus }),
    ...(facts.group && { cgroupParent: facts.group }),
    ...(pid && { pid }),
    ...(container.lifecycle?.stopSignal && { stopSignal: container.lifecycle.stopSignal }),
    logFiles: facts.logFiles ?? usualLogs,
  };
}

const runAs = <K extends 'runAsUser' | 'runAsGroup' | 'runAsNonRoot'>(pod: Pod, container: Container, field: K) =>
  container.securityContext?.[field] ?? pod.spec.securityContext?.[field];

function userOf(pod: Pod, container: Container, imageUser: string): string | undefined {
  const user = runAs(pod, container, 'runAsUser');
  const group = runAs(pod, container, 'runAsGroup');
  if (user === undefined && group === undefined) return undefined;
  const name = user === undefined ? imageUser.split(':')[0] || '0' : String(user);
  return group === undefined ? name : `${name}:${group}`;
}

function checkNonRoot(pod: Pod, container: Container, imageUser: string): void {
  if (runAs(pod, container, 'runAsNonRoot') !== true) return;
  const where = `(pod: "${podTitle(pod)}", container: ${container.name})`;
  const user = runAs(pod, container, 'runAsUser');
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  const name = imageUser.split(':')[0] as string;
  if (name === '' || name === '0') throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (!/^\d+$/.test(name)) {
    throw new ConfigError(`container has runAsNonRoot and image has non-numeric user (${name}), cannot verify user is non-root ${where}`);
  }
}

/** The profile that counts for a container: its own, else the pod's. */
export const seccompProfileOf = (pod: Pod, container: Container): core.SeccompProfile | undefined =>
  container.securityContext?.seccompProfile ?? pod.spec.securityContext?.seccompProfile;

function seccompOf(pod: Pod, container: Container, text: string | undefined): ContainerSpec['seccomp'] {
  const profile = seccompProfileOf(pod, container);
  if (profile?.type === 'RuntimeDefault') return 'default';
  if (profile?.type === 'Localhost' && text !== undefined) return { profile: text };
  return 'unconfined';
}

/** Absent, the engine's own profile counts, where there is AppArmor at all. */
function appArmorOf(pod: Pod, container: Container): { appArmor?: string } {
  const profile = container.securityContext?.appArmorProfile ?? pod.spec.securityContext?.appArmorProfile;
  if (profile?.type === 'Unconfined') return { appArmor: 'unconfined' };
  return profile?.type === 'Localhost' && profile.localhostProfile ? { appArmor: profile.localhostProfile } : {};
}

function seLinuxOf(pod: Pod, container: Container): { seLinux?: NonNullable<ContainerSpec['seLinux']> } {
  const options = container.securityContext?.seLinuxOptions ?? pod.spec.securityContext?.seLinuxOptions;
  return options ? { seLinux: options } : {};
}

function pidOf(pod: Pod, target: string | undefined): ContainerSpec['pid'] {
  if (pod.spec.hostPID) return 'host';
  if (pod.spec.shareProcessNamespace) return 'sandbox';
  return target === undefined ? undefined : { container: target };
}
