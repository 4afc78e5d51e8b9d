import type { core } from '../kinds/index.ts';
import type { Mount, SandboxSpec } from '../runtime/index.ts';
import { dotted } from './admission/sysctls.ts';
import { messageOf } from './faults.ts';
import { containerName, sandboxLabels, sandboxName } from './names.ts';
import { networkOf } from './network.ts';
import { hostsText, kernelHostname, resolverOf, resolverText, withinLimits } from './network-files.ts';
import type { PreparedVolume } from './mounts.ts';
import type { Parts } from './parts.ts';
import { writePodFiles } from './pod-files.ts';
import { podGroup } from './pod-group.ts';
import { runtimeOf } from './runtime-class.ts';
import { passed } from './steps.ts';

type Pod = core.Pod;
export type Sandbox = {
  id: string;
  /** The pod's address, or the node's for pods in the host's network. */
  address: string;
  /** Containers can be made before, but started only after this. Fails when the sandbox could not be started; it is gone then. */
  started: Promise<void>;
  /** What is observed of the pod says that it runs: nothing is planned before. */
  seen: Promise<unknown>;
};

/** Makes a pod's sandbox and begins to start it. Fails with the engine's words. */
export async function createSandbox(
  parts: Parts,
  pod: Pod,
  attempt: number,
  volumes: ReadonlyMap<string, PreparedVolume>,
  hostFile: string,
): Promise<Sandbox> {
  const { addresses, config, runtime } = parts;
  if (pod.spec.hostUsers === false) throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
  const engineRuntime = await runtimeOf(parts, pod);
  const group = await podGroup(parts, pod);
  const own = pod.spec.hostNetwork ? undefined : addresses.take();
  const { uid } = pod.metadata;
  await passed(parts, uid, 'address taken');
  try {
    const address = own ?? config.nodeAddress;
    const { resolver, cut } = withinLimits(
      resolverOf(pod, { clusterDns: config.clusterDns, clusterDomain: config.clusterDomain, host: parts.node.resolver }),
    );
    for (const it of cut) parts.recorder.record(pod, 'Warning', 'DNSConfigForming', it);
    const text = {
      hosts: hostsText(pod, config.clusterDomain, own === undefined ? { hostFile } : { address: own }),
      resolver: resolverText(resolver),
    };
    const files = await writePodFiles(config.rootDir, uid, text);
    await passed(parts, uid, 'pod files written');
    const mounts: Mount[] = [
      { source: { hostPath: files.resolver }, target: '/etc/resolv.conf', readOnly: false },
      { source: { hostPath: files.hosts }, target: '/etc/hosts', readOnly: false },
      ...volumesToHold(pod, volumes),
    ];
    const id = await runtime.containers.createSandbox({
      ...sandboxSpec(parts, pod, attempt, own, mounts),
      ...(engineRuntime && { runtime: engineRuntime }),
      ...(group && { cgroupParent: group }),
    });
    await passed(parts, uid, 'sandbox made');
    const started = startSandbox(parts, uid, id, own);
    const seen = started.then(() => parts.observer.refresh(uid, id));
    // Who waits for the start hears of its failure; one to look at it comes to light at the next look.
    seen.catch(() => {});
    return { id, address, started, seen };
  } catch (error) {
    if (own !== undefined) addresses.release(own);
    throw error;
  }
}

async function startSandbox(parts: Parts, uid: string, id: string, own: string | undefined): Promise<void> {
  const { addresses, observer, runtime, log } = parts;
  // It is looked at when it has been started: its events would only have that done twice.
  const heed = observer.ignore(id);
  try {
    await runtime.containers.start(id);
    heed();
    await passed(parts, uid, 'sandbox started');
  } catch (error) {
    observer.expectRemoval(id);
    await runtime.containers
      .remove(id)
      .catch((fault: unknown) => log.warn('failed sandbox could not be removed', { id, fault: messageOf(fault) }));
    // Another container may sit on the address although we did not give it one: then it stays taken.
    if (own !== undefined && !/address already in use/i.test(messageOf(error))) addresses.release(own);
    // Somebody may have removed the network while no pod was on it: it is there for the next try.
    if (own !== undefined)
      await runtime.resources
        .ensureNetwork(networkOf(parts.config))
        .catch((fault: unknown) => log.warn('the network of the pods could not be made', { fault: messageOf(fault) }));
    throw error;
  } finally {
    heed();
  }
}

function sandboxSpec({ config }: Parts, pod: Pod, attempt: number, address: string | undefined, mounts: readonly Mount[]): SandboxSpec {
  const sysctls = pod.spec.securityContext?.sysctls ?? [];
  return {
    name: containerName(pod, sandboxName, attempt),
    labels: sandboxLabels(config, pod, attempt, address),
    hostname: kernelHostname(pod, config.clusterDomain),
    network: address === undefined ? 'host' : { name: config.networkName, address },
    ipc: pod.spec.hostIPC ? 'host' : 'shareable',
    ...(pod.spec.hostPID && { pid: 'host' }),
    ...(sysctls.length > 0 && { sysctls: Object.fromEntries(sysctls.map((it) => [dotted(it.name), it.value])) }),
    mounts,
  };
}

/** A volume in memory loses its content when its last user stops: the sandbox is a user that outlives the others. */
function volumesToHold(pod: Pod, volumes: ReadonlyMap<string, PreparedVolume>): Mount[] {
  return (pod.spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const source = emptyDir?.medium === 'Memory' ? volumes.get(name)?.source : undefined;
    return source && 'volume' in source ? [{ source, target: `/run/volumes/${name}`, readOnly: false }] : [];
  });
}
