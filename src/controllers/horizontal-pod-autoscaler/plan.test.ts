import { describe, expect, test } from 'vitest';
import { podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { autoscalingV2, core, metrics } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { limitReplicas, type Memory, noMemory } from './limits.ts';
import { planScale, toleranceOf } from './plan.ts';

const now = Date.UTC(2026, 0, 1);
const time = (secondsAgo: number): string => new Date(now - seconds(secondsAgo)).toISOString();

const aScaler = (spec: Partial<autoscalingV2.HorizontalPodAutoscalerSpec> = {}, status = {}): autoscalingV2.HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: time(1000) },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' },
    ...{ minReplicas: 2, maxReplicas: 10 },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 30 } } }],
    ...spec,
  },
  status: { currentReplicas: 0, desiredReplicas: 0, ...status },
});

type PodOptions = { phase?: 'Running' | 'Pending' | 'Failed'; ready?: boolean; startedAgo?: number; request?: string };
const aPod = (name: string, { phase = 'Running', ready = true, startedAgo = 3600, request = '1' }: PodOptions = {}): core.Pod =>
  podOf(name, {
    spec: { containers: [{ name: 'app', ...(request && { resources: { requests: { cpu: request, memory: '1Ki' } } }) }] },
    status: {
      phase,
      startTime: time(startedAgo),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time(startedAgo - 5) }],
    },
  });
const used = (name: string, cpu: string, memory = '0'): metrics.PodMetrics => ({
  apiVersion: 'metrics.k8s.io/v1beta1',
  kind: 'PodMetrics',
  metadata: { name, namespace: 'default', uid: '', resourceVersion: '', creationTimestamp: '' },
  timestamp: time(10),
  window: '30s',
  containers: [{ name: 'app', usage: { cpu, memory } }],
});

type Case = {
  current?: number;
  cpu: string[];
  pods?: PodOptions[];
  missing?: number;
  spec?: Partial<autoscalingV2.HorizontalPodAutoscalerSpec>;
  memory?: Memory;
};
function plan({ current, cpu, pods = cpu.map(() => ({})), missing = 0, spec, memory = noMemory }: Case) {
  const it = aScaler(spec);
  const all = [...pods.map((options, i) => aPod(`pod-${i}`, options)), ...Array.from({ length: missing }, (_, i) => aPod(`missing-${i}`))];
  const metrics = cpu.map((amount, i) => used(`pod-${i}`, amount, amount));
  return planScale(it, { pods: all, metrics, current: current ?? all.length, tolerance: toleranceOf(it), now }, memory);
}

describe('how many replicas', () => {
  const average = { metrics: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100' } } }] };
  const two = [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 30 } } },
    { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '100m' } } },
  ];
  // Cases after upstream's horizontal_test.go and replica_calculator_test.go.
  test.each<[string, Case, number | undefined]>([
    ['more', { cpu: ['300m', '500m', '700m'] }, 5],
    [
      'fewer',
      {
        cpu: ['100m', '300m', '500m', '250m', '250m'],
        memory: { ...noMemory, recommendations: [{ at: now - minutes(6), replicas: 5 }] },
        spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] },
      },
      3,
    ],
    ['near enough', { cpu: ['320m', '320m', '320m'] }, 3],
    [
      'not near enough for a tolerance of its own',
      {
        cpu: ['320m', '320m', '320m'],
        spec: { behavior: { scaleUp: { tolerance: '50m', policies: [{ type: 'Pods', value: 9, periodSeconds: 15 }] } } },
      },
      4,
    ],
    ['above the bounds', { cpu: ['100m'], current: 11 }, 10],
    ['below the bounds', { cpu: ['100m'], current: 1 }, 2],
    ['off', { cpu: [], current: 0 }, 0],
    ['no faster than twice, or four', { cpu: ['9', '9'], spec: { maxReplicas: 100 } }, 4],
    ['pods that start are idle', { cpu: ['400m', '500m', '700m'], pods: [{ ready: false, startedAgo: 60 }, {}, {}] }, 4],
    ['so is one that is yet to run', { cpu: ['400m', '500m', '700m'], pods: [{ phase: 'Pending' }, {}, {}] }, 4],
    ['one that failed does not count', { cpu: ['400m', '500m', '700m'], pods: [{ phase: 'Failed' }, {}, {}] }, 4],
    ['of whom nothing is known is busy when there are to be fewer', { cpu: ['100m', '100m'], missing: 1 }, 3],
    ['and idle when there are to be more', { cpu: ['600m', '600m'], missing: 1 }, 4],
    ['an average for each', { cpu: ['150', '150', '300'], spec: average }, 6],
    ['the metric that wants the most', { cpu: ['310m', '310m', '310m'], spec: { metrics: two } }, 6],
  ])('%s', (_, it, want) => expect(plan(it).status.desiredReplicas).toBe(want));

  test('what is told', () => {
    const { status, rescale } = plan({ cpu: ['300m', '500m', '700m'] });
    expect(rescale).toEqual({ to: 5, reason: 'cpu resource utilization (percentage of request) above target' });
    expect(status.currentMetrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '500m' } } },
    ]);
    expect(status.conditions?.map((it) => [it.type, it.status, it.reason])).toEqual([
      ['AbleToScale', 'True', 'ReadyForNewScale'],
      ['ScalingActive', 'True', 'ValidMetricFound'],
      ['ScalingLimited', 'False', 'DesiredWithinRange'],
    ]);
  });

  test('what cannot be known', () => {
    const silent = plan({ cpu: ['300m', '500m'], pods: [{}, { request: '' }] });
    const why = 'failed to get cpu utilization: missing request for cpu in container app of Pod pod-1';
    expect(silent.rescale).toBeUndefined();
    expect(silent.status.conditions?.at(-1)).toMatchObject({
      ...{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' },
      message: `the HPA was unable to compute the replica count: ${why}`,
    });
    expect(silent.tell).toEqual([
      ['Warning', 'FailedGetResourceMetric', why],
      [
        'Warning',
        'FailedComputeMetricsReplicas',
        `invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
      ],
    ]);
    expect(silent.status.currentMetrics).toEqual([{ type: '' }]);
    expect(plan({ cpu: [], pods: [{}, {}] }).tell[0]?.[2]).toBe(
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
    );
  });
});

test('each metric has its place in the status, and one that says nothing forbids to shrink', () => {
  const cpu = (averageUtilization: number) => ({
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  });
  const metrics = [{ type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '1' } } }, cpu(30)];
  const more = plan({ cpu: ['300m', '500m', '700m'], spec: { metrics } });
  expect([more.rescale?.to, more.status.currentMetrics?.map((it) => it.type)]).toEqual([5, ['', 'Resource']]);
  const fewer = plan({ cpu: ['100m', '100m', '100m'], spec: { metrics } });
  expect([fewer.rescale, fewer.tell.at(-1)?.[2]?.slice(0, 60)]).toEqual([
    undefined,
    'invalid metrics (1 invalid out of 2), first error is: failed',
  ]);
});

test('metrics that nobody serves, in upstream’s words', () => {
  const custom = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
  const of = (metric: autoscalingV2.MetricSpec) =>
    plan({ cpu: ['300m'], spec: { minReplicas: 1, metrics: [metric] } }).tell.map((it) => it.slice(1));
  const target = { type: 'Value', value: '1' };
  const hits = { name: 'hits' };
  expect(of({ type: 'Pods', pods: { metric: hits, target } })).toEqual([
    ['FailedGetPodsMetric', `unable to get metric hits: ${custom}`],
    [
      'FailedComputeMetricsReplicas',
      `invalid metrics (1 invalid out of 1), first error is: failed to get pods metric value: unable to get metric hits: ${custom}`,
    ],
  ]);
  const describedObject = { kind: 'Service', name: 'web', apiVersion: 'v1' };
  expect(of({ type: 'Object', object: { metric: hits, target, describedObject } })[0]).toEqual([
    'FailedGetObjectMetric',
    `unable to get metric hits: Service on default web/${custom}`,
  ]);
  const selector = { matchLabels: { queue: 'a' }, matchExpressions: [{ key: 'x', operator: 'In', values: ['y', 'z'] }] };
  const shown =
    '&LabelSelector{MatchLabels:map[string]string{queue: a,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:x,Operator:In,Values:[y z],},},}';
  const missing =
    'unable to fetch metrics from external metrics API: the server could not find the requested resource (get hits.external.metrics.k8s.io)';
  expect(of({ type: 'External', external: { metric: { ...hits, selector }, target } })).toEqual([
    ['FailedGetExternalMetric', `unable to get external metric default/hits/${shown}: ${missing}`],
    [
      'FailedComputeMetricsReplicas',
      `invalid metrics (1 invalid out of 1), first error is: failed to get hits external metric value: failed to get external metric hits: unable to get external metric default/hits/${shown}: ${missing}`,
    ],
  ]);
  expect(of({ type: 'External', external: { metric: hits, target } })[0]?.[1]).toMatch(
    /^unable to get external metric default\/hits\/nil: /,
  );
});

test('the size it is found with holds for a while, as if it had been recommended', () => {
  const first = plan({ cpu: ['100m', '100m', '100m', '100m'] });
  expect([first.rescale, first.status.conditions?.[0]?.reason]).toEqual([undefined, 'ScaleDownStabilized']);
  const later = plan({
    cpu: ['100m', '100m', '100m', '100m'],
    memory: { ...noMemory, recommendations: [{ at: now - minutes(6), replicas: 4 }] },
  });
  expect(later.rescale?.to).toBe(2);
});

describe('steadiness', () => {
  const minutesAgo = (n: number, replicas: number) => ({ at: now - minutes(n), replicas });
  const rules = (scaleUp: autoscalingV2.HPAScalingRules, scaleDown: autoscalingV2.HPAScalingRules = {}) =>
    aScaler({ maxReplicas: 100, minReplicas: 1, behavior: { scaleUp, scaleDown } });
  const policy = (type: string, value: number, periodSeconds = 60) => ({ type, value, periodSeconds });
  const limit = (it: autoscalingV2.HorizontalPodAutoscaler, current: number, wanted: number, memory: Partial<Memory> = {}) => {
    const { replicas, limit: limited, able } = limitReplicas(it, current, wanted, { ...noMemory, ...memory }, now);
    return [replicas, able[0], limited[1]];
  };
  test('five minutes of higher recommendations hold it up', () => {
    expect(limit(aScaler(), 8, 3, { recommendations: [minutesAgo(4, 6), minutesAgo(6, 9)] })).toEqual([
      6,
      'ScaleDownStabilized',
      'DesiredWithinRange',
    ]);
    expect(limit(aScaler(), 8, 3, { recommendations: [minutesAgo(6, 9)] })).toEqual([3, 'ReadyForNewScale', 'DesiredWithinRange']);
  });
  test('windows of its own', () => {
    const it = rules(
      { stabilizationWindowSeconds: 120, policies: [policy('Percent', 1000)] },
      { stabilizationWindowSeconds: 0, policies: [policy('Percent', 100)] },
    );
    expect(limit(it, 5, 9, { recommendations: [minutesAgo(1, 6)] })).toEqual([6, 'ScaleUpStabilized', 'DesiredWithinRange']);
    expect(limit(it, 5, 2, { recommendations: [minutesAgo(1, 5)] })).toEqual([2, 'ReadyForNewScale', 'DesiredWithinRange']);
  });
  test('policies: so many, or such a share, in a period', () => {
    expect(limit(rules({ policies: [policy('Pods', 2)] }), 5, 20)).toEqual([7, 'ReadyForNewScale', 'ScaleUpLimit']);
    expect(limit(rules({ policies: [policy('Percent', 50), policy('Pods', 1)] }), 5, 20)).toEqual([8, 'ReadyForNewScale', 'ScaleUpLimit']);
    expect(limit(rules({ selectPolicy: 'Min', policies: [policy('Percent', 50), policy('Pods', 1)] }), 5, 20)[0]).toBe(6);
    expect(limit(rules({ selectPolicy: 'Disabled' }), 5, 20)[0]).toBe(5);
    const changes = [{ at: now - seconds(30), by: 2 }];
    expect(limit(rules({ policies: [policy('Pods', 3)] }), 7, 20, { changes })[0]).toBe(8);
    const down = { stabilizationWindowSeconds: 0 };
    expect(limit(rules({}, { ...down, policies: [policy('Percent', 10)] }), 50, 1)).toEqual([45, 'ReadyForNewScale', 'ScaleDownLimit']);
    expect(limit(rules({}, { ...down, selectPolicy: 'Min', policies: [policy('Percent', 10), policy('Pods', 2)] }), 50, 1)[0]).toBe(48);
  });
});
