import { expect, test } from 'vitest';
import { claimOf, volumeOf } from '../../../test/fixtures/controllers/objects.ts';
import { planVolume, unbind, type VolumePlan } from './plan-volume.ts';
import { boundByController, type Claim, dataFinalizer, provisionedBy, type Volume } from './vocabulary.ts';

const ref = { namespace: 'default', name: 'c', uid: 'uid-c' };
const csi = { driver: 'volume.peapod.dev', volumeHandle: 'h' };
type Phase = 'Available' | 'Bound' | 'Released' | 'Failed';
const ours = (
  phase: Phase,
  policy: 'Delete' | 'Retain',
  finalizers: string[] = policy === 'Delete' ? [dataFinalizer] : [],
  more = {},
): Volume =>
  volumeOf('v', { csi, claimRef: ref, persistentVolumeReclaimPolicy: policy }, phase, {
    finalizers,
    annotations: { [provisionedBy]: 'volume.peapod.dev' },
    ...more,
  });
const hostPath = (policy: 'Delete' | 'Recycle' | 'Retain'): Volume =>
  volumeOf('v', { hostPath: { path: '/x' }, claimRef: ref, persistentVolumeReclaimPolicy: policy }, 'Bound');
const elsewhere = claimOf('c', { volumeName: 'another' });

const cases: Array<[name: string, volume: Volume, claim: Claim | undefined, want: VolumePlan]> = [
  ['free', volumeOf('v'), undefined, { phase: 'Available' }],
  ['kept for a claim', volumeOf('v', { claimRef: { namespace: 'default', name: 'c' } }), claimOf('c'), { phase: 'Available' }],
  ['its claim is to say so yet', volumeOf('v', { claimRef: ref }), claimOf('c'), {}],
  ['bound', volumeOf('v', { claimRef: ref }), claimOf('c', { volumeName: 'v' }), { phase: 'Bound' }],
  ['its claim has gone', hostPath('Retain'), undefined, { phase: 'Released' }],
  ['another claim of that name', hostPath('Retain'), claimOf('c', {}, { uid: 'newer' }), { phase: 'Released' }],
  ['its claim is bound elsewhere', volumeOf('v', { claimRef: ref }), elsewhere, { unbind: true, phase: 'Available' }],
  ['ours, its claim has gone', ours('Bound', 'Delete'), undefined, { phase: 'Released', remove: true }],
  ['ours, told so already', ours('Released', 'Delete'), undefined, { remove: true }],
  ['ours, on its way', ours('Released', 'Delete', [dataFinalizer], { deletionTimestamp: 't' }), undefined, {}],
  ['ours, made for a claim that is bound elsewhere', ours('Bound', 'Delete'), elsewhere, { phase: 'Released', remove: true }],
  ['ours, to be kept', ours('Bound', 'Retain'), undefined, { phase: 'Released' }],
  ['ours, now to be kept', ours('Released', 'Retain', [dataFinalizer]), undefined, { holdData: false }],
  ['ours, no longer to be kept', ours('Released', 'Delete', []), undefined, { remove: true, holdData: true }],
  [
    'nobody can remove it',
    hostPath('Delete'),
    undefined,
    {
      phase: 'Failed',
      failure: {
        reason: 'VolumeFailedDelete',
        message: 'error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
      },
    },
  ],
  [
    'nobody can clean it',
    hostPath('Recycle'),
    undefined,
    { phase: 'Failed', failure: { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' } },
  ],
  [
    'another driver removes it',
    volumeOf('v', { csi: { driver: 'x', volumeHandle: 'h' }, claimRef: ref, persistentVolumeReclaimPolicy: 'Delete' }, 'Bound'),
    undefined,
    { phase: 'Released' },
  ],
];
test.each(cases)('%s', (_, volume, claim, want) => expect(planVolume(volume, claim)).toEqual(want));

test('a binding is taken back as far as the controller made it', () => {
  const chosen = volumeOf('v', { claimRef: { ...ref } }, 'Bound', { annotations: { [boundByController]: 'yes' } });
  unbind(chosen);
  expect([chosen.spec.claimRef, chosen.metadata.annotations]).toEqual([undefined, undefined]);
  const given = volumeOf('v', { claimRef: { ...ref } });
  unbind(given);
  expect(given.spec.claimRef).toEqual({ namespace: 'default', name: 'c' });
});
