import type { Client, EventRecorder, Informers } from '../../client/index.ts';
import { type core, isPodFinished, namespace, networkPolicy, node, pod } from '../../kinds/index.ts';
import { type Clock, seconds, toTime } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { deepEqual } from '../../meta/copy.ts';
import { withCondition } from '../../meta/condition.ts';
import { isReason } from '../../meta/status-error.ts';
import type { KernelTable } from '../nftables/kernel-table.ts';
import { compilePolicies, type PolicyPod } from './compile.ts';

type Config = {
  nodeName: string;
  /** Pods that are no containers, such as the cluster's name server. */
  standIns: readonly PolicyPod[];
  /** Why there is no table, where there is none. */
  why: string;
};
type Deps = { client: Client; informers: Informers; recorder: EventRecorder; clock: Clock; log: Log; signal: AbortSignal };

/** A condition of the node while policies are there that it does not keep. */
export const conditionType = 'NetworkPoliciesNotEnforced';

/**
 * Keeps the kernel's table at what NetworkPolicies say. Without a table each policy is told by an event that nobody keeps
 * it, and the node has a condition.
 */
export async function startPolicies(table: KernelTable | undefined, config: Config, deps: Deps): Promise<void> {
  const { informers, clock, log, signal } = deps;
  const [policies, pods, namespaces] = [informers.of(networkPolicy), informers.of(pod), informers.of(namespace)];
  let isPlanned = false;
  let isSynced = false;
  let hadAny = false;

  async function apply(): Promise<void> {
    isPlanned = false;
    if (!isSynced || signal.aborted || !table) return;
    const all = policies.list();
    if (all.length === 0 && !hadAny) return;
    hadAny = all.length > 0;
    const pieces = compilePolicies({
      policies: all,
      pods: [...config.standIns, ...pods.list().flatMap((it) => policyPod(it, config.nodeName))],
      namespaces: new Map(namespaces.list().map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
    });
    const fault = await table.want('policies', pieces);
    if (fault === undefined) return;
    log.error('network policies are not in effect', { error: fault });
    for (const it of all) deps.recorder.record(it, 'Warning', 'NotEnforced', `Not enforced on ${config.nodeName} as it is now: ${fault}`);
    clock.schedule(seconds(30), plan);
  }
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    clock.schedule(0, () => void apply());
  };

  policies.onChange(({ type, object }) => {
    if (table) return plan();
    if (type === 'added') {
      const message = `Not enforced on ${config.nodeName}: ${config.why}`;
      deps.recorder.record(object, 'Warning', 'NotEnforced', message);
    }
    void tellNode(policies.list().length, config, deps);
  });
  const ifAny = (): void => {
    if (policies.list().length > 0) plan();
  };
  pods.onChange(({ object, old }) => {
    if (!old || hasChanged(old, object)) ifAny();
  });
  namespaces.onChange(ifAny);
  await Promise.all([policies.synced, pods.synced, namespaces.synced]);
  isSynced = true;
  await apply();
}

/** The pod as policies see it; nothing for one that has no address of its own. */
function policyPod({ metadata, spec, status }: core.Pod, nodeName: string): PolicyPod[] {
  if (spec.hostNetwork || !status?.podIP || isPodFinished({ status } as core.Pod)) return [];
  const ports = spec.containers.flatMap((it) => it.ports ?? []);
  return [
    {
      namespace: metadata.namespace ?? '',
      labels: metadata.labels ?? {},
      address: status.podIP,
      isHere: spec.nodeName === nodeName,
      ports: ports.flatMap(({ name, protocol = 'TCP', containerPort }) => (name ? [{ name, protocol, port: containerPort }] : [])),
    },
  ];
}

const hasChanged = (a: core.Pod, b: core.Pod): boolean =>
  a.status?.podIP !== b.status?.podIP || a.status?.phase !== b.status?.phase || !deepEqual(a.metadata.labels, b.metadata.labels);

async function tellNode(count: number, { nodeName, why }: Config, { client, clock, log }: Deps): Promise<void> {
  try {
    await client.changeStatus(node, { name: nodeName }, (draft) => {
      const { conditions = [] } = draft.status ?? {};
      const now = toTime(clock.now());
      const known = conditions.find((it) => it.type === conditionType);
      const status = count > 0 ? 'True' : 'False';
      if (known ? known.status === status : count === 0) return false;
      const reason = count > 0 ? 'DataPlaneCannot' : 'NoPolicies';
      const message = count > 0 ? `NetworkPolicies are not enforced: ${why}` : 'there are no NetworkPolicies';
      draft.status = {
        ...draft.status,
        conditions: withCondition(conditions, { type: conditionType, status, reason, message, lastTransitionTime: now }, now),
      };
      return true;
    });
  } catch (error) {
    if (!isReason(error, 'NotFound')) log.warn('the node was not told of network policies', { error: String(error) });
  }
}
