import { expect, test } from 'vitest';
import type * as v1 from '../generated/autoscaling-v1.ts';
import type * as v2 from '../generated/autoscaling-v2.ts';
import { horizontalPodAutoscaler as kind } from './horizontal-pod-autoscaler.ts';
import { horizontalPodAutoscalerV1 as view } from './horizontal-pod-autoscaler-v1.ts';

const metadata = { name: 'web', namespace: 'default', uid: '1', resourceVersion: '', creationTimestamp: '' };
const made = (spec: Partial<v2.HorizontalPodAutoscalerSpec> = {}): v2.HorizontalPodAutoscaler => {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const draft: v2.HorizontalPodAutoscaler = {
    ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata },
    spec: { scaleTargetRef, maxReplicas: 5, ...spec },
  };
  kind.defaults?.(draft);
  return draft;
};
const faults = (it: v2.HorizontalPodAutoscaler): string[] => (kind.validate?.(it) ?? []).map(({ path, message }) => `${path}: ${message}`);
const cpu = (averageUtilization: number): v2.MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

test('defaults', () => {
  expect(made().spec).toMatchObject({ minReplicas: 1, metrics: [cpu(80)] });
  expect(made({ behavior: { scaleDown: { selectPolicy: 'Min' } } }).spec.behavior).toEqual({
    scaleUp: {
      ...{ stabilizationWindowSeconds: 0, selectPolicy: 'Max' },
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { selectPolicy: 'Min', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
  });
});

const rules = (more: v2.HPAScalingRules) => ({ behavior: { scaleUp: more } });
// Upstream: pkg/apis/autoscaling/validation/validation_test.go.
test.each<[Partial<v2.HorizontalPodAutoscalerSpec>, string[]]>([
  [{}, []],
  [{ minReplicas: 0 }, ['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1']],
  [{ minReplicas: 7 }, ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
  [
    { scaleTargetRef: { kind: '', name: '..' } },
    [
      'spec.scaleTargetRef.kind: Required value',
      `spec.scaleTargetRef.name: Invalid value: "..": may not be '..'`,
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ],
  ],
  [
    { metrics: [{ type: 'Resource' }] },
    ['spec.metrics[0].resource: Required value: must populate information for the given metric source'],
  ],
  [{ metrics: [cpu(0)] }, ['spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0']],
  [
    {
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5, averageValue: '1' } } }],
    },
    ['spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization'],
  ],
  [
    rules({ stabilizationWindowSeconds: 3601, policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }] }),
    [
      'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    ],
  ],
])('%j', (spec, want) => expect(faults(made(spec))).toEqual(want));

test('what kubectl get shows', () => {
  const memory: v2.MetricSpec = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100Mi' } } };
  const current = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '6m' } } };
  const it = {
    ...made({ metrics: [cpu(50), memory, cpu(60)] }),
    status: { currentReplicas: 3, desiredReplicas: 3, currentMetrics: [current] },
  };
  expect((kind.columns ?? []).map((column) => column.value(it, 0))).toEqual([
    'Deployment/web',
    'cpu: 12%/50%, memory: <unknown>/100Mi + 1 more...',
    '1',
    5,
    3,
  ]);
});

test('version 1 has a share of CPU, and annotations for the rest', () => {
  const pods: v2.MetricSpec = { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '7' } } };
  const stored = made({ metrics: [cpu(50), pods], behavior: { scaleDown: { selectPolicy: 'Min' } } });
  const old = view.viewOf?.fromStored(stored) as v1.HorizontalPodAutoscaler;
  expect(old.spec).toEqual({
    scaleTargetRef: stored.spec.scaleTargetRef,
    minReplicas: 1,
    maxReplicas: 5,
    targetCPUUtilizationPercentage: 50,
  });
  expect(JSON.parse(old.metadata.annotations?.['autoscaling.alpha.kubernetes.io/metrics'] ?? '')).toEqual([
    { type: 'Pods', pods: { metricName: 'hits', targetAverageValue: '7' } },
  ]);
  expect(view.viewOf?.toStored(old)).toEqual(stored);
});
