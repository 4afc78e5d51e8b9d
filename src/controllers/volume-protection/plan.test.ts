import { expect, test } from 'vitest';
import { claimOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { claimFinalizer, type Protection, protectionOf, usersOf } from './plan.ts';

const mounting = (claimName: string, spec: Partial<core.PodSpec> = {}, status: core.PodStatus = {}): core.Pod =>
  podOf('web', { spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }], ...spec }, status });

const users: Array<[name: string, pod: core.Pod, want: boolean]> = [
  ['that mounts it', mounting('data'), true],
  ['that has ended', mounting('data', {}, { phase: 'Succeeded' }), true],
  ['without node', mounting('data', { nodeName: '' }), false],
  ['that mounts another', mounting('other'), false],
  ['whose own volume it is', podOf('da', { spec: { volumes: [{ name: 'ta', ephemeral: {} }] } }), false],
];
test.each(users)('a pod %s', (_, pod, want) => expect(usersOf(claimOf('data'), [pod]).length > 0).toBe(want));
test('the claim of an ephemeral volume', () => {
  expect(usersOf(claimOf('da-ta'), [podOf('da', { spec: { volumes: [{ name: 'ta', ephemeral: {} }] } })]).length).toBe(1);
});
test('a pod does not hold up its own claims when its node is done with it', () => {
  const ephemeral = { spec: { volumes: [{ name: 'ta', ephemeral: {} }] } };
  const pod = (metadata: Partial<core.Pod['metadata']>): core.Pod => {
    const it = podOf('da', ephemeral);
    return { ...it, metadata: { ...it.metadata, ...metadata } };
  };
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'da', uid: pod({}).metadata.uid, controller: true };
  const own = claimOf('da-ta', {}, { ownerReferences: [owner] });
  const counts = (claim: core.PersistentVolumeClaim, graceSeconds: number): number =>
    usersOf(claim, [pod({ deletionTimestamp: 't', deletionGracePeriodSeconds: graceSeconds })]).length;
  expect([counts(own, 30), counts(own, 0), counts(claimOf('da-ta'), 0)]).toEqual([1, 0, 1]);
});

const going = { deletionTimestamp: 't' };
const cases: Array<[name: string, metadata: Partial<core.Pod['metadata']>, inUse: boolean, want: Protection]> = [
  ['without guard', {}, false, 'add'],
  ['with guard', { finalizers: [claimFinalizer] }, false, 'keep'],
  ['to go, in use', { ...going, finalizers: [claimFinalizer] }, true, 'keep'],
  ['to go, not in use', { ...going, finalizers: [claimFinalizer, 'other'] }, false, 'release'],
  ['to go, without guard', { ...going, finalizers: ['other'] }, false, 'keep'],
];
test.each(cases)('%s', (_, metadata, inUse, want) => expect(protectionOf(claimOf('c', {}, metadata), claimFinalizer, inUse)).toBe(want));
