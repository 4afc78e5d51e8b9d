import type * as v1 from '../generated/autoscaling-v1.ts';
import type * as v2 from '../generated/autoscaling-v2.ts';

/** Without what is not there. */
export const defined = <T extends object>(it: T): T =>
  Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as T;

/** Metrics as version 1 writes them into an annotation (pkg/apis/autoscaling/v1/conversion.go). */
export function metricToV1({ type, resource, containerResource, pods, object, external }: v2.MetricSpec): v1.MetricSpec {
  const share = (it: v2.ResourceMetricSource) =>
    defined({ name: it.name, targetAverageUtilization: it.target?.averageUtilization, targetAverageValue: it.target?.averageValue });
  return defined({
    type: type as v1.MetricSpec['type'],
    resource: resource && share(resource),
    containerResource: containerResource && { ...share(containerResource), container: containerResource.container },
    pods:
      pods &&
      defined({ metricName: pods.metric?.name, targetAverageValue: pods.target?.averageValue ?? '0', selector: pods.metric?.selector }),
    object:
      object &&
      defined({
        ...{ target: object.describedObject, metricName: object.metric?.name, selector: object.metric?.selector },
        ...{ targetValue: object.target?.value ?? '0', averageValue: object.target?.averageValue },
      }),
    external:
      external &&
      defined({
        ...{ metricName: external.metric?.name, metricSelector: external.metric?.selector },
        ...{ targetValue: external.target?.value, targetAverageValue: external.target?.averageValue },
      }),
  }) as v1.MetricSpec;
}

/** The way back. */
export function metricFromV1({ type, resource, containerResource, pods, object, external }: v1.MetricSpec): v2.MetricSpec {
  const share = (it: v1.ResourceMetricSource): v2.ResourceMetricSource => ({
    name: it.name,
    target:
      it.targetAverageValue === undefined
        ? defined({ type: 'Utilization', averageUtilization: it.targetAverageUtilization })
        : { type: 'AverageValue', averageValue: it.targetAverageValue },
  });
  const either = (value: string | undefined, averageValue: string | undefined): v2.MetricTarget =>
    averageValue === undefined ? defined({ type: 'Value', value }) : { type: 'AverageValue', averageValue };
  return defined({
    type,
    resource: resource && share(resource),
    containerResource: containerResource && { ...share(containerResource), container: containerResource.container },
    pods: pods && {
      metric: defined({ name: pods.metricName, selector: pods.selector }),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    object: object && {
      describedObject: object.target,
      metric: defined({ name: object.metricName, selector: object.selector }),
      target: either(object.targetValue, object.averageValue),
    },
    external: external && {
      metric: defined({ name: external.metricName, selector: external.metricSelector }),
      target: either(external.targetValue, external.targetAverageValue),
    },
  }) as v2.MetricSpec;
}

/** What was measured, the same way; only resources can be measured here. */
export function statusToV1({ type, resource, containerResource }: v2.MetricStatus): v1.MetricStatus {
  const share = ({ name, current }: v2.ResourceMetricStatus) =>
    defined({ name, currentAverageUtilization: current?.averageUtilization, currentAverageValue: current?.averageValue ?? '0' });
  return defined({
    type: type as v1.MetricStatus['type'],
    resource: resource && share(resource),
    containerResource: containerResource && { ...share(containerResource), container: containerResource.container },
  });
}
