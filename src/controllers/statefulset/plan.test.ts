import { describe, expect, test } from 'vitest';
import { claimOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { apps, core } from '../../kinds/index.ts';
import { isMember, memberDraft, readName } from './identity.ts';
import { planStatefulSet, type Step } from './plan.ts';
import { maxUnavailable } from './rollout.ts';
import { statusOf } from './status.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const template = (image: string): core.PodTemplateSpec => ({ spec: { containers: [{ name: 'app', image }] } });
const setOf = (replicas: number, spec: Partial<apps.StatefulSetSpec> = {}): apps.StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 2 },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: template('new'),
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    ...spec,
  },
});
const revisionOf = (name: string): apps.ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { spec: { template: { ...template(name), $patch: 'replace' } } },
  revision: 1,
});
const revisions = { current: revisionOf('old'), update: revisionOf('new') };

/** `0:old`, `1:new?` (not ready), `2:new!` (failed), `3:old+` (ended well), `4:old-` (on its way out), `5:new~` (pending), `6:new'` (ready for a second). */
const podsOf = (text: string): core.Pod[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [, ordinal = '', hash = '', mark = ''] = /^(\d+):([a-z]+)(.?)$/.exec(word) ?? [];
      const name = `web-${ordinal}`;
      const phase = ({ '!': 'Failed', '+': 'Succeeded', '~': 'Pending' } as const)[mark as '!'] ?? 'Running';
      const labels = {
        'controller-revision-hash': hash,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': ordinal,
      };
      const ready = ['', '-', "'"].includes(mark);
      const lastTransitionTime = mark === "'" ? '2026-01-01T00:59:59Z' : '2026-01-01T00:30:00Z';
      return podOf(name, {
        metadata: { labels, ...(mark === '-' && { deletionTimestamp: '2026-01-01T00:59:59Z' }) },
        status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }] },
      });
    });

const show = (step: Step): string => {
  switch (step.type) {
    case 'create':
      return `+${step.draft.metadata.name.replace('web-', '')}:${step.draft.spec.containers[0]?.image}`;
    case 'remove':
      return `-${step.pod.metadata.name.replace('web-', '')}`;
    default:
      return `${step.type} ${step.pod.metadata.name.replace('web-', '')}`;
  }
};
const shown = (set: apps.StatefulSet, pods: string, claims: readonly core.PersistentVolumeClaim[] = []): string =>
  planStatefulSet(set, revisions, { pods: podsOf(pods), claim: (name) => claims.find((it) => it.metadata.name === name) }, now)
    .flat()
    .map(show)
    .join(' ');

const parallel: Partial<apps.StatefulSetSpec> = { podManagementPolicy: 'Parallel' };
const rolling = (partition: number, most?: number | string): Partial<apps.StatefulSetSpec> => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition, ...(most !== undefined && { maxUnavailable: most }) } },
});
const bare: Partial<apps.StatefulSetSpec> = { updateStrategy: { type: 'RollingUpdate' } };
const onDelete: Partial<apps.StatefulSetSpec> = { updateStrategy: { type: 'OnDelete' } };

const cases: Array<[name: string, set: apps.StatefulSet, pods: string, want: string]> = [
  ['the first is made first', setOf(3), '', '+0:new'],
  ['the second when the first is ready', setOf(3), '0:new', '+1:new'],
  ['not before', setOf(3), '0:new?', ''],
  ['nor before it is available', setOf(3, { minReadySeconds: 10 }), "0:new'", ''],
  ['a gap is filled before anything else', setOf(3), '0:new 2:new', '+1:new'],
  ['ordinals begin where they are told to', setOf(2, { ordinals: { start: 4 } }), '', '+4:new'],
  ['those below the start go', setOf(2, { ordinals: { start: 1 } }), '0:new 1:new 2:new', '-0'],
  ['a failed one goes, and comes again when it has gone', setOf(2), '0:new! 1:new', '-0'],
  ['so does one that ended well', setOf(2), '0:new 1:new+', '-1'],
  ['one on its way out holds all up', setOf(3), '0:new 1:new-', ''],
  ['the highest goes first', setOf(1), '0:new 1:new 2:new', '-2'],
  ['and one at a time', setOf(1), '0:new 1:new 2:new-', ''],
  ['not while a lower one is ill', setOf(1), '0:new 1:new? 2:new?', ''],
  ['but a healthy one goes all the same', setOf(1), '0:new 1:new? 2:new', '-2'],
  ['not while one that stays is ill', setOf(1), '0:new? 1:new', ''],
  ['an ill one goes when those below are well', setOf(1), '0:new 1:new?', '-1'],
  ['to nothing', setOf(0), '0:new 1:new', '-1'],
  ['parallel: all at once', setOf(3, parallel), '', '+0:new +1:new +2:new'],
  ['parallel: whatever the others are like', setOf(3, parallel), '0:new? 1:new!', '-1 +2:new'],
  ['parallel: all go at once', setOf(1, parallel), '0:new? 1:new? 2:new- 3:new', '-3 -1'],
  ['a rollout begins at the top', setOf(3), '0:old 1:old 2:old', '-2'],
  ['what was there comes back as new', setOf(3), '0:old 1:old', '+2:new'],
  ['and goes on when that is ready', setOf(3), '0:old 1:old 2:new', '-1'],
  ['not before', setOf(3), '0:old 1:old 2:new?', ''],
  ['nor before it is available', setOf(3, { minReadySeconds: 10 }), "0:old 1:old 2:new'", ''],
  ['scaling comes before rolling out', setOf(2), '0:old 1:old 2:old', '-2'],
  ['below the partition nothing changes', setOf(3, rolling(2)), '0:old 1:old 2:new', ''],
  ['and what is lost there comes back as it was', setOf(3, rolling(2)), '1:old 2:new', '+0:old'],
  ['a partition above all keeps the rollout back', setOf(3, rolling(9)), '0:old 1:old 2:old', ''],
  ['two at a time', setOf(4, rolling(0, 2)), '0:old 1:old 2:old 3:old', '-3 -2'],
  ['half of them', setOf(5, rolling(0, '50%')), '0:old 1:old 2:old 3:old 4:old', '-4 -3'],
  ['parallel: as many as may be missing', setOf(4, { ...parallel, ...rolling(0, 2) }), '0:old 1:old 2:old 3:new?', '-2'],
  ['parallel: none more', setOf(4, { ...parallel, ...rolling(0, 1) }), '0:old 1:old 2:old 3:new?', ''],
  ['parallel: one that is missing anyway costs nothing', setOf(3, { ...parallel, ...rolling(0, 1) }), '0:old? 1:old 2:old', '-0'],
  ['parallel: a broken rollout is mended', setOf(2, { ...parallel, ...rolling(0, 1) }), '0:old 1:bad?', '-1'],
  ['without details a lost one comes back as it was', setOf(3, bare), '0:old 2:new', '+1:new'],
  ['without details those below the old ones are old', setOf(3, bare), '1:old 2:old', '+0:old'],
  ['OnDelete leaves them', setOf(2, onDelete), '0:old 1:old', ''],
  ['OnDelete makes new ones', setOf(2, onDelete), '0:old', '+1:new'],
];

describe('a plan', () => {
  test.each(cases)('%s', (_, set, pods, want) => expect(shown(set, pods)).toBe(want));

  test('a set on its way out does nothing', () => {
    const set = setOf(2);
    set.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(shown(set, '0:old')).toBe('');
  });

  test('the largest size there is is no more work at a time than any other', () => {
    expect(shown(setOf(0x7fffffff, parallel), '0:new?').split(' ').length).toBe(500);
    expect(shown(setOf(0x7fffffff), '0:new')).toBe('+1:new');
  });

  test('a pod that has lost the labels of its identity gets them back', () => {
    const [first] = podsOf('0:new');
    delete first!.metadata.labels!['apps.kubernetes.io/pod-index'];
    expect(
      planStatefulSet(setOf(1), revisions, { pods: [first!], claim: () => undefined }, now)
        .flat()
        .map(show),
    ).toEqual(['identify 0']);
  });
});

describe('claims', () => {
  const volumeClaimTemplates = [claimOf('data')];
  const withPolicy = (whenScaled: string, whenDeleted: string): Partial<apps.StatefulSetSpec> => ({
    volumeClaimTemplates,
    persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
  });
  const owner = (kind: string, name: string, uid: string) => ({
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    name,
    uid,
    controller: true,
  });
  const owned = (name: string, ...ownerReferences: Array<ReturnType<typeof owner>>) => claimOf(name, {}, { ownerReferences });
  const ours = owner('StatefulSet', 'web', 'u');
  const retentions: Array<
    [name: string, spec: Partial<apps.StatefulSetSpec>, pods: string, claim: core.PersistentVolumeClaim, want: string]
  > = [
    ['nobody owns those that stay', withPolicy('Retain', 'Retain'), '0:new', claimOf('data-web-0'), ''],
    ['the set owns those that go with it', withPolicy('Retain', 'Delete'), '0:new', claimOf('data-web-0'), 'claims 0'],
    ['and keeps them', withPolicy('Retain', 'Delete'), '0:new', owned('data-web-0', ours), ''],
    ['until the policy changes', withPolicy('Retain', 'Retain'), '0:new', owned('data-web-0', ours), 'claims 0'],
    [
      'a pod that is too many owns those that go with it',
      withPolicy('Delete', 'Retain'),
      '0:new 1:new',
      claimOf('data-web-1'),
      'claims 1 -1',
    ],
    ['one that stays does not', withPolicy('Delete', 'Retain'), '0:new', claimOf('data-web-0'), ''],
    [
      'an earlier pod of the name is waited for',
      withPolicy('Delete', 'Retain'),
      '',
      owned('data-web-0', owner('Pod', 'web-0', 'earlier')),
      '',
    ],
    [
      'what an earlier set has left is not touched',
      withPolicy('Retain', 'Delete'),
      '0:new',
      owned('data-web-0', owner('StatefulSet', 'web', 'earlier')),
      '',
    ],
    ['nor what somebody else manages', withPolicy('Retain', 'Delete'), '0:new', owned('data-web-0', owner('Backup', 'b', 'x')), ''],
  ];
  test.each(retentions)('%s', (_, spec, pods, claim, want) => expect(shown(setOf(1, spec), pods, [claim])).toBe(want));

  test('a claim on its way out does not keep its pod from being given up', () => {
    const going = claimOf('data-web-1', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(shown(setOf(1, withPolicy('Delete', 'Retain')), '0:new 1:new', [going])).toBe('-1');
  });

  test('a pending pod gets claims that are missing', () => {
    expect(shown(setOf(1, { volumeClaimTemplates }), '0:new~')).toBe('claims 0');
    expect(shown(setOf(1, { volumeClaimTemplates }), '0:new')).toBe('');
  });

  test("a claim's volume takes the place of one of that name", () => {
    const set = setOf(1, { volumeClaimTemplates });
    const volumes = [
      { name: 'data', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
    ];
    expect(memberDraft(set, 3, { spec: { containers: [], volumes } }, 'new').spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-web-3' } },
      { name: 'tmp', emptyDir: {} },
    ]);
  });
});

test('names tell set and ordinal', () => {
  expect(['web-0', 'my-web-12', 'web', 'web-', 'web-x', 'web-99999999999'].map(readName)).toEqual([
    { parent: 'web', ordinal: 0 },
    { parent: 'my-web', ordinal: 12 },
    ...[undefined, undefined, undefined, undefined],
  ]);
  expect(['web-0', 'web-01', 'my-web-0', 'web-1-1'].map((it) => isMember(setOf(1), it))).toEqual([true, false, false, false]);
});

test.each([
  [undefined, 10, 1],
  [3, 10, 3],
  ['25%', 10, 2],
  ['1%', 10, 1],
  ['100%', 10, 10],
])('of %s of %i may be missing %i', (value, replicas, want) => expect(maxUnavailable(value, replicas)).toBe(want));

describe('a status', () => {
  const status = (set: apps.StatefulSet, pods: string) => statusOf(set, revisions, { pods: podsOf(pods), collisionCount: 0 }, now);
  test('counts pods by what they are of', () => {
    expect(status(setOf(4, { minReadySeconds: 5 }), "0:old 1:old? 2:new' 3:old-")).toEqual({
      observedGeneration: 2,
      replicas: 4,
      readyReplicas: 3,
      currentReplicas: 2,
      updatedReplicas: 1,
      currentRevision: 'old',
      updateRevision: 'new',
      collisionCount: 0,
      availableReplicas: 2,
    });
  });
  test('at the end of a rollout the new template is the current one', () => {
    expect(status(setOf(2), '0:new 1:new')).toMatchObject({ currentRevision: 'new', updateRevision: 'new', currentReplicas: 2 });
    expect(status(setOf(2), '0:new 1:new?')).toMatchObject({ currentRevision: 'old' });
    expect(status(setOf(2, onDelete), '0:new 1:new')).toMatchObject({ currentRevision: 'old' });
    expect(status(setOf(0), '')).toEqual({
      ...{ observedGeneration: 2, replicas: 0, currentRevision: 'new', updateRevision: 'new', collisionCount: 0, availableReplicas: 0 },
    });
  });
});
