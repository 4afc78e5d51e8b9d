import { type core, isTolerated, isWanted, podRequests, qosClassOf } from '../../kinds/index.ts';
import { milliValue, quantityValue } from '../../meta/quantity.ts';
import { hostPortsOf, portsCollide } from './host-ports.ts';
import type { Refusal } from './refusal.ts';
import { sysctlRefusal } from './sysctls.ts';

type Pod = core.Pod;

/** What the answer depends on besides the pod. */
export type NodeState = {
  /** The node as the API has it; undefined while it is not known: then nothing is compared with it. */
  node: core.Node | undefined;
  /** The pods that run here, or will. */
  others: readonly Pod[];
  /** Conditions of pressure that hold: MemoryPressure, DiskPressure, PIDPressure. */
  pressures: readonly string[];
  /** Sysctls that are allowed although they are not safe. */
  unsafeSysctls: readonly string[];
  /** The kernel can enforce AppArmor profiles. */
  appArmor: boolean;
};

/**
 * Whether a pod that is new on this node may run here; the scheduler has not been asked for pods bound by hand, and may
 * have known less. In the order of upstream's handlers (kubelet, NewMainKubelet).
 */
export const admit = (pod: Pod, state: NodeState): Refusal | undefined =>
  pressureRefusal(pod, state.pressures) ??
  sysctlRefusal(pod, state.unsafeSysctls) ??
  platformRefusal(pod) ??
  (state.node && fitRefusal(pod, state.node, state.others)) ??
  appArmorRefusal(pod, state.appArmor);

/** Pods that the node cannot do without (kubelet, types/IsCriticalPod). */
export function isCritical({ metadata, spec }: Pod): boolean {
  const source = metadata.annotations?.['kubernetes.io/config.source'];
  const isMirror = metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  return (source !== undefined && source !== 'api') || isMirror || (spec.priority ?? 0) >= 2_000_000_000;
}

function pressureRefusal(pod: Pod, pressures: readonly string[]): Refusal | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  // Only memory is short: whoever has said how much it needs may still come.
  if (pressures.length === 1 && pressures[0] === 'MemoryPressure') {
    const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const;
    if (qosClassOf(pod) !== 'BestEffort' || isTolerated(pod.spec.tolerations, taint)) return undefined;
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(' ')}]. ` };
}

/** What this engine cannot do at all (kubelet, lifecycle/predicate). */
function platformRefusal({ metadata, spec }: Pod): Refusal | undefined {
  const os = metadata.labels?.['kubernetes.io/os'];
  if (os !== undefined && os !== 'linux') {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  }
  if (spec.os && spec.os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  // The engine always adds the groups that the image's /etc/group gives the user.
  if (spec.securityContext?.supplementalGroupsPolicy === 'Strict') {
    return { reason: 'SupplementalGroupsPolicyNotSupported', message: 'SupplementalGroupsPolicy=Strict is not supported in this node' };
  }
  return undefined;
}

function fitRefusal(pod: Pod, node: core.Node, others: readonly Pod[]): Refusal | undefined {
  const predicate = (name: string, text: string): Refusal => ({ reason: name, message: `Predicate ${name} failed: ${text}` });
  const lack = resourceRefusal(pod, node, others);
  if (lack) return lack;
  if (!isWanted(pod.spec, { name: node.metadata.name, labels: node.metadata.labels ?? {} }))
    return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const taken = others.flatMap((it) => hostPortsOf(it.spec));
  if (hostPortsOf(pod.spec).some((it) => taken.some((other) => portsCollide(it, other))))
    return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const taint = node.spec?.taints?.find((it) => it.effect === 'NoExecute' && !isTolerated(pod.spec.tolerations, it));
  if (taint && !isCritical(pod)) return predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

const amountOf = (name: string, amount: string): number => (name === 'cpu' ? milliValue(amount) : quantityValue(amount));

function resourceRefusal(pod: Pod, { status }: core.Node, others: readonly Pod[]): Refusal | undefined {
  const allocatable = status?.allocatable ?? {};
  const short = (name: string, requested: number, used: number, capacity: number): Refusal => ({
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const places = quantityValue(allocatable.pods ?? '0');
  if (others.length + 1 > places) return short('pods', 1, others.length, places);
  for (const [name, amount] of Object.entries(podRequests(pod.spec))) {
    const requested = amountOf(name, amount);
    const has = allocatable[name];
    // A resource that the node has never heard of belongs to the cluster as a whole: the scheduler has seen to it.
    if (requested === 0 || (has === undefined && name.includes('/'))) continue;
    const capacity = amountOf(name, has ?? '0');
    const used = others.reduce((sum, it) => sum + amountOf(name, podRequests(it.spec)[name] ?? '0'), 0);
    if (requested > capacity - used) return short(name, requested, used, capacity);
  }
  return undefined;
}

/** A profile is asked for, and there is nothing that could enforce it. */
function appArmorRefusal({ spec }: Pod, enabled: boolean): Refusal | undefined {
  if (enabled) return undefined;
  const all = [spec.securityContext, ...[...spec.containers, ...(spec.initContainers ?? [])].map((it) => it.securityContext)];
  if (!all.some((it) => it?.appArmorProfile && it.appArmorProfile.type !== 'Unconfined')) return undefined;
  return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
}
