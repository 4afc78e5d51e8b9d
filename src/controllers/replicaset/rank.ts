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

const byUid = (a: core.Pod, b: core.Pod): number => (a.metadata.uid < b.metadata.uid ? -1 : 1);

/** The one of two times that is absent or later comes first; times of a like age are drawn by uid, which is chance. */
function younger(a: core.Pod, b: core.Pod, timeOf: (pod: core.Pod) => string | undefined, now: Milliseconds): number {
  const [first, second] = [timeOf(a), timeOf(b)];
  if (first === second) return 0;
  if (first === undefined) return -1;
  if (second === undefined) return 1;
  return magnitude(Date.parse(first), now) - magnitude(Date.parse(second), now) || byUid(a, b);
}

const readySince = (pod: core.Pod): string | undefined => findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime;

/**
 * The pods in the order in which they are given up (upstream: controller_utils.go, ActivePodsWithRanks). `related` are
 * the pods of all sets of one owner: of two on a crowded node, the one with more company goes.
 */
export function rankForDeletion(pods: readonly core.Pod[], related: readonly core.Pod[], now: Milliseconds): core.Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const company = (pod: core.Pod): number => onNode.get(pod.spec.nodeName ?? '') ?? 0;

  return [...pods].sort((a, b) => {
    if (!a.spec.nodeName !== !b.spec.nodeName) return a.spec.nodeName ? 1 : -1;
    const byPhase = (phases[a.status?.phase ?? ''] ?? 0) - (phases[b.status?.phase ?? ''] ?? 0);
    if (byPhase) return byPhase;
    if (isPodReady(a) !== isPodReady(b)) return isPodReady(a) ? 1 : -1;
    const byCost = costOf(a) - costOf(b);
    if (byCost) return byCost;
    const byCompany = company(b) - company(a);
    if (byCompany) return byCompany;
    const byReadiness = isPodReady(a) ? younger(a, b, readySince, now) : 0;
    if (byReadiness) return byReadiness;
    const [[apps, helpers], [otherApps, otherHelpers]] = [restartsOf(a), restartsOf(b)];
    return otherApps - apps || otherHelpers - helpers || younger(a, b, (it) => it.metadata.creationTimestamp, now);
  });
}
