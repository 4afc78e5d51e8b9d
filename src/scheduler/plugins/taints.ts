import { type core, isTolerated, untolerated } from '../../kinds/index.ts';
import { type Filter, final, type Score, stretched } from './plugin.ts';

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
