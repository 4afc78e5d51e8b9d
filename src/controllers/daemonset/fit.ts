import { type apps, type core, isTolerated, isWanted, untolerated } from '../../kinds/index.ts';

/** Whether a node is to have a pod of the set, and whether one that is there already may stay. */
export type Fit = { runs: boolean; stays: boolean };

const toleration = (name: string, effect: core.Taint['effect']): core.Toleration => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect: effect as NonNullable<core.Toleration['effect']>,
});

/** What pods of every DaemonSet bear: they belong to the node, however it is (upstream: daemonset_util.go). */
const always: readonly core.Toleration[] = [
  toleration('not-ready', 'NoExecute'),
  toleration('unreachable', 'NoExecute'),
  toleration('disk-pressure', 'NoSchedule'),
  toleration('memory-pressure', 'NoSchedule'),
  toleration('pid-pressure', 'NoSchedule'),
  toleration('unschedulable', 'NoSchedule'),
];
const onHostNetwork = toleration('network-unavailable', 'NoSchedule');

const isLike = (a: core.Toleration, b: core.Toleration): boolean =>
  a.key === b.key && a.effect === b.effect && a.operator === b.operator && !a.value === !b.value;

/** The template's tolerations, and those of every DaemonSet. */
export function tolerationsOf({ tolerations = [], hostNetwork }: core.PodSpec): core.Toleration[] {
  const own = hostNetwork ? [...always, onHostNetwork] : always;
  return [
    ...tolerations.map((it) => own.find((one) => isLike(one, it)) ?? it),
    ...own.filter((it) => !tolerations.some((one) => isLike(one, it))),
  ];
}

/** The scheduler's own rules, as far as they speak of the node alone (upstream: NodeShouldRunDaemonPod). */
export function fitter({ spec }: apps.DaemonSet): (node: core.Node) => Fit {
  const pod: core.PodSpec = spec.template.spec ?? { containers: [] };
  const tolerations = tolerationsOf(pod);
  return ({ metadata, spec: { taints } = {} }) => {
    const { name, labels = {} } = metadata;
    if ((pod.nodeName && pod.nodeName !== name) || !isWanted(pod, { name, labels })) return { runs: false, stays: false };
    if (!untolerated(taints, tolerations)) return { runs: true, stays: true };
    return { runs: false, stays: !taints?.some((it) => it.effect === 'NoExecute' && !isTolerated(tolerations, it)) };
  };
}
