import type { core } from '../../kinds/index.ts';
import { type Milliseconds, seconds, toTime } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';

type Condition = core.NodeCondition;
type Taint = core.Taint;
export type Readiness = 'True' | 'False' | 'Unknown';

/** What a node that has never said anything is given after it was made (node-startup-grace-period). */
export const startupGrace = seconds(60);
const toldByAgent = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export const readinessOf = ({ status }: core.Node): Readiness | undefined =>
  findCondition(status?.conditions, 'Ready')?.status as Readiness;

/** The conditions of a node whose agent is silent; undefined when they say so already (nodelifecycle, tryUpdateNodeHealth). */
export function silentConditions({ metadata, status }: core.Node, now: Milliseconds): Condition[] | undefined {
  const before = status?.conditions ?? [];
  const silent = toldByAgent.map((type): Condition => {
    const was = findCondition(before, type);
    if (was?.status === 'Unknown') return was;
    const common = { type, status: 'Unknown', lastTransitionTime: toTime(now) };
    if (was) return { ...was, ...common, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
    return {
      ...common,
      ...{ reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' },
      lastHeartbeatTime: metadata.creationTimestamp,
    };
  });
  if (silent.every((it) => before.includes(it))) return undefined;
  const kept = before.map((it) => silent.find((one) => one.type === it.type) ?? it);
  return [...kept, ...silent.filter((it) => !before.some((one) => one.type === it.type))];
}

const prefix = 'node.kubernetes.io/';
const keys = {
  notReady: `${prefix}not-ready`,
  unreachable: `${prefix}unreachable`,
  unschedulable: `${prefix}unschedulable`,
};
const pressures: ReadonlyArray<[condition: string, key: string]> = [
  ['MemoryPressure', `${prefix}memory-pressure`],
  ['DiskPressure', `${prefix}disk-pressure`],
  ['PIDPressure', `${prefix}pid-pressure`],
  ['NetworkUnavailable', `${prefix}network-unavailable`],
];
const ours = [...Object.values(keys), ...pressures.map(([, key]) => key)];
const isOurs = ({ key, effect }: Taint): boolean =>
  (ours.includes(key) && effect === 'NoSchedule') || ([keys.notReady, keys.unreachable].includes(key) && effect === 'NoExecute');

/**
 * The taints of a node by its conditions; undefined when it has them. `mayEvict` is false when no node is ready:
 * then it is likelier that we are cut off than that all have died, and no pod is driven out (master disruption mode).
 */
export function taintsOf(node: core.Node, mayEvict: boolean, now: Milliseconds): Taint[] | undefined {
  const readiness = readinessOf(node);
  const wanted: Taint[] = [];
  const lack = readiness === 'False' ? keys.notReady : readiness === 'Unknown' ? keys.unreachable : undefined;
  if (lack) wanted.push({ key: lack, effect: 'NoSchedule' });
  for (const [type, key] of pressures) {
    if (findCondition(node.status?.conditions, type)?.status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec.unschedulable) wanted.push({ key: keys.unschedulable, effect: 'NoSchedule' });
  if (lack && mayEvict) wanted.push({ key: lack, effect: 'NoExecute' });

  const before = node.spec.taints ?? [];
  const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  const kept = before.filter((it) => !isOurs(it) || wanted.some((one) => isSame(one, it)));
  const added = wanted.filter((it) => !before.some((one) => isSame(one, it)));
  if (added.length === 0 && kept.length === before.length) return undefined;
  return [...kept, ...added.map((it) => ({ ...it, timeAdded: toTime(now) }))];
}
