import { type core, isPodReady } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';

const phases: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/** What the user says it costs to lose the pod; what is no whole number counts as nothing. */
function costOf(pod: core.Pod): number {
  const text = pod.metadata.annotations?.[deletionCost] ?? '';
  return /^(?:0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

const sidecars = (pod: core.Pod): Set<string> =>
  new Set((pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name));

/** The most restarts of an app container, and of a sidecar. */
function restartsOf(pod: core.Pod): [apps: number, sidecars: number] {
  const most = (statuses: readonly core.ContainerStatus[]): number => Math.max(0, ...statuses.map((it) => it.restartCount));
  const names = sidecars(pod);
  return [most(pod.status?.containerStatuses ?? []), most((pod.status?.initContainerStatuses ?? []).filter((it) => names.has(it.name)))];
}

/** Ages are compared by their order of magnitude, so that not always the youngest go (KEP-2185). Smaller is younger. */
function magnitude(since: Milliseconds, now: Milliseconds): number {
  const nanoseconds = (now - since) * 1e6;
  return nanoseconds > 0 ? Math.trunc(Math.log2(nanoseconds)) : -1;
}

/** A moment as it is compared: absent, or with its order of magnitude. */
type Moment = { text: string | undefined; age: number };
const moment = (text: string | undefined, now: Milliseconds): Moment => ({ text, age: text ? magnitude(Date.parse(text), now) : 0 });

/** What is compared of a pod, looked up once: a sort asks for it a dozen times. */
type Ranked = {
  pod: core.Pod;
  isBound: boolean;
  phase: number;
  isReady: boolean;
  cost: number;
  company: number;
  ready: Moment;
  created: Moment;
  restarts: [apps: number, sidecars: number];
};

/** The one of two times that is absent or later comes first; times of a like age are drawn by uid, which is chance. */
function younger(a: Ranked, b: Ranked, which: 'ready' | 'created'): number {
  const [first, second] = [a[which], b[which]];
  if (first.text === second.text) return 0;
  if (first.text === undefined) return -1;
  if (second.text === undefined) return 1;
  return first.age - second.age || (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1);
}

function compare(a: Ranked, b: Ranked): number {
  if (a.isBound !== b.isBound) return a.isBound ? 1 : -1;
  if (a.phase !== b.phase) return a.phase - b.phase;
  if (a.isReady !== b.isReady) return a.isReady ? 1 : -1;
  return (
    a.cost - b.cost ||
    b.company - a.company ||
    (a.isReady ? younger(a, b, 'ready') : 0) ||
    b.restarts[0] - a.restarts[0] ||
    b.restarts[1] - a.restarts[1] ||
    younger(a, b, 'created')
  );
}

/**
 * The pods in the order in which they are given up (upstream: controller_utils.go, ActivePodsWithRanks). `related` are
 * the pods of all sets of one owner: of two on a crowded node, the one with more company goes.
 */
export function rankForDeletion(pods: readonly core.Pod[], related: readonly core.Pod[], now: Milliseconds): core.Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  return pods
    .map(
      (pod): Ranked => ({
        pod,
        isBound: !!pod.spec.nodeName,
        phase: phases[pod.status?.phase ?? ''] ?? 0,
        isReady: isPodReady(pod),
        cost: costOf(pod),
        company: onNode.get(pod.spec.nodeName ?? '') ?? 0,
        ready: moment(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime, now),
        created: moment(pod.metadata.creationTimestamp, now),
        restarts: restartsOf(pod),
      }),
    )
    .sort(compare)
    .map((it) => it.pod);
}
