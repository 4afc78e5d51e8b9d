import { readObject } from '../../meta/schema/read-object.ts';
import { badRequest } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Column, defineKind } from '../define.ts';
import type * as v1 from '../generated/autoscaling-v1.ts';
import type * as v2 from '../generated/autoscaling-v2.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { defined, metricFromV1, metricToV1, statusToV1 } from './metrics-v1.ts';

type Autoscaler = v1.HorizontalPodAutoscaler;

const prefix = 'autoscaling.alpha.kubernetes.io/';
const names = {
  metrics: `${prefix}metrics`,
  behavior: `${prefix}behavior`,
  conditions: `${prefix}conditions`,
  current: `${prefix}current-metrics`,
};

const isCpuShare = ({ type, resource }: v2.MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined;

/** Version 1 knows a share of CPU alone; the rest stands in annotations (pkg/apis/autoscaling/v1/conversion.go). */
function fromStored(stored: KubeObject): Autoscaler {
  const { spec, status, metadata } = stored as v2.HorizontalPodAutoscaler;
  const metrics = spec?.metrics ?? [];
  const cpu = metrics.find(isCpuShare);
  const measured = status?.currentMetrics ?? [];
  const measuredCpu = measured.find((it) => it.resource?.name === 'cpu' && it.resource.current?.averageUtilization !== undefined);
  const others = metrics.filter((it) => it !== cpu).map(metricToV1);
  const annotations = {
    ...metadata.annotations,
    ...(others.length > 0 && { [names.metrics]: JSON.stringify(others) }),
    ...(spec?.behavior && { [names.behavior]: JSON.stringify(spec.behavior) }),
    ...(status?.conditions?.length && { [names.conditions]: JSON.stringify(status.conditions) }),
    ...(measured.some((it) => it !== measuredCpu) && { [names.current]: JSON.stringify(measured.map(statusToV1)) }),
  };
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas = 0 } = status ?? {};
  return {
    ...stored,
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: defined({
      ...{ scaleTargetRef: spec?.scaleTargetRef, minReplicas: spec?.minReplicas, maxReplicas: spec?.maxReplicas },
      targetCPUUtilizationPercentage: cpu?.resource?.target?.averageUtilization,
    }) as v1.HorizontalPodAutoscalerSpec,
    ...(status && {
      status: defined({
        ...{ observedGeneration, lastScaleTime, currentReplicas, desiredReplicas },
        currentCPUUtilizationPercentage: measuredCpu?.resource?.current?.averageUtilization,
      }),
    }),
  } as Autoscaler;
}

/** A status through this version keeps what the annotations hold of conditions. */
function toStored(it: Autoscaler): KubeObject {
  const { annotations: all, ...metadata } = it.metadata;
  const annotations = { ...all };
  const held = (name: string): unknown => {
    const text = annotations[name];
    delete annotations[name];
    return text === undefined ? undefined : parse(name, text);
  };
  const metrics = held(names.metrics);
  const behavior = held(names.behavior);
  const conditions = held(names.conditions);
  held(names.current);
  const cpu = it.spec?.targetCPUUtilizationPercentage;
  const share: v2.MetricSpec[] =
    cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }];
  const others = Array.isArray(metrics) ? metrics.filter((one) => typeof one === 'object' && one !== null).map(metricFromV1) : [];
  const spec = {
    ...{ scaleTargetRef: it.spec?.scaleTargetRef, minReplicas: it.spec?.minReplicas, maxReplicas: it.spec?.maxReplicas, behavior },
    ...(share.length + others.length > 0 && { metrics: [...share, ...others] }),
  };
  const { observedGeneration, lastScaleTime, currentReplicas, desiredReplicas, currentCPUUtilizationPercentage: used } = it.status ?? {};
  const currentMetrics = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }];
  const status = {
    ...{ observedGeneration, lastScaleTime, currentReplicas, desiredReplicas, conditions },
    ...(used !== undefined && { currentMetrics }),
  };
  const { spec: read, status: readStatus } = readObject<v2.HorizontalPodAutoscaler>(horizontalPodAutoscaler, {
    spec,
    ...(it.status && { status }),
  }).object;
  return {
    ...it,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    ...(it.spec && { spec: read }),
    ...(it.status && { status: readStatus }),
  } as KubeObject;
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`the annotation ${name} is no JSON`, error);
  }
}

export const horizontalPodAutoscalerV1 = defineKind<Autoscaler>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  columns: (horizontalPodAutoscaler.columns ?? []).map(
    (column): Column<Autoscaler> => ({ ...column, value: (it, now) => column.value(toStored(it) as v2.HorizontalPodAutoscaler, now) }),
  ),
  viewOf: { kind: horizontalPodAutoscaler, fromStored, toStored },
});
