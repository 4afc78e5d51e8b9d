import { type Milliseconds, toTime } from '../lib/clock.ts';
import { type core, podLimits, podRequests, qosClassOf } from '../kinds/index.ts';
import { findCondition, withCondition } from '../meta/condition.ts';
import { conditionsOf, ownConditions } from './conditions.ts';
import { type ContainerStatusInput, containerStatus } from './container-status.ts';
import { newest, runningSandbox } from './observed.ts';
import { cutMessages, endUnseen, wasInitialized } from './last-words.ts';
import { phaseOf } from './phase.ts';
import { containersOf, isFinished, type Role } from './restart.ts';

type PodStatus = core.PodStatus;

/** `disruption`: it ends because the node needs the room, for this reason. */
export type Failure = { reason: string; message: string; disruption?: string };

export type StatusInput = ContainerStatusInput & {
  /** What was last said of the pod, by us or, after a restart, in the API. */
  old: PodStatus;
  nodeAddress: string;
  /** When the pod was first seen here. */
  acceptedAt: Milliseconds;
  /** Nothing of the pod will be started again. */
  over: boolean;
  /** Why we ended the pod: a deadline, a refusal. */
  failure: Failure | undefined;
  /** The node did not take it: nothing is said of its containers. */
  refused?: boolean;
  /** Conditions of a resize that is under way. */
  resize?: readonly core.PodCondition[];
  now: Milliseconds;
};

/** The whole status of a pod. Pure; times move only with what they belong to, so an equal status means nothing to write. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, seen, old } = input;
  const named = statusesByName(old);
  const all = lastWords(
    input,
    containersOf(pod).map(({ container, role }) => ({
      role,
      status: containerStatus(input, container, role, named.get(container.name)),
    })),
  );
  const statuses = new Map(all.map(({ status }) => [status.name, status]));
  const initialized = pod.spec.containers.some((it) => (newest(seen, it.name)?.startedAt ?? 0) > 0);
  const said = isFinished(pod.status?.phase) ? pod.status : old;
  const ended = input.over || input.refused === true;
  const failure = ended ? input.failure : undefined;
  const computed = failure ? 'Failed' : phaseOf(pod, statuses, { over: input.over, initialized });
  // A pod that has ended stays ended; none ends while something of it may still run or hold what others wait for.
  const held = isFinished(said?.phase) || (isFinished(computed) && !ended);
  const phase = held ? (said?.phase ?? 'Pending') : computed;
  const why = failure ?? (said?.phase === phase ? { reason: said?.reason, message: said?.message } : undefined);
  const ip = addressOf(input);
  const of = (...roles: string[]): core.ContainerStatus[] => all.filter((it) => roles.includes(it.role)).map((it) => it.status);
  const init = of('init', 'sidecar');
  const ephemeral = of('ephemeral');
  return {
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase: phase ?? 'Pending',
    conditions: conditions(input, phase ?? 'Pending', statuses),
    ...(why?.message && { message: why.message }),
    ...(why?.reason && { reason: why.reason }),
    hostIP: input.nodeAddress,
    hostIPs: [{ ip: input.nodeAddress }],
    ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    startTime: old.startTime ?? toTime(input.acceptedAt),
    ...(init.length > 0 && !input.refused && { initContainerStatuses: init }),
    ...(!input.refused && { containerStatuses: of('app') }),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClassOf(pod),
    ...(!input.refused && given(pod)),
  };
}

/** What the node has given to the pod as a whole. */
function given({ spec }: core.Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const [requests, limits] = [podRequests(spec), podLimits(spec)];
  const has = (amounts: object): boolean => Object.keys(amounts).length > 0;
  return {
    resources: { ...(has(requests) && { requests }), ...(has(limits) && { limits }) },
    ...(has(requests) && { allocatedResources: requests }),
  };
}

type RoleStatus = { role: Role; status: core.ContainerStatus };

/** What is said of containers is cut to its share of room; of a pod that is over nothing is left open. */
function lastWords({ over }: StatusInput, all: readonly RoleStatus[]): RoleStatus[] {
  const of = (...roles: Role[]): core.ContainerStatus[] => all.filter((it) => roles.includes(it.role)).map((it) => it.status);
  const [init, apps] = [of('init', 'sidecar'), of('app')];
  const ended = over ? endUnseen(init, apps, wasInitialized(init, apps)) : { init, apps };
  const cut = new Map(cutMessages([...ended.init, ...ended.apps, ...of('ephemeral')]).map((it) => [it.name, it]));
  return all.map(({ role, status }) => ({ role, status: cut.get(status.name) ?? status }));
}

const statusesByName = (it: PodStatus): Map<string, core.ContainerStatus> =>
  new Map(
    [...(it.initContainerStatuses ?? []), ...(it.containerStatuses ?? []), ...(it.ephemeralContainerStatuses ?? [])].map((one) => [
      one.name,
      one,
    ]),
  );

/** Of the sandbox; the last known one stays when that has gone, as upstream keeps it. */
function addressOf({ pod, seen, old, nodeAddress }: StatusInput): string | undefined {
  if (pod.spec.hostNetwork) return seen.sandboxes.length > 0 || old.podIP ? nodeAddress : undefined;
  return runningSandbox(seen)?.address ?? old.podIP;
}

function conditions(input: StatusInput, phase: string, statuses: ReadonlyMap<string, core.ContainerStatus>): core.PodCondition[] {
  const { pod, old } = input;
  const foreign = (pod.status?.conditions ?? []).filter((it) => !ownConditions.includes(it.type) && !isDisruption(it));
  const sandboxReady = runningSandbox(input.seen) !== undefined;
  const own: ReturnType<typeof conditionsOf> = [
    ...conditionsOf({ pod, phase, statuses, sandboxReady, resize: input.resize ?? [], foreign }),
    ...disruption(input),
  ];
  const generation = pod.metadata.generation;
  const before = [...(old.conditions ?? []), ...(pod.status?.conditions ?? [])];
  return [
    ...foreign,
    ...own.map((it) => {
      const known = findCondition(before, it.type);
      const dated = withCondition(
        known ? [known] : [],
        { ...(generation !== undefined && { observedGeneration: generation }), ...it },
        toTime(input.now),
      )[0];
      return dated as core.PodCondition;
    }),
  ];
}

/** That the node has ended the pod is ours to say; other disruptions are told by whoever brings them about. */
const isDisruption = (it: core.PodCondition): boolean => it.type === 'DisruptionTarget' && it.reason === 'TerminationByKubelet';

function disruption({ pod, failure, old }: StatusInput): core.PodCondition[] {
  const message = failure?.disruption;
  if (message !== undefined) return [{ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message }];
  // A new agent knows of it from what the last one said.
  return [...(old.conditions ?? []), ...(pod.status?.conditions ?? [])].filter(isDisruption).slice(0, 1);
}

/** The status to store: ours, with what others have put into `stored` meanwhile. */
export function mergeStatus(stored: PodStatus | undefined, ours: PodStatus): PodStatus {
  const own = (ours.conditions ?? []).filter((it) => ownConditions.includes(it.type) || isDisruption(it));
  const foreign = (stored?.conditions ?? []).filter((it) => !ownConditions.includes(it.type) && !own.some((one) => one.type === it.type));
  const known = Object.fromEntries(Object.entries(stored ?? {}).filter(([key]) => notOurs.includes(key)));
  return { ...known, ...ours, conditions: [...foreign, ...own] };
}

const notOurs = ['nominatedNodeName', 'resize', 'resourceClaimStatuses', 'extendedResourceClaimStatus'];
