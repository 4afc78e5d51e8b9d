import { expect, test } from 'vitest';
import { deepCopy } from '../../../meta/copy.ts';
import type { Job, JobSpec } from '../../generated/batch-v1.ts';
import { job } from './job.ts';

const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'abc', image: 'image' }] } };
const made = (spec: Partial<JobSpec> = {}, metadata: Partial<Job['metadata']> = {}): Job => {
  const draft = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'myjob', namespace: 'default', uid: '1a2b3c', resourceVersion: '', creationTimestamp: '', ...metadata },
    spec: { template, ...spec },
  };
  const copy = deepCopy(draft) as Job;
  job.defaults?.(copy);
  job.prepareCreate?.(copy);
  return copy;
};
const faults = (it: Job, was?: Job): string[] => (job.validate?.(it, was) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('defaults, and the selector the server makes', () => {
  const labels = {
    'batch.kubernetes.io/controller-uid': '1a2b3c',
    'batch.kubernetes.io/job-name': 'myjob',
    'controller-uid': '1a2b3c',
    'job-name': 'myjob',
  };
  const it = made();
  expect(it.spec).toMatchObject({
    ...{ completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false, manualSelector: false },
    podReplacementPolicy: 'TerminatingOrFailed',
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': '1a2b3c' } },
    template: { metadata: { labels } },
  });
  expect(it.metadata.labels).toEqual(labels);
  expect(faults(it)).toEqual([]);
  expect(made({ parallelism: 3 }).spec.completions).toBeUndefined();
  const indexed = { completionMode: 'Indexed' as const, completions: 2, backoffLimitPerIndex: 1 };
  expect(made(indexed).spec.backoffLimit).toBe(2_147_483_647);
  const rule = { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget' }] };
  expect(made({ podFailurePolicy: { rules: [rule] } }).spec).toMatchObject({
    podReplacementPolicy: 'Failed',
    podFailurePolicy: { rules: [{ onPodConditions: [{ status: 'True' }] }] },
  });
});

const withRestart = (restartPolicy: string) => ({ spec: { ...template.spec, restartPolicy } }) as JobSpec['template'];
const exit = (values: number[], more = {}) => ({ operator: 'In' as const, values, ...more });
const failing = (...rules: unknown[]) => ({ podFailurePolicy: { rules } }) as Partial<JobSpec>;
const indexed = { completionMode: 'Indexed' as const, completions: 5 };
const success = (...rules: unknown[]) => ({ ...indexed, successPolicy: { rules } }) as Partial<JobSpec>;

// Upstream: pkg/apis/batch/validation/validation_test.go.
test.each<[spec: Partial<JobSpec>, want: string[]]>([
  [{ parallelism: -1 }, ['spec.parallelism: Invalid value: -1: must be greater than or equal to 0']],
  [{ template: withRestart('Always') }, ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']],
  [{ managedBy: 'example.com/foo' }, []],
  [
    { managedBy: 'invalid custom controller name' },
    ['spec.managedBy: Invalid value: "invalid custom controller name": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [{ backoffLimitPerIndex: 1 }, ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode']],
  [{ completionMode: 'Indexed', parallelism: 1 }, ['spec.completions: Required value: when completion mode is Indexed']],
  [
    { ...indexed, maxFailedIndexes: 6, backoffLimitPerIndex: 1 },
    ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
  ],
  [{ ...indexed, maxFailedIndexes: 1 }, ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified']],
  [
    failing({ action: 'FailJob' }),
    ['spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required'],
  ],
  [
    failing({ action: 'FailJob', onExitCodes: exit([11, 11]) }),
    ['spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Duplicate value: 11'],
  ],
  [
    failing({ action: 'FailJob', onExitCodes: exit([19, 11]) }),
    ['spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [19,11]: must be ordered'],
  ],
  [
    failing({ action: 'Ignore', onExitCodes: exit([1], { containerName: 'xyz' }) }),
    [
      'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "xyz": must be one of the container or initContainer names in the pod template',
    ],
  ],
  [
    failing({ action: 'UnknownAction', onExitCodes: exit([1]) }),
    [
      'spec.podFailurePolicy.rules[0].action: Unsupported value: "UnknownAction": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
    ],
  ],
  [
    failing({ onExitCodes: exit([1]) }),
    ['spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'],
  ],
  [
    failing({ action: 'FailIndex', onExitCodes: exit([1]) }),
    ['spec.podFailurePolicy.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'],
  ],
  [
    { ...failing({ action: 'Ignore', onExitCodes: exit([1]) }), template: withRestart('OnFailure') },
    ['spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'],
  ],
  [
    { ...failing({ action: 'Ignore', onExitCodes: exit([1]) }), podReplacementPolicy: 'TerminatingOrFailed' },
    ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
  ],
  [success({ succeededCount: 1, succeededIndexes: '0,2,4' }, { succeededIndexes: '1,3-4' }), []],
  [success(), ['spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified']],
  [success({}), ['spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified']],
  [
    success({ succeededCount: 6 }),
    ['spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)'],
  ],
  [
    success({ succeededCount: 4, succeededIndexes: '0-2' }),
    [
      'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)',
    ],
  ],
])('faults of %j', (spec, want) => expect(faults(made(spec))).toEqual(want));

test('what may change, and what not', () => {
  const change = (was: Job, mutate: (draft: Job) => void): string[] => {
    const draft = deepCopy(was);
    mutate(draft);
    return faults(draft, was).map((it) => it.replace(/Invalid value: .*: /, ''));
  };
  const it = made({ completions: 3 });
  expect(change(it, (draft) => Object.assign(draft.spec, { parallelism: 7, suspend: true, backoffLimit: 1 }))).toEqual([]);
  expect(change(it, (draft) => Object.assign(draft.spec, { completions: 4 }))).toEqual(['spec.completions: field is immutable']);
  const setImage = (draft: Job): void => {
    (draft.spec.template.spec as NonNullable<typeof draft.spec.template.spec>).containers[0]!.image = 'other';
  };
  const setSelector = (draft: Job): void => {
    (draft.spec.template.spec as NonNullable<typeof draft.spec.template.spec>).nodeSelector = { zone: 'a' };
  };
  expect(change(it, setImage)).toEqual(['spec.template: field is immutable']);
  expect(change(it, setSelector)).toEqual(['spec.template: field is immutable']);
  expect(change(made({ suspend: true }), setSelector)).toEqual([]);
  expect(change(made({ suspend: true }), setImage)).toEqual(['spec.template: field is immutable']);
  const wide = made({ ...indexed, parallelism: 5 });
  expect(change(wide, (draft) => Object.assign(draft.spec, { completions: 4, parallelism: 4 }))).toEqual([]);
  expect(change(wide, (draft) => Object.assign(draft.spec, { completions: 4 }))).toEqual([
    'spec.completions: can only be modified in tandem with spec.parallelism',
  ]);
});

test('what kubectl get shows', () => {
  const shown = (spec: Partial<JobSpec>, status: Job['status']) => {
    const it = { ...made(spec), status } as Job;
    return (job.columns ?? []).slice(0, 3).map((column) => column.value(it, Date.parse('2026-01-01T00:01:00Z')));
  };
  const start = '2026-01-01T00:00:00Z';
  expect(shown({ completions: 3 }, { startTime: start, succeeded: 1 })).toEqual(['Running', '1/3', '60s']);
  expect(shown({ parallelism: 4 }, { startTime: start })).toEqual(['Running', '0/1 of 4', '60s']);
  expect(shown({ parallelism: 1 }, {})).toEqual(['Running', '0/1', '']);
  const conditions = [
    { type: 'SuccessCriteriaMet', status: 'True' },
    { type: 'Complete', status: 'True' },
  ];
  expect(shown({}, { startTime: start, completionTime: '2026-01-01T00:00:07Z', succeeded: 1, conditions })).toEqual([
    'Complete',
    '1/1',
    '7s',
  ]);
});
