import { expect, test } from 'vitest';
import { claimOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { planClaims } from './plan.ts';

const spec = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } };
const volumes: core.Volume[] = [
  { name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: '1' } }, spec } } },
  { name: 'other', emptyDir: {} },
];
const owned = claimOf(
  'web-scratch',
  {},
  { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'uid-web', controller: true }] },
);

const cases: Array<[name: string, pod: core.Pod, claim: core.PersistentVolumeClaim | undefined, create: string[], conflicts: string[]]> = [
  ['missing', podOf('web', { spec: { volumes } }), undefined, ['web-scratch'], []],
  ['there', podOf('web', { spec: { volumes } }), owned, [], []],
  ['another’s', podOf('web', { spec: { volumes } }), claimOf('web-scratch'), [], ['web-scratch']],
  ['not wanted', podOf('web'), undefined, [], []],
  ['the pod goes', podOf('web', { spec: { volumes }, metadata: { deletionTimestamp: 't' } }), undefined, [], []],
  ['the pod has ended', podOf('web', { spec: { volumes }, status: { phase: 'Failed' } }), undefined, [], []],
];
test.each(cases)('%s', (_, pod, claim, create, conflicts) => {
  const plan = planClaims(pod, () => claim);
  expect([plan.create.map((it) => it.claim.metadata.name), plan.conflicts.map((it) => it.claim)]).toEqual([create, conflicts]);
});

test('a claim is made of its template and goes with the pod', () => {
  const [draft] = planClaims(podOf('web', { spec: { volumes } }), () => undefined).create;
  expect(draft?.claim).toMatchObject({
    metadata: { labels: { a: '1' }, ownerReferences: [{ kind: 'Pod', uid: 'uid-web', controller: true }] },
    spec,
  });
});
