import type { core } from '../kinds/index.ts';
import { findCondition } from '../meta/condition.ts';
import { isSidecar } from './restart.ts';

type Condition = Pick<core.PodCondition, 'type' | 'status' | 'reason' | 'message' | 'observedGeneration'>;
type Statuses = ReadonlyMap<string, core.ContainerStatus>;
export type ConditionInput = {
  pod: core.Pod;
  phase: string;
  statuses: Statuses;
  /** The pod has a sandbox whose network is set up. */
  sandboxReady: boolean;
  /** Of a resize that is under way. */
  resize: readonly Condition[];
  /** Conditions others have set: readiness gates look there. */
  foreign: readonly core.PodCondition[];
};

/** The types the node agent sets; all others on a pod are someone else's. */
/** Those of resizes are there only while there is one. */
const resizeConditions = ['PodResizePending', 'PodResizeInProgress'];
export const ownConditions = [...resizeConditions, 'PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

/** The pod's conditions in upstream's order (kubelet, status/generate). */
export function conditionsOf(input: ConditionInput): Condition[] {
  const containersReady = allReady(input);
  return [
    ...input.resize,
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initialized(input),
    { ...(containersReady.status === 'True' ? gates(input) : containersReady), type: 'Ready' },
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
}

// Go prints a list of strings so.
const listed = (names: readonly string[]): string => `[${names.join(' ')}]`;

function faults(word: string, bad: readonly string[], unknown: readonly string[]): string {
  return [
    ...(unknown.length ? [`containers with unknown status: ${listed(unknown)}`] : []),
    ...(bad.length ? [`containers with ${word} status: ${listed(bad)}`] : []),
  ].join(', ');
}

function allReady({ pod, phase, statuses }: ConditionInput): Condition {
  const type = 'ContainersReady';
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const counted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers].map((it) => it.name);
  const unknown = counted.filter((it) => !statuses.has(it));
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'False', reason: 'PodCompleted' };
  const message = faults(
    'unready',
    counted.filter((it) => statuses.get(it)?.ready === false),
    unknown,
  );
  return message ? { type, status: 'False', reason: 'ContainersNotReady', message } : { type, status: 'True' };
}

function gates({ pod, foreign }: ConditionInput): Omit<Condition, 'type'> {
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = findCondition(foreign, conditionType);
    if (!found) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`];
    if (found.status === 'True') return [];
    return [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${found.status}`];
  });
  if (missing.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}

function initialized({ pod, phase, statuses }: ConditionInput): Condition {
  const type = 'Initialized';
  const all = pod.spec.initContainers ?? [];
  const unknown = all.filter((it) => !statuses.has(it.name)).map((it) => it.name);
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' };
  const anyAppRan = pod.spec.containers.some((it) => {
    const status = statuses.get(it.name);
    return status?.state?.running || status?.state?.terminated || status?.lastState?.terminated;
  });
  if (anyAppRan) return { type, status: 'True' };
  const open = all.filter((it) => {
    const status = statuses.get(it.name);
    return status && !(isSidecar(it) ? status.started : status.ready);
  });
  const message = faults(
    'incomplete',
    open.map((it) => it.name),
    unknown,
  );
  return message ? { type, status: 'False', reason: 'ContainersNotInitialized', message } : { type, status: 'True' };
}
