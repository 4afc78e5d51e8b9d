import { expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import { lacksAccount } from './reconcile.ts';

const space = (phase: 'Active' | 'Terminating', more: object = {}): core.Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'team', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...more },
  spec: {},
  status: { phase },
});
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: space('Active').metadata } as core.ServiceAccount;

const cases: Array<[name: string, namespace: core.Namespace | undefined, account: core.ServiceAccount | undefined, want: boolean]> = [
  ['there is none', space('Active'), undefined, true],
  ['there is one', space('Active'), account, false],
  ['the namespace goes', space('Terminating'), undefined, false],
  ['the namespace is to go', space('Active', { deletionTimestamp: 't' }), undefined, false],
  ['the namespace has gone', undefined, undefined, false],
];
test.each(cases)('%s', (_, namespace, found, want) => expect(lacksAccount(namespace, found)).toBe(want));
