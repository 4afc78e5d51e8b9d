import { expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import { accountName, accountUid, planToken, type TokenPlan, tokenType } from './plan.ts';

const meta = (name: string, more: object = {}) => ({
  name,
  namespace: 'shop',
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: '',
  ...more,
});
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('robot') } as core.ServiceAccount;
const secret = (data: object = {}, annotations: object = {}): core.Secret =>
  ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: tokenType,
    metadata: meta('held', { annotations: { [accountName]: 'robot', ...annotations } }),
    data,
  }) as core.Secret;
const full = { token: base64('held of robot'), 'ca.crt': base64('CA'), namespace: base64('shop') };
const fill = (data: { [key: string]: string }): TokenPlan => ({ act: 'fill', data, uid: 'uid-robot' });

const cases: Array<[name: string, secret: core.Secret, account: core.ServiceAccount | undefined, want: TokenPlan]> = [
  ['an empty one is filled', secret(), account, fill(full)],
  ['a full one is left alone', secret(full, { [accountUid]: 'uid-robot' }), account, { act: 'nothing' }],
  [
    'the token stays, whatever else is put right',
    secret({ ...full, token: 'old', 'ca.crt': 'x' }, { [accountUid]: 'uid-robot' }),
    account,
    fill({ ...full, token: 'old' }),
  ],
  ['other keys stay', secret({ extra: 'x' }), account, fill({ ...full, extra: 'x' })],
  ['one whose account is not there goes', secret(full), undefined, { act: 'remove' }],
  ['one of an earlier account goes', secret(full, { [accountUid]: 'was' }), account, { act: 'remove' }],
  ['other secrets are none of it', { ...secret(), type: 'Opaque' }, undefined, { act: 'nothing' }],
];
test.each(cases)('%s', (_, it, of, want) =>
  expect(planToken(it, of, { rootCa: 'CA', sign: ({ metadata }, name) => `${name} of ${metadata.name}` })).toEqual(want),
);
