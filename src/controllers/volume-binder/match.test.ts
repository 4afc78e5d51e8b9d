import { expect, test } from 'vitest';
import { claimOf, volumeOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { findVolume, mismatch } from './match.ts';
import type { Volume } from './vocabulary.ts';

type Spec = Partial<core.PersistentVolumeClaimSpec>;
const sized = (name: string, storage: string, more: Partial<core.PersistentVolumeSpec> = {}): Volume =>
  volumeOf(name, { capacity: { storage }, ...more });
const meant = { namespace: 'default', name: 'c' };

const cases: Array<[name: string, claim: Spec, volumes: Volume[], want: string | undefined]> = [
  ['none there', {}, [], undefined],
  ['the smallest that will do', {}, [sized('big', '9Gi'), sized('fit', '1024Mi'), sized('small', '1000Mi')], 'fit'],
  ['as small, with fewer modes', {}, [volumeOf('both', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }), volumeOf('one')], 'one'],
  ['all modes are had', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }, [volumeOf('one')], undefined],
  ['of the same class', { storageClassName: 'fast' }, [volumeOf('none'), sized('fast', '9Gi', { storageClassName: 'fast' })], 'fast'],
  ['of the same mode', { volumeMode: 'Block' }, [volumeOf('files')], undefined],
  [
    'with the labels asked for',
    { selector: { matchLabels: { disk: 'ssd' } } },
    [volumeOf('no'), volumeOf('yes', {}, 'Available', { labels: { disk: 'ssd' } })],
    'yes',
  ],
  ['not one that is taken', {}, [volumeOf('taken', { claimRef: { namespace: 'default', name: 'other' } })], undefined],
  ['not one that was left', {}, [volumeOf('left', {}, 'Released')], undefined],
  ['not one that goes', {}, [volumeOf('going', {}, 'Available', { deletionTimestamp: 't' })], undefined],
  ['one that names the claim, before all', {}, [sized('fit', '1Gi'), sized('meant', '9Gi', { claimRef: meant })], 'meant'],
  ['of another class even, if it names the claim', { storageClassName: 'fast' }, [volumeOf('meant', { claimRef: meant })], 'meant'],
  ['not one that names an older claim of that name', {}, [volumeOf('old', { claimRef: { ...meant, uid: 'older' } })], undefined],
  ['one that names the claim but is too small is none', {}, [sized('meant', '1Mi', { claimRef: meant })], undefined],
];
test.each(cases)('%s', (_, spec, volumes, want) => expect(findVolume(claimOf('c', spec), volumes, false)?.metadata.name).toBe(want));

test('while the first pod is waited for, only a volume that names the claim is had', () => {
  const claim = claimOf('c');
  expect(findVolume(claim, [volumeOf('a')], true)).toBeUndefined();
  expect(findVolume(claim, [volumeOf('a'), volumeOf('b', { claimRef: meant })], true)?.metadata.name).toBe('b');
});

const refusals: Array<[string, Spec, string | undefined]> = [
  ['fits', {}, undefined],
  ['size', { resources: { requests: { storage: '2Gi' } } }, 'requested PV is too small'],
  ['class', { storageClassName: 'x' }, 'storageClassName does not match'],
  ['mode', { volumeMode: 'Block' }, 'incompatible volumeMode'],
  ['access', { accessModes: ['ReadWriteMany'] }, 'incompatible accessMode'],
];
test.each(refusals)('a named volume is checked: %s', (_, spec, want) => expect(mismatch(volumeOf('v'), claimOf('c', spec))).toBe(want));
