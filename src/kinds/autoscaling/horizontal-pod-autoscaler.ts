import { type Column, defineKind } from '../define.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../generated/autoscaling-v2.ts';
import { defaultAutoscaler } from './defaults.ts';
import { autoscalerFaults } from './validate.ts';

const most = 2;

/** `cpu: 12%/80%`: what is measured, and what it shall be (kubectl's formatHPAMetrics). */
function targets({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, most).map((metric, i) => shownMetric(metric, status?.currentMetrics?.[i]));
  return metrics.length > most ? `${shown.join(', ')} + ${metrics.length - most} more...` : shown.join(', ');
}

function shownMetric(metric: MetricSpec, status: MetricStatus | undefined): string {
  const { resource, containerResource, pods, object, external } = metric;
  if (pods) return `${status?.pods?.current.averageValue ?? '<unknown>'}/${pods.target?.averageValue ?? '<auto>'}`;
  const shared = object ?? external;
  if (shared) {
    const current = (object ? status?.object : status?.external)?.current;
    const { value, averageValue } = shared.target ?? {};
    return averageValue !== undefined
      ? `${current?.averageValue ?? '<unknown>'}/${averageValue} (avg)`
      : `${current?.value ?? '<unknown>'}/${value ?? '<auto>'}`;
  }
  const asked = resource ?? containerResource;
  if (!asked) return '<unknown type>';
  return `${asked.name}: ${share((resource ? status?.resource : status?.containerResource)?.current, asked.target)}`;
}

const share = (current: MetricValueStatus | undefined, target: MetricTarget | undefined): string => {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? '<unknown>'}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`;
  return `${now}/${target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
};

export const autoscalerColumns: ReadonlyArray<Column<HorizontalPodAutoscaler>> = [
  { name: 'Reference', type: 'string', value: ({ spec }) => `${spec.scaleTargetRef?.kind}/${spec.scaleTargetRef?.name}` },
  { name: 'Targets', type: 'string', value: targets },
  { name: 'MinPods', type: 'string', value: (it) => String(it.spec.minReplicas ?? '<unset>') },
  { name: 'MaxPods', type: 'integer', value: (it) => it.spec.maxReplicas },
  { name: 'Replicas', type: 'integer', value: (it) => it.status?.currentReplicas ?? 0 },
];

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  defaults: defaultAutoscaler,
  prepareCreate: (draft) => {
    draft.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  validate: (it, was) => autoscalerFaults(it.spec, 'spec', was?.spec),
  columns: autoscalerColumns,
});
