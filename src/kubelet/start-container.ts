import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { core } from '../kinds/index.ts';
import { type ContainerId, type ContainerSpec, type Mount, StartFailed } from '../runtime/index.ts';
import { containerSpec, type ImageFacts, seccompProfileOf } from './container-spec.ts';
import { buildEnv, ConfigError, envSourceNames } from './env/env.ts';
import { messageOf, NotStarted, reasonOf, unlessInterrupted } from './faults.ts';
import { gpusFor } from './gpus.ts';
import { runHook } from './hooks.ts';
import { type PreparedVolume, mountsOf } from './mounts.ts';
import { containerLabels, containerName, containerPath, label } from './names.ts';
import { newest } from './observed.ts';
import type { Parts } from './parts.ts';
import { createMessageFile } from './pod-files.ts';
import { podGroup } from './pod-group.ts';
import { oomScoreAdj } from './resources.ts';
import { runtimeOf } from './runtime-class.ts';
import type { Sandbox } from './sandbox.ts';
import { passed } from './steps.ts';
import { stopContainer } from './stop-container.ts';

type Pod = core.Pod;
type Container = core.Container;

export type StartContext = {
  sandbox: Sandbox;
  volumes: ReadonlyMap<string, PreparedVolume>;
  /** What was last said of the container: it may have run before, and the engine no longer know. */
  restartsBefore: number;
  /** The pod is being deleted. */
  signal: AbortSignal;
  /** Its grace period is over. */
  hurry: AbortSignal;
  /** The container runs; its postStart hook, if it has one, is about to. */
  onRunning(id: ContainerId): void;
};

/** Makes a container ready to be started: its image, its description, the container itself. Fails with NotStarted. */
export async function createContainer(
  parts: Parts,
  pod: Pod,
  container: Container,
  context: StartContext,
  quiet = false,
): Promise<ContainerId> {
  const image = await unlessInterrupted(parts.images.ensure(pod, container, context.signal), context.signal).catch((error: unknown) => {
    const reason = reasonOf(error, '');
    if (!reason) throw error;
    parts.recorder.record(pod, 'Warning', 'Failed', `Error: ${reason}`, { fieldPath: containerPath(pod, container.name) });
    throw new NotStarted(reason, messageOf(error), { cause: error });
  });
  const { uid } = pod.metadata;
  await passed(parts, uid, 'image present');
  let spec: ContainerSpec;
  try {
    spec = await describe(parts, pod, container, image, context);
  } catch (error) {
    throw error instanceof ConfigError ? failed(parts, pod, container, 'CreateContainerConfigError', error) : error;
  }
  try {
    const id = await parts.runtime.containers.create(spec);
    await passed(parts, uid, 'container made');
    if (!quiet) parts.recorder.record(pod, 'Normal', 'Created', 'Container created', { fieldPath: containerPath(pod, container.name) });
    return id;
  } catch (error) {
    throw failed(parts, pod, container, 'CreateContainerError', error);
  }
}

/** Starts a container in a running sandbox and runs its postStart hook. Fails with NotStarted. */
export async function startContainer(
  parts: Parts,
  pod: Pod,
  container: Container,
  created: ContainerId,
  context: StartContext,
): Promise<void> {
  const id = await start(parts, pod, container, created, context);
  await passed(parts, pod.metadata.uid, 'container started');
  parts.recorder.record(pod, 'Normal', 'Started', 'Container started', { fieldPath: containerPath(pod, container.name) });
  context.onRunning(id);
  await parts.observer.refresh(pod.metadata.uid, id);
  const hook = container.lifecycle?.postStart;
  if (!hook) return;
  try {
    await unlessInterrupted(runHook(parts, pod, hook, { id, address: context.sandbox.address, container }, context.signal), context.signal);
    await passed(parts, pod.metadata.uid, 'postStart done');
  } catch (error) {
    if (context.signal.aborted) throw error;
    parts.recorder.record(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', { fieldPath: containerPath(pod, container.name) });
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    await stopContainer(
      parts,
      pod,
      { id, name: container.name, message: 'FailedPostStartHook' },
      { graceSeconds: grace, hurry: context.hurry },
    );
    throw new NotStarted('PostStartHookError', messageOf(error), { cause: error });
  }
}

/**
 * Starts it; an engine that turns out not to be allowed to lower OOM scores gets a container that does not ask for
 * that. The engine's words on it differ too much to tell this fault from others: the second try tells.
 */
async function start(parts: Parts, pod: Pod, container: Container, id: ContainerId, context: StartContext): Promise<ContainerId> {
  const { runtime, observer, engine, node } = parts;
  const asksForLess = engine.lowersOomScores === undefined && oomScoreAdj(pod, container, node.memoryBytes) < 0;
  // Who starts it looks at it after: its events would only have that done twice.
  const heed = observer.ignore(id);
  try {
    await runtime.containers.start(id);
    if (asksForLess) engine.lowersOomScores = true;
    return id;
  } catch (error) {
    if (asksForLess && error instanceof StartFailed) return await startWithoutAsking(parts, pod, container, id, context);
    if (error instanceof StartFailed) throw failed(parts, pod, container, 'RunContainerError', error, id);
    // What was asked may have been done all the same.
    heed();
    await observer.refresh(pod.metadata.uid, id);
    throw error;
  } finally {
    heed();
  }
}

async function startWithoutAsking(
  parts: Parts,
  pod: Pod,
  container: Container,
  failedId: ContainerId,
  context: StartContext,
): Promise<ContainerId> {
  const { runtime, observer, engine } = parts;
  engine.lowersOomScores = false;
  await runtime.containers.remove(failedId);
  observer.pods.drop(pod.metadata.uid, failedId);
  const id = await createContainer(parts, pod, container, context, true);
  try {
    await runtime.containers.start(id);
    parts.log.warn('the engine cannot lower OOM scores: Guaranteed pods go without');
    return id;
  } catch (error) {
    engine.lowersOomScores = undefined;
    throw error instanceof StartFailed ? failed(parts, pod, container, 'RunContainerError', error, id) : error;
  }
}

function failed(parts: Parts, pod: Pod, container: Container, reason: string, error: unknown, id?: ContainerId): NotStarted {
  const message = messageOf(error);
  parts.recorder.record(pod, 'Warning', 'Failed', `Error: ${message}`, { fieldPath: containerPath(pod, container.name) });
  return new NotStarted(reason, message, { cause: error, ...(id !== undefined && { container: id }) });
}

async function describe(parts: Parts, pod: Pod, container: Container, image: ImageFacts, context: StartContext): Promise<ContainerSpec> {
  const { config, observer } = parts;
  const { uid, namespace = '' } = pod.metadata;
  const env = await environment(parts, pod, container, namespace, context.sandbox.address);
  const mounts = await mountsOf(container, context.volumes, env, { recursiveReadOnly: parts.engine.readsRecursively });
  const attempt = nextAttempt(parts, pod, container.name, context.restartsBefore);
  const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
  const message: Mount = {
    source: { hostPath: await createMessageFile(config.rootDir, uid, container.name, attempt) },
    target: messagePath,
    readOnly: false,
  };
  await passed(parts, uid, 'message file made');
  const profile = seccompProfileOf(pod, container);
  const runtime = await runtimeOf(parts, pod);
  const group = await podGroup(parts, pod);
  const gpus = gpusFor(container, parts.node.gpus, () => observer.pods.uids().flatMap((it) => observer.pods.states(it)));
  const targetName = (container as core.EphemeralContainer).targetContainerName;
  const target = targetName ? newest(observer.pods.pod(uid), targetName)?.id : undefined;
  const spec = containerSpec(pod, container, {
    name: containerName(pod, container.name, attempt),
    labels: {
      ...containerLabels(config, pod, container, { attempt, sandbox: context.sandbox.id, imageRef: image.imageRef }),
      ...(gpus && 'ids' in gpus && { [label.gpus]: gpus.ids.join() }),
    },
    sandbox: context.sandbox.id,
    image,
    env,
    mounts: [...mounts, message],
    nodeMemoryBytes: parts.node.memoryBytes,
    ...(config.containerLogs && { logFiles: config.containerLogs }),
    ...(target !== undefined && { target }),
    ...(runtime !== undefined && { runtime }),
    ...(gpus && { gpus }),
    ...(group && { group }),
    ...(config.podPidsLimit > 0 && { pids: config.podPidsLimit }),
    ...(profile?.type === 'Localhost' && { seccompProfile: await seccompText(config.rootDir, profile.localhostProfile ?? '') }),
  });
  const score = spec.limits.oomScoreAdj;
  if (parts.engine.lowersOomScores !== false || score === undefined || score >= 0) return spec;
  return { ...spec, limits: { ...spec.limits, oomScoreAdj: 0 } };
}

/** Which run of the container this is; one that was made but never started is taken up again. */
function nextAttempt({ observer }: Parts, pod: Pod, name: string, restartsBefore: number): number {
  const last = newest(observer.pods.pod(pod.metadata.uid), name);
  if (!last) return restartsBefore;
  return last.state === 'created' ? last.attempt : Math.max(last.attempt + 1, restartsBefore);
}

async function environment(
  parts: Parts,
  pod: Pod,
  container: Container,
  namespace: string,
  podIp: string,
): Promise<ReadonlyMap<string, string>> {
  const { lookups, node, config } = parts;
  const names = envSourceNames(container);
  const fetch = async <T>(
    list: readonly string[],
    get: (namespace: string, name: string) => Promise<T | undefined>,
  ): Promise<Map<string, T | undefined>> =>
    new Map(await Promise.all(list.map(async (name): Promise<[string, T | undefined]> => [name, await get(namespace, name)])));
  const [configMaps, secrets] = await Promise.all([fetch(names.configMaps, lookups.configMap), fetch(names.secrets, lookups.secret)]);
  return buildEnv(container, {
    pod,
    podIp,
    hostIp: config.nodeAddress,
    configMap: (name) => configMaps.get(name),
    secret: (name) => secrets.get(name),
    services: lookups.services(),
    allocatable: node.allocatable,
  });
}

async function seccompText(rootDir: string, name: string): Promise<string> {
  try {
    return await readFile(join(rootDir, 'seccomp', name), 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot load seccomp profile ${JSON.stringify(join(rootDir, 'seccomp', name))}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
