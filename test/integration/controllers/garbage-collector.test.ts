import { afterEach, beforeEach, expect, test } from 'vitest';
import { garbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { configMap, namespace, replicaSet, type core } from '../../../src/kinds/index.ts';
import type { KubeObject, OwnerReference } from '../../../src/meta/types.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane([garbageCollector]);
});
afterEach(() => plane.close());

const refTo = (it: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: it.metadata.name,
  uid: it.metadata.uid,
  ...more,
});
const make = (name: string, owners: OwnerReference[] = [], more: Partial<core.ConfigMap['metadata']> = {}): Promise<core.ConfigMap> =>
  plane.client.create(configMap, { metadata: { name, namespace: 'default', ownerReferences: owners, ...more } });
const get = (name: string) => plane.client.get(configMap, { namespace: 'default', name });
const gone = (name: string) => plane.seen(`${name} has gone`, async () => !(await get(name)));
const remove = (name: string, propagationPolicy: 'Foreground' | 'Background' | 'Orphan') =>
  plane.client.delete(configMap, { namespace: 'default', name }, { propagationPolicy });

test('what has lost its last owner goes, down to the end of the chain', async () => {
  const a = await make('a');
  const b = await make('b', [refTo(a)]);
  await make('c', [refTo(b)]);
  const other = await make('other');
  await make('shared', [refTo(a), refTo(other)]);
  await plane.settle();
  await remove('a', 'Background');
  await gone('c');
  const shared = await plane.seen('one owner is forgotten', async () => {
    const now = await get('shared');
    return now?.metadata.ownerReferences?.length === 1 && now;
  });
  expect(shared.metadata.ownerReferences?.[0]?.name).toBe('other');
});

test('in the foreground an owner waits for the dependents that hold it', async () => {
  const a = await make('a');
  await make('held', [refTo(a, { blockOwnerDeletion: true })], { finalizers: ['example.com/wait'] });
  await make('free', [refTo(a)], { finalizers: ['example.com/wait'] });
  await plane.settle();
  await remove('a', 'Foreground');
  await plane.seen(
    'the dependents go',
    async () => (await get('held'))?.metadata.deletionTimestamp && (await get('free'))?.metadata.deletionTimestamp,
  );
  await plane.settle();
  expect((await get('a'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
  await plane.client.change(configMap, { namespace: 'default', name: 'held' }, (draft) => {
    draft.metadata.finalizers = [];
  });
  await gone('a');
  expect(await get('free')).toBeDefined();
});

test('orphans stay and forget their owner', async () => {
  const a = await make('a');
  await make('b', [refTo(a)]);
  await plane.settle();
  await remove('a', 'Orphan');
  await gone('a');
  await plane.settle();
  expect((await get('b'))?.metadata.ownerReferences).toBeUndefined();
});

test('an owner that never was, or is another by now, counts as gone; of an unknown kind it does not', async () => {
  const a = await make('a');
  await make('never', [{ apiVersion: 'v1', kind: 'Secret', name: 'x', uid: 'no' }]);
  await make('other', [refTo(a, { uid: 'older' })]);
  await make('unknown', [{ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x', uid: 'no' }]);
  await gone('never');
  await gone('other');
  expect(await get('unknown')).toBeDefined();
});

test('an owner in another namespace is none, and that is told', async () => {
  await plane.client.create(namespace, { metadata: { name: 'far' }, spec: {} });
  const far = await plane.client.create(configMap, { metadata: { name: 'a', namespace: 'far' } });
  await plane.settle();
  await make('b', [refTo(far)]);
  await gone('b');
  await plane.settle();
  expect(await plane.eventsOf('b')).toEqual([
    `Warning OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: default, name: a, uid: ${far.metadata.uid}] does not exist in namespace "default"`,
  ]);
});

test.each([2, 3, 4])('%i that own each other in a circle go in the foreground all the same', async (count) => {
  const first = await make('c0');
  let last = first;
  for (let i = 1; i < count; i++) last = await make(`c${i}`, [refTo(last, { blockOwnerDeletion: true })]);
  await plane.client.change(configMap, first, (draft) => {
    draft.metadata.ownerReferences = [refTo(last, { blockOwnerDeletion: true })];
  });
  await plane.settle();
  await remove('c0', 'Foreground');
  for (let i = 0; i < count; i++) await gone(`c${i}`);
});

test('many dependents go with one owner', async () => {
  const set = await plane.client.create(replicaSet, {
    metadata: { name: 'set', namespace: 'default' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  for (let i = 0; i < 100; i++) await make(`m${i}`, [refTo(set, { apiVersion: 'apps/v1', kind: 'ReplicaSet', controller: true })]);
  await plane.settle();
  await plane.client.delete(replicaSet, { namespace: 'default', name: 'set' }, { propagationPolicy: 'Background' });
  await plane.seen('all gone', async () => (await plane.client.list(configMap, { namespace: 'default' })).items.length === 0);
});
