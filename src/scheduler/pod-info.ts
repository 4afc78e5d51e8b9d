import { type core, heldRequests, podRequests } from '../kinds/index.ts';
import { controllerOf, keyOf } from '../meta/owner.ts';
import { milliValue, quantityValue } from '../meta/quantity.ts';
import type { Quantity } from '../meta/types.ts';
import { claimsOf } from './claims.ts';
import { type AffinityTerm, affinityTerms, type Weighted, weightedTerms } from './affinity-term.ts';

/** Amounts of resources as plain numbers: CPU in thousandths, all else in whole units. */
export type Amounts = ReadonlyMap<string, number>;

export type HostPort = { address: string; protocol: string; port: number };

/** A pod with everything the scheduler reads of it worked out once. */
export type PodInfo = {
  readonly pod: core.Pod;
  readonly key: string;
  readonly uid: string;
  readonly priority: number;
  readonly requests: Amounts;
  /** As requests, but with something for containers that ask for nothing: else all of them would land on one node. */
  readonly assumed: { cpu: number; memory: number };
  readonly hostPorts: readonly HostPort[];
  /** Keys of the claims it mounts. */
  readonly claims: readonly string[];
  /** The uid of the managing controller: its pods are spread over the nodes. */
  readonly owner: string | undefined;
  readonly affinity: {
    near: readonly AffinityTerm[];
    apart: readonly AffinityTerm[];
    preferNear: ReadonlyArray<Weighted>;
    preferApart: ReadonlyArray<Weighted>;
  };
};

export function amountsOf(quantities: { [resource: string]: Quantity } | undefined): Amounts {
  const amounts = new Map<string, number>();
  for (const [name, amount] of Object.entries(quantities ?? {})) {
    amounts.set(name, name === 'cpu' ? milliValue(amount) : quantityValue(amount));
  }
  return amounts;
}

export function podInfoOf(pod: core.Pod): PodInfo {
  const { spec, metadata } = pod;
  return {
    pod,
    key: keyOf(pod),
    uid: metadata.uid,
    priority: spec.priority ?? 0,
    requests: amountsOf(heldRequests(pod)),
    assumed: assumedOf(spec),
    hostPorts: hostPortsOf(spec),
    claims: claimsOf(pod).map((it) => it.key),
    owner: controllerOf(pod)?.uid,
    affinity: {
      near: affinityTerms(pod, spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      apart: affinityTerms(pod, spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
      preferNear: weightedTerms(pod, spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
      preferApart: weightedTerms(pod, spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    },
  };
}

// What a container without a request counts for in scores (kube-scheduler: DefaultMilliCPURequest, DefaultMemoryRequest).
const leastCpu = '100m';
const leastMemory = String(200 * 1024 * 1024);

function assumedOf(spec: core.PodSpec): { cpu: number; memory: number } {
  const filled = (container: core.Container): core.Container => ({
    ...container,
    resources: { requests: { cpu: leastCpu, memory: leastMemory, ...container.resources?.requests } },
  });
  const { cpu = '0', memory = '0' } = podRequests({
    ...spec,
    containers: spec.containers.map(filled),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(filled) }),
  });
  return { cpu: milliValue(cpu), memory: quantityValue(memory) };
}

function hostPortsOf(spec: core.PodSpec): HostPort[] {
  const lasting = (spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  return [...lasting, ...spec.containers]
    .flatMap((it) => it.ports ?? [])
    .filter((it) => (it.hostPort ?? 0) > 0)
    .map((it) => ({ address: it.hostIP || '0.0.0.0', protocol: it.protocol ?? 'TCP', port: it.hostPort ?? 0 }));
}
