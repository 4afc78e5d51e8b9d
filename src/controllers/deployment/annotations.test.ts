import { expect, test } from 'vitest';
import { aDeployment, aSet } from '../../../test/fixtures/controllers/workloads.ts';
import { currentAnnotations } from './annotations.ts';
import { setDraft } from './draft.ts';
import { planHistory } from './history.ts';

const revision = 'deployment.kubernetes.io/revision';
const history = 'deployment.kubernetes.io/revision-history';
const annotated = (annotations: { [key: string]: string }) => {
  const deployment = aDeployment(3);
  deployment.metadata.annotations = annotations;
  return deployment;
};

const cases: Array<[name: string, deployment: object, before: object | undefined, revision: number, want: object]> = [
  ['a new set', {}, undefined, 1, { [revision]: '1' }],
  [
    'its own are copied, the reason of a change too',
    { 'kubernetes.io/change-cause': 'x', a: 'b' },
    undefined,
    1,
    { 'kubernetes.io/change-cause': 'x', a: 'b', [revision]: '1' },
  ],
  [
    'what is the deployment’s alone is not',
    { 'kubectl.kubernetes.io/last-applied-configuration': '{}', [revision]: '7', 'deployment.kubernetes.io/desired-replicas': '3' },
    undefined,
    1,
    { [revision]: '1' },
  ],
  ['the set keeps what the deployment has lost', {}, { a: 'b', [revision]: '1' }, 1, { a: 'b', [revision]: '1' }],
  ['a set that serves again', {}, { [revision]: '1' }, 3, { [revision]: '3', [history]: '1' }],
  ['and once more', {}, { [revision]: '3', [history]: '1' }, 5, { [revision]: '5', [history]: '1,3' }],
  ['a higher revision stays', {}, { [revision]: '9' }, 5, { [revision]: '9' }],
  ['nine is less than ten', {}, { [revision]: '9' }, 10, { [revision]: '10', [history]: '9' }],
  ['one that cannot be read stays', {}, { [revision]: 'x' }, 5, { [revision]: 'x' }],
];
test.each(cases)('%s', (_, deployment, before, number, want) => {
  expect(currentAnnotations(annotated({ ...deployment }), before && { ...before }, BigInt(number))).toEqual(want);
});

test('a long history loses its beginning', () => {
  const long = Array.from({ length: 600 }, (_, i) => i + 1).join(',');
  const { [history]: now = '' } = currentAnnotations(aDeployment(1), { [revision]: '601', [history]: long }, 700n);
  expect([now.length <= 2000, now.endsWith(',600,601'), long.endsWith(now.slice(0, -4))]).toEqual([true, true, true]);
});

test('a revision that no double can hold is counted on by one', () => {
  const draft = setDraft(aDeployment(1), [aSet('old', 1, { annotations: { [revision]: '3546343826724305832' } })], 0);
  expect(draft.metadata.annotations?.[revision]).toBe('3546343826724305833');
});

test('a set carries the hash in name, labels, selector and template, and the deployment’s size', () => {
  const deployment = aDeployment(4, {
    minReadySeconds: 5,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
  });
  const draft = setDraft(deployment, [aSet('old', 1, { annotations: { [revision]: '4' } })], 2);
  const hash = draft.metadata.name.slice('web-'.length);
  const labels = { app: 'web', 'pod-template-hash': hash };
  expect(draft.metadata).toMatchObject({ name: `web-${hash}`, namespace: 'default', labels });
  expect(draft.metadata.annotations).toEqual({
    [revision]: '5',
    'deployment.kubernetes.io/desired-replicas': '4',
    'deployment.kubernetes.io/max-replicas': '5',
  });
  expect(draft.spec).toMatchObject({
    replicas: 2,
    minReadySeconds: 5,
    selector: { matchLabels: labels },
    template: { metadata: { labels } },
  });
  expect(deployment.spec.template.metadata?.labels).toEqual({ app: 'web' });
});

// The cases of upstream's TestDeploymentController_cleanupDeployment, and the order.
const limits: Array<[name: string, limit: number | undefined, old: Array<ReturnType<typeof aSet>>, want: string[]]> = [
  ['all but one', 1, [aSet('a', 0), aSet('b', 0), aSet('c', 0)], ['a', 'b']],
  [
    'those without pods',
    0,
    [aSet('a', 0), aSet('b', 0, { status: { replicas: 1 } }), aSet('c', 1, { status: { replicas: 0 } }), aSet('d', 1)],
    ['a'],
  ],
  ['none with pods', 0, [aSet('a', 1), aSet('b', 1)], []],
  ['none whose controller has not seen its end', 0, [aSet('a', 0, { status: { observedGeneration: 0 } })], []],
  ['none without a limit', undefined, [aSet('a', 0)], []],
  ['none with the largest limit', 0x7fffffff, [aSet('a', 0)], []],
  [
    'lowest revision first',
    1,
    [aSet('a', 0, { age: 9, annotations: { [revision]: '12' } }), aSet('b', 0, { annotations: { [revision]: '3' } })],
    ['b'],
  ],
];
test.each(limits)('history: %s', (_, revisionHistoryLimit, old, want) => {
  const deployment = aDeployment(1, revisionHistoryLimit === undefined ? {} : { revisionHistoryLimit });
  expect(planHistory(deployment, old).map((it) => it.metadata.name)).toEqual(want);
});

test('history: a set that is going counts neither way', () => {
  const going = aSet('a', 0);
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(planHistory(aDeployment(1, { revisionHistoryLimit: 1 }), [going, aSet('b', 0)])).toEqual([]);
});
