import { afterEach, expect, test } from 'vitest';
import { namespaces } from '../../../src/controllers/namespace/reconcile.ts';
import { rootCaPublisher } from '../../../src/controllers/root-ca/reconcile.ts';
import { defaultServiceAccounts } from '../../../src/controllers/service-account/reconcile.ts';
import { configMap, namespace, pod, secret, serviceAccount } from '../../../src/kinds/index.ts';
import { type ControlPlane, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const start = async (): Promise<void> => {
  plane = await startControlPlane([namespaces, rootCaPublisher, defaultServiceAccounts]);
  await plane.client.create(namespace, { metadata: { name: 'team' }, spec: {} });
};
const team = () => plane.client.get(namespace, { name: 'team' });
const account = () => plane.client.get(serviceAccount, { namespace: 'team', name: 'default' });
const certificates = () => plane.client.get(configMap, { namespace: 'team', name: 'kube-root-ca.crt' });

test('every namespace has its account and certificate, and gets them back', async () => {
  await start();
  await plane.seen('the account', account);
  expect((await plane.seen('the certificate', certificates)).data).toEqual({ 'ca.crt': 'the certificate' });
  await plane.client.delete(serviceAccount, { namespace: 'team', name: 'default' });
  await plane.client.delete(configMap, { namespace: 'team', name: 'kube-root-ca.crt' });
  await plane.seen('the account again', account);
  await plane.seen('the certificate again', certificates);
  await plane.client.change(configMap, { namespace: 'team', name: 'kube-root-ca.crt' }, (draft) => {
    draft.data = { 'ca.crt': 'forged' };
  });
  await plane.seen('the certificate put right', async () => (await certificates())?.data?.['ca.crt'] === 'the certificate');
});

test('a namespace goes with all that is in it, pods first', async () => {
  await start();
  const { client } = plane;
  await plane.seen('the account', account);
  await createPod(client, 'web', { metadata: { namespace: 'team' } });
  await client.create(secret, { metadata: { name: 'key', namespace: 'team', finalizers: ['example.com/keep'] } });
  await client.delete(namespace, { name: 'team' });
  const waiting = await plane.seen('pods remain', async () => {
    const now = await team();
    return now?.status?.conditions?.some((it) => it.type === 'NamespaceContentRemaining' && it.status === 'True') && now;
  });
  expect(waiting.status?.phase).toBe('Terminating');
  expect(waiting.status?.conditions?.map((it) => `${it.type} ${it.status} ${it.reason}: ${it.message}`)).toEqual([
    'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered: All resources successfully discovered',
    'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions: All legacy kube types successfully parsed',
    'NamespaceDeletionContentFailure False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    'NamespaceContentRemaining True SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
    'NamespaceFinalizersRemaining False ContentRemoved: All content successfully removed',
  ]);
  expect(await client.get(secret, { namespace: 'team', name: 'key' })).not.toHaveProperty('metadata.deletionTimestamp');

  await client.delete(pod, { namespace: 'team', name: 'web' }, { gracePeriodSeconds: 0 });
  const held = await plane.seen('a finalizer remains', async () =>
    (await team())?.status?.conditions?.find((it) => it.type === 'NamespaceFinalizersRemaining' && it.status === 'True'),
  );
  expect(held.message).toBe('Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances');
  expect(await account()).toBeUndefined();
  await client.change(secret, { namespace: 'team', name: 'key' }, (draft) => {
    draft.metadata.finalizers = [];
  });
  await plane.seen('the namespace has gone', async () => !(await team()));
});

test('what was made while its namespace went goes too', async () => {
  await start();
  const { client } = plane;
  await plane.seen('the account', account);
  // The admission that would refuse it is passed by, as by a creation that was let in a moment before.
  await plane.createUnchecked(secret, { metadata: { name: 'stray', namespace: 'nowhere' } });
  await plane.seen('the stray has gone', async () => !(await client.get(secret, { namespace: 'nowhere', name: 'stray' })));
});

test('the end of a namespace is not taken for that of another of its name', async () => {
  await start();
  const was = await team();
  await plane.client.change(namespace, { name: 'team' }, (draft) => {
    draft.metadata.finalizers = [];
  });
  await plane.client.delete(namespace, { name: 'team' });
  await plane.seen('it has gone', async () => !(await team()));
  await plane.client.create(namespace, { metadata: { name: 'team' }, spec: {} });
  const { resourceVersion: _, ...metadata } = was?.metadata ?? { resourceVersion: '' };
  const late = plane.client.post(namespace, { name: 'team' }, 'finalize', { ...was, metadata, spec: { finalizers: [] } });
  await expect(late).rejects.toThrow('Precondition failed: UID in precondition');
  expect((await team())?.spec.finalizers).toEqual(['kubernetes']);
});
