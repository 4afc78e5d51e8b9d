import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podOf } from '../../../test/fixtures/controllers/objects.ts';
import { type apps, type core, isPodReady } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { dataOf } from '../history/revision.ts';
import { firstOrdinal, isInRange, ordinalOf, revisionOf } from './identity.ts';
import { planStatefulSet } from './plan.ts';
import { maxUnavailable } from './rollout.ts';
import { statusOf } from './status.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const template = (image: string): core.PodTemplateSpec => ({ spec: { containers: [{ name: 'app', image }] } });
const aRevision = (name: string): apps.ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: dataOf(template(name)),
  revision: 1,
});

type Course = {
  replicas: number;
  start: number;
  policy: 'OrderedReady' | 'Parallel';
  partition: number | undefined;
  most: number;
  /** What becomes of pods, one number for each turn and pod. */
  luck: number[];
};
const courses: fc.Arbitrary<Course> = fc.record({
  replicas: fc.nat(6),
  start: fc.nat(2),
  policy: fc.constantFrom('OrderedReady' as const, 'Parallel' as const),
  partition: fc.option(fc.nat(4), { nil: undefined }),
  most: fc.integer({ min: 1, max: 4 }),
  luck: fc.array(fc.nat(9), { minLength: 20, maxLength: 60 }),
});

/** Lives through turns of a set and what becomes of its pods; checks every plan, and where it all ends. */
function live({ replicas, start, policy, partition, most, luck }: Course): void {
  const rollingUpdate = partition === undefined ? undefined : { partition, maxUnavailable: most };
  const set: apps.StatefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      replicas: 4,
      selector: {},
      template: template('b'),
      podManagementPolicy: policy,
      updateStrategy: { type: 'RollingUpdate', ...(rollingUpdate && { rollingUpdate }) },
    },
  };
  const revisions = { current: aRevision('a'), update: aRevision('a') };
  const pods = new Map<string, core.Pod>();
  let at = 0;
  const chance = (): number => luck[at++ % luck.length] as number;
  const isThere = (it: core.Pod): boolean => isPodReady(it) && !isDeleting(it);

  function turn(isCalm: boolean): number {
    const before = [...pods.values()];
    const inRange = before.filter((it) => isInRange(set, ordinalOf(it)));
    const plan = planStatefulSet(set, revisions, { pods: before, claim: () => undefined }, now);
    const steps = plan.flat();
    if (policy === 'OrderedReady') expect(steps.filter((it) => it.type === 'create').length).toBeLessThanOrEqual(1);
    for (const step of steps) {
      if (step.type === 'create') {
        const { name } = step.draft.metadata;
        expect(pods.has(name)).toBe(false);
        const ordinal = ordinalOf(step.draft);
        expect(isInRange(set, ordinal)).toBe(true);
        const lower = inRange.filter((it) => ordinalOf(it) < ordinal && isThere(it)).length;
        if (policy === 'OrderedReady') expect(lower).toBe(ordinal - firstOrdinal(set));
        const { labels } = step.draft.metadata;
        pods.set(name, podOf(name, { ready: false, status: { phase: 'Pending' }, ...(labels && { metadata: { labels } }) }));
      } else if (step.type === 'remove') {
        const { name } = step.pod.metadata;
        pods.set(name, { ...step.pod, metadata: { ...step.pod.metadata, deletionTimestamp: 'now' } });
      }
    }
    const missing = (set.spec.replicas ?? 0) - inRange.filter(isThere).length;
    const given = inRange.filter((it) => isThere(it) && isDeleting(pods.get(it.metadata.name) as core.Pod)).length;
    if (given > 0) expect(missing + given).toBeLessThanOrEqual(maxUnavailable(rollingUpdate?.maxUnavailable, set.spec.replicas ?? 0));

    for (const [name, pod] of pods) {
      const draw = chance();
      if (isDeleting(pod)) {
        if (isCalm || draw > 4) pods.delete(name);
      } else if (isCalm || draw > 5) pods.set(name, { ...pod, status: readyStatus });
      else if (draw === 0) pods.set(name, { ...pod, status: { phase: 'Failed' } });
      else if (draw === 1 && pod.status?.phase === 'Running') pods.set(name, { ...pod, status: { phase: 'Running', conditions: [] } });
      else if (draw === 2) pods.delete(name);
    }
    set.status = statusOf(set, revisions, { pods: [...pods.values()], collisionCount: 0 }, now);
    if (set.status.currentRevision === revisions.update.metadata.name) revisions.current = revisions.update;
    return steps.length;
  }
  const calmDown = (): void => {
    // A failed pod that turns well by itself is none: calm begins when all of those have been replaced.
    for (const [name, pod] of pods) if (pod.status?.phase === 'Failed') pods.delete(name);
    let quiet = 0;
    for (let i = 0; i < 200 && quiet < 2; i++) quiet = turn(true) === 0 ? quiet + 1 : 0;
    expect(quiet).toBe(2);
  };
  const shown = (): string[] =>
    [...pods.values()].sort((a, b) => ordinalOf(a) - ordinalOf(b)).map((it) => `${it.metadata.name} ${revisionOf(it)}`);

  for (let i = 0; i < 15; i++) turn(false);
  calmDown();
  expect(shown()).toEqual([0, 1, 2, 3].map((i) => `web-${i} a`));
  revisions.update = aRevision('b');
  set.spec = { ...set.spec, replicas, ordinals: { start } };
  for (let i = 0; i < 25; i++) turn(false);
  calmDown();
  const isOld = (i: number): boolean => i < (partition ?? 0);
  expect(shown()).toEqual(Array.from({ length: replicas }, (_, i) => `web-${start + i} ${isOld(i) ? 'a' : 'b'}`));
}

const readyStatus: core.PodStatus = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:30:00Z' }],
};

test('whatever becomes of pods, no plan breaks the rules, and all comes to rest as wished', () => {
  fc.assert(fc.property(courses, live), { numRuns: 300, seed: 20_261_124 });
});
