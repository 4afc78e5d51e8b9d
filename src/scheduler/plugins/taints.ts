import type { core } from '../../kinds/index.ts';
import { type Filter, final, type Score, stretched } from './plugin.ts';

/** An empty key with Exists tolerates everything, an empty effect every effect (v1.Toleration). */
export function tolerates({ key, operator = 'Equal', value, effect }: core.Toleration, taint: core.Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return operator === 'Equal' && Boolean(key) && (value ?? '') === (taint.value ?? '');
}

export const isTolerated = (tolerations: readonly core.Toleration[] | undefined, taint: core.Taint): boolean =>
  (tolerations ?? []).some((it) => tolerates(it, taint));

/** The first taint that keeps a pod with these tolerations off a node. */
export const untolerated = (taints: readonly core.Taint[] | undefined, tolerations: readonly core.Toleration[] | undefined) =>
  taints?.find((it) => it.effect !== 'PreferNoSchedule' && !isTolerated(tolerations, it));

const cordoned: core.Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const unschedulable: Filter = {
  name: 'NodeUnschedulable',
  wokenBy: ['node'],
  prepare({ pod: { spec } }) {
    if (isTolerated(spec.tolerations, cordoned)) return undefined;
    return { check: ({ node }) => (node?.spec?.unschedulable ? final('node(s) were unschedulable') : undefined) };
  },
};

export const taints: Filter = {
  name: 'TaintToleration',
  wokenBy: ['node'],
  prepare: ({ pod: { spec } }) => ({
    check: ({ node }) => (untolerated(node?.spec?.taints, spec.tolerations) ? final('node(s) had untolerated taint(s)') : undefined),
  }),
};

export const softTaints: Score = {
  name: 'TaintToleration',
  weight: 3,
  rate({ pod: { spec } }, nodes) {
    const counts = nodes.map(
      ({ node }) =>
        (node?.spec?.taints ?? []).filter((it) => it.effect === 'PreferNoSchedule' && !isTolerated(spec.tolerations, it)).length,
    );
    return counts.some((it) => it > 0) ? stretched(counts, true) : undefined;
  },
};
