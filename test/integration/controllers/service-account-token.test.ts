import { afterEach, beforeEach, expect, test } from 'vitest';
import { serviceAccountTokens } from '../../../src/controllers/service-account-token/reconcile.ts';
import { type core, secret, serviceAccount } from '../../../src/kinds/index.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane([serviceAccountTokens]);
});
afterEach(() => plane.close());

const make = (account: string): Promise<core.Secret> =>
  plane.client.create(secret, {
    metadata: { name: 'held', namespace: 'default', annotations: { 'kubernetes.io/service-account.name': account } },
    type: 'kubernetes.io/service-account-token',
  });
const held = (): Promise<core.Secret | undefined> => plane.client.get(secret, { namespace: 'default', name: 'held' });
const text = (it: core.Secret | undefined, key: string): string => Buffer.from(it?.data?.[key] ?? '', 'base64').toString();

test('a secret for a token is filled, and goes with its account', async () => {
  await plane.client.create(serviceAccount, { metadata: { name: 'robot', namespace: 'default' } });
  await make('robot');
  await plane.settle();
  const it = await held();
  expect([text(it, 'token'), text(it, 'namespace'), text(it, 'ca.crt')]).toEqual(['token of robot in held', 'default', 'the certificate']);
  await plane.client.delete(serviceAccount, { namespace: 'default', name: 'robot' });
  await plane.settle();
  expect(await held()).toBeUndefined();
});

test('one for an account that is not there goes at once', async () => {
  await make('nobody');
  await plane.settle();
  expect(await held()).toBeUndefined();
});
