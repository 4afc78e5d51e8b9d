import { expect, test } from 'vitest';
import { createClient, createMemoryTransport } from '../client/index.ts';
import { type core, pod, replicaSet, type apps } from '../kinds/index.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { ownerReference } from '../meta/owner.ts';
import type { KubeObject } from '../meta/types.ts';
import { claim, planClaims } from './claim.ts';

const selects = (it: KubeObject): boolean => it.metadata.labels?.['app'] === 'web';
const object = (uid: string, labels: object, controller?: string, isGoing = false): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: uid, uid, labels },
      ...(controller && { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: controller, controller: true }] }),
      ...(isGoing && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
  }) as KubeObject;
const web = { app: 'web' };
const other = { app: 'other' };

const cases: Array<[what: string, candidate: KubeObject, alive: string, going: string]> = [
  ['its own that fits', object('a', web, 'me'), 'keep', 'keep'],
  ['its own that no longer fits', object('a', other, 'me'), 'release', ''],
  ['one of somebody else', object('a', web, 'you'), '', ''],
  ['nobody’s that fits', object('a', web), 'adopt', ''],
  ['nobody’s that does not fit', object('a', other), '', ''],
  ['nobody’s that is going', object('a', web, undefined, true), '', ''],
  ['its own that is going', object('a', web, 'me', true), 'keep', 'keep'],
];
test.each(cases)('%s', (_, candidate, alive, going) => {
  for (const [owner, want] of [
    [object('me', {}), alive],
    [object('me', {}, undefined, true), going],
  ] as const) {
    const claims = planClaims({ kind: replicaSet as never, owner, selects }, [candidate]);
    expect(Object.entries(claims).flatMap(([what, those]) => (those.length > 0 ? [what] : []))).toEqual(want ? [want] : []);
  }
});

function setUp() {
  const server = createMemoryTransport({ clock: new VirtualClock(), random: seededRandom(3) });
  const set = server.seed<apps.ReplicaSet>(replicaSet, { metadata: { name: 'web', namespace: 'default' }, spec: { replicas: 1 } });
  const lonely = server.seed<core.Pod>(pod, { metadata: { name: 'a', namespace: 'default', labels: web }, spec: { containers: [] } });
  const client = createClient(server);
  return { server, client, set, lonely, claimer: { kind: replicaSet, owner: set, selects } };
}
const key = { namespace: 'default', name: 'a' };

test('nothing is adopted for an owner that has gone, was replaced or is going, whatever the cache says', async () => {
  const { client, set, lonely, claimer } = setUp();
  await client.change(replicaSet, set, (draft) => {
    draft.metadata.finalizers = ['orphan'];
  });
  await client.delete(replicaSet, set.metadata);
  await expect(claim(claimer, pod, [lonely], client)).rejects.toThrow('default/web has just been deleted at');
  await client.change(replicaSet, set.metadata, (draft) => {
    draft.metadata.finalizers = [];
  });
  await expect(claim(claimer, pod, [lonely], client)).rejects.toThrow('got uid none');
  expect((await client.get(pod, key))?.metadata.ownerReferences).toBeUndefined();
});

test('what has changed since the cache saw it is judged anew', async () => {
  const { client, set, lonely, claimer } = setUp();
  await client.change(pod, key, (draft) => {
    draft.metadata.labels = other;
  });
  expect(await claim(claimer, pod, [lonely], client)).toEqual([]);
  await client.change(pod, key, (draft) => {
    draft.metadata.labels = web;
    draft.metadata.ownerReferences = [{ ...ownerReference(replicaSet, set), uid: 'you', name: 'you' }];
  });
  expect(await claim(claimer, pod, [lonely], client)).toEqual([]);
  expect((await client.get(pod, key))?.metadata.ownerReferences?.map((it) => it.uid)).toEqual(['you']);
});

test('one that was adopted already, unseen, is counted and not written again', async () => {
  const { client, set, lonely, claimer } = setUp();
  const [first] = await claim(claimer, pod, [lonely], client);
  const [second] = await claim(claimer, pod, [lonely], client);
  expect([first?.metadata.resourceVersion === second?.metadata.resourceVersion, second?.metadata.ownerReferences]).toEqual([
    true,
    [ownerReference(replicaSet, set)],
  ]);
});
