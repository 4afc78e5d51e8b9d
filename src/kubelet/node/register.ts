import type { Client, EventRecorder } from '../../client/index.ts';
import { type Clock, minutes, seconds, sleep, toMicroTime, toTime } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type core, lease as leaseKind, node as nodeKind } from '../../kinds/index.ts';
import { findCondition, isTrue } from '../../meta/condition.ts';
import { deepEqual } from '../../meta/copy.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { EngineInfo, Runtime } from '../../runtime/index.ts';
import type { Pressure } from '../eviction/plan.ts';
import { type HostFacts, type NodeConfig, nodeConditions, nodeLabels, nodeStatus } from './describe.ts';

export type NodeAgent = {
  /** Why the node cannot run pods now; undefined when it can. */
  fault(): string | undefined;
  /** The node is, or is no longer, short of something: said at once. */
  tell(pressures: readonly Pressure[]): void;
  /** An event on the node. */
  warn(reason: string, message: string): void;
  stop(): void;
};

type Deps = {
  client: Client;
  runtime: Pick<Runtime, 'info' | 'images'>;
  recorder: EventRecorder;
  clock: Clock;
  log: Log;
};

const leaseNamespace = 'kube-node-lease';
const leaseSeconds = 40;
const heartbeat = seconds(10);
const statusPeriod = minutes(5);
/** An engine that takes longer to say that it is there is not. */
const enginePatience = seconds(10);
const down = 'container runtime is down';
/** What is told when a pressure ends, and when it begins (kubelet, nodestatus/setters). */
const pressureEvents: Readonly<Record<Pressure, [well: string, short: string]>> = {
  MemoryPressure: ['NodeHasSufficientMemory', 'NodeHasInsufficientMemory'],
  DiskPressure: ['NodeHasNoDiskPressure', 'NodeHasDiskPressure'],
  PIDPressure: ['NodeHasSufficientPID', 'NodeHasInsufficientPID'],
};

/**
 * Makes the Node object or adopts the one that is there, and keeps it and its Lease alive. Resolves when the node is
 * registered and ready. What others have put on the node stays.
 */
export async function startNode(config: NodeConfig, deps: Deps, engine: EngineInfo, host: HostFacts): Promise<NodeAgent> {
  const { client, runtime, clock, log, recorder } = deps;
  let fault: string | undefined;
  let reportedAt = 0;
  let pressures: readonly Pressure[] = [];
  let stopped = false;
  let cancel = (): void => {};

  const report = async (): Promise<void> => {
    const status = nodeStatus(config, engine, host, fault === undefined ? await runtime.images.list() : []);
    await client.changeStatus(nodeKind, { name: config.nodeName }, (draft) => {
      draft.status = laidOver(
        draft.status,
        status,
        nodeConditions(fault, pressures),
        clock.now(),
        clock.now() - reportedAt >= statusPeriod,
      );
    });
    reportedAt = clock.now();
  };

  const beat = async (): Promise<void> => {
    const before = fault;
    // That this agent lives is said whatever the engine does: else the node would be taken for dead.
    const [renewal, silence] = await Promise.allSettled([renewLease(client, config.nodeName, clock.now()), answersInTime(runtime, clock)]);
    if (silence.status === 'rejected' && before === undefined) log.error('container runtime does not answer', { error: silence.reason });
    fault = silence.status === 'rejected' ? down : undefined;
    try {
      if (renewal.status === 'rejected') throw renewal.reason;
      const stored = await client.get(nodeKind, { name: config.nodeName });
      // Others may have taken this node for dead, or have deleted it: it says at once that it is here.
      const isMistaken = isTrue(stored?.status?.conditions, 'Ready') !== (fault === undefined);
      if (before !== fault || isMistaken || clock.now() - reportedAt >= statusPeriod) {
        await ensureNode(deps, config, engine);
        await report();
      }
      if (before !== fault || isMistaken) {
        const node = await client.get(nodeKind, { name: config.nodeName });
        if (node)
          recorder.record(
            node,
            'Normal',
            fault ? 'NodeNotReady' : 'NodeReady',
            `Node ${config.nodeName} status is now: ${fault ? 'NodeNotReady' : 'NodeReady'}`,
          );
      }
    } catch (error) {
      log.warn('node could not be reported', { error });
    }
    if (!stopped) cancel = clock.schedule(heartbeat, () => void beat());
  };

  const node = await ensureNode(deps, config, engine);
  await Promise.all([report(), renewLease(client, config.nodeName, clock.now())]);
  recorder.record(node, 'Normal', 'Starting', 'Starting kubelet.');
  cancel = clock.schedule(heartbeat, () => void beat());
  return {
    fault: () => fault,
    warn: (reason, message) => recorder.record(node, 'Warning', reason, message),
    tell(now) {
      const changed = [...now, ...pressures].filter((it) => now.includes(it) !== pressures.includes(it));
      pressures = now;
      report().catch((error: unknown) => log.warn('node could not be reported', { error }));
      for (const it of changed) {
        const event = pressureEvents[it][now.includes(it) ? 1 : 0];
        recorder.record(node, 'Normal', event, `Node ${config.nodeName} status is now: ${event}`);
      }
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

/** Fails when the engine cannot be reached, or lets one wait: an engine that hangs runs no pods either. */
async function answersInTime(runtime: Deps['runtime'], clock: Clock): Promise<void> {
  const answered = new AbortController();
  const late = sleep(clock, enginePatience, answered.signal).then(() => {
    if (!answered.signal.aborted) throw new Error(`no answer within ${enginePatience / 1000} seconds`);
  });
  try {
    await Promise.race([runtime.info(), late]);
  } finally {
    answered.abort();
  }
}

async function ensureNode(deps: Deps, config: NodeConfig, engine: EngineInfo): Promise<core.Node> {
  const { client } = deps;
  const labels = nodeLabels(config.nodeName, engine);
  const name = config.nodeName;
  if (!(await client.get(nodeKind, { name }))) {
    try {
      return await client.create(nodeKind, {
        metadata: { name, labels, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
        spec: { podCIDR: config.podCidr, podCIDRs: [config.podCidr] },
      });
    } catch (error) {
      // Someone was quicker: then it is there.
      if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  }
  const adopted = await client.change(nodeKind, { name }, (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, ...labels };
    draft.spec = { ...draft.spec, podCIDR: draft.spec?.podCIDR ?? config.podCidr, podCIDRs: draft.spec?.podCIDRs ?? [config.podCidr] };
  });
  // Deleted between the two calls: the next look makes it.
  return adopted ?? ensureNode(deps, config, engine);
}

/** Our part of the status over what is stored. */
function laidOver(
  stored: core.NodeStatus | undefined,
  ours: core.NodeStatus,
  conditions: ReturnType<typeof nodeConditions>,
  now: number,
  beat: boolean,
): core.NodeStatus {
  const own = conditions.map((it) => {
    const before = findCondition(stored?.conditions, it.type);
    const same = before?.status === it.status && before.reason === it.reason && before.message === it.message;
    const lastTransitionTime = before?.status === it.status ? before.lastTransitionTime : toTime(now);
    const lastHeartbeatTime = same && !beat ? before.lastHeartbeatTime : toTime(now);
    return { ...it, ...(lastHeartbeatTime && { lastHeartbeatTime }), ...(lastTransitionTime && { lastTransitionTime }) };
  });
  const foreign = (stored?.conditions ?? []).filter((it) => !own.some((one) => one.type === it.type));
  const next: core.NodeStatus = {
    ...stored,
    ...ours,
    // Extended resources that others advertise stay.
    capacity: { ...stored?.capacity, ...ours.capacity },
    allocatable: { ...stored?.allocatable, ...ours.allocatable },
    conditions: [...own, ...foreign],
  };
  return deepEqual(stored, next) ? (stored ?? next) : next;
}

async function renewLease(client: Client, nodeName: string, now: number): Promise<void> {
  const key = { namespace: leaseNamespace, name: nodeName };
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime: toMicroTime(now) };
  if (!(await client.get(leaseKind, key))) {
    const node = await client.get(nodeKind, { name: nodeName });
    const owner = node && [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }];
    try {
      await client.create(leaseKind, { metadata: { ...key, ...(owner && { ownerReferences: owner }) }, spec });
      return;
    } catch (error) {
      // Someone was quicker, or the namespace is still to come: the next beat will do.
      if (error instanceof StatusError && error.reason === 'NotFound') return;
      if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  }
  await client.change(leaseKind, key, (draft) => {
    draft.spec = { ...draft.spec, ...spec };
  });
}
