import { expect, test } from 'vitest';
import { configMapOf } from '../../../test/fixtures/controllers/objects.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Decision, decide, type OwnerState } from './decide.ts';

const going = { deletionTimestamp: '2026-01-01T00:01:00Z' };
const states = (...all: OwnerState[]) =>
  all.map((state, i) => ({ owner: { apiVersion: 'v1', kind: 'ConfigMap', name: `o${i}`, uid: `u${i}` }, state }));
const it = configMapOf('it');
const blocked = configMapOf('b', {
  ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'it', uid: 'uid-it', blockOwnerDeletion: true }],
});
const free = configMapOf('f', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'it', uid: 'uid-it' }] });
const waiting = configMapOf('w', { ...going, finalizers: ['foregroundDeletion'] });

const nothing: Decision = { do: 'nothing' };
const remove = (policy: 'Foreground' | 'Background' | 'Orphan', unblock = false): Decision => ({ do: 'delete', policy, unblock });

const cases: Array<[name: string, object: KubeObject, owners: OwnerState[], dependents: KubeObject[], want: Decision]> = [
  ['without owners it stays', it, [], [], nothing],
  ['with an owner it stays', it, ['there'], [free], nothing],
  ['with one of an unknown kind it stays', it, ['gone', 'unknown'], [], nothing],
  ['one owner of two has gone', it, ['gone', 'there'], [], { do: 'forget', owners: ['u0'] }],
  ['one waits, another is there: nobody waits for this', it, ['there', 'waiting'], [], { do: 'forget', owners: ['u1'] }],
  ['all have gone', it, ['gone', 'gone'], [], remove('Background')],
  ['all have gone, dependents or not', it, ['gone'], [free], remove('Background')],
  ['all have gone, and it wants to leave orphans', configMapOf('it', { finalizers: ['orphan'] }), ['gone'], [free], remove('Orphan')],
  ['all have gone, and it wants to wait', configMapOf('it', { finalizers: ['foregroundDeletion'] }), ['gone'], [], remove('Foreground')],
  ['its owner waits', it, ['waiting'], [], remove('Background')],
  ['its owner waits, and it has dependents itself', it, ['waiting'], [free], remove('Foreground')],
  ['its owner waits for it, and a dependent for others: a circle perhaps', it, ['waiting'], [waiting], remove('Foreground', true)],
  ['it goes already', configMapOf('it', going), ['gone'], [], nothing],
  ['it waits for a dependent', configMapOf('it', { ...going, finalizers: ['foregroundDeletion'] }), [], [blocked, free], nothing],
  ['none holds it back any more', configMapOf('it', { ...going, finalizers: ['foregroundDeletion'] }), [], [free], { do: 'release' }],
  ['it leaves orphans', configMapOf('it', { ...going, finalizers: ['orphan'] }), [], [free], { do: 'orphan' }],
];
test.each(cases)('%s', (_, object, owners, dependents, want) => expect(decide(object, states(...owners), dependents)).toEqual(want));
