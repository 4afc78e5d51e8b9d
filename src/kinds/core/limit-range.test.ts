import { expect, test } from 'vitest';
import { deepCopy } from '../../meta/copy.ts';
import type { LimitRange, LimitRangeItem } from '../generated/core-v1.ts';
import { limitRange } from './limit-range.ts';

const made = (...limits: LimitRangeItem[]): LimitRange => {
  const metadata = { name: 'range', namespace: 'default', uid: '1', resourceVersion: '', creationTimestamp: '' };
  const draft: LimitRange = { apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits: deepCopy(limits) } };
  limitRange.defaults?.(draft);
  return draft;
};
const faults = (...limits: LimitRangeItem[]): string[] =>
  (limitRange.validate?.(made(...limits)) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('what is not said follows from what is', () => {
  const item = (more: Partial<LimitRangeItem>) => made({ type: 'Container', ...more }).spec.limits[0];
  expect(item({ max: { cpu: '2' }, min: { cpu: '1', memory: '1Gi' } })).toMatchObject({
    default: { cpu: '2' },
    defaultRequest: { cpu: '2', memory: '1Gi' },
  });
  expect(item({ max: { cpu: '2' }, default: { cpu: '1' }, defaultRequest: { cpu: '500m' } })).toMatchObject({
    default: { cpu: '1' },
    defaultRequest: { cpu: '500m' },
  });
  expect(item({})).toEqual({ type: 'Container' });
});

// Upstream: TestValidateLimitRange.
test.each<[LimitRangeItem[], string[]]>([
  [
    [
      { type: 'Pod', max: { cpu: '100m' } },
      { type: 'Pod', min: { cpu: '1m' } },
    ],
    ['spec.limits[1].type: Duplicate value: "Pod"'],
  ],
  [
    [{ type: 'Pod', max: { cpu: '100m' }, default: { cpu: '10m' } }],
    ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"],
  ],
  [
    [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' }, defaultRequest: { cpu: '2' }, default: { cpu: '2' } }],
    [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 1',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
    ],
  ],
  [
    [{ type: 'Pod', min: { memory: '1Gi' }, max: { memory: '2Gi' }, maxLimitRequestRatio: { memory: '3' } }],
    ['spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000'],
  ],
  [
    [{ type: 'PersistentVolumeClaim' }],
    ['spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
  ],
  [[{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }], []],
  [
    [{ type: 'Container', max: { constructor: '1' } as never }],
    [
      'spec.limits[0].max[constructor]: Invalid value: "constructor": must be a standard resource type or fully qualified',
      'spec.limits[0].max[constructor]: Invalid value: "constructor": must be a standard resource for containers',
    ],
  ],
])('%j', (limits, want) => expect(faults(...limits).filter((it) => !/\.default(Request)?\[constructor/.test(it))).toEqual(want));
