import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { startStandIn } from '../../../test/fixtures/controllers/stand-in-kubelet.ts';
import { type apps, type core, pod, replicaSet } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { StatusError } from '../../meta/status-error.ts';
import { isActive } from './plan.ts';
import { replicaSets } from './reconcile.ts';

const key = { namespace: 'default', name: 'web' };
const draft = (replicas: number) => ({
  metadata: key,
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } } as never, spec: { containers: [{ name: 'app', image: 'nginx' }] } },
  },
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('however late news come and whatever fails, there are never too many pods (seed %i)', async (seed) => {
  const plane = await startLaggingPlane([replicaSets], { seed, lag: seconds(2) });
  const { client, server, clock, random } = plane;
  const abort = new AbortController();
  const kubelet = startStandIn(client, clock, abort.signal);
  const counts: number[] = [];
  kubelet.onEvent = (pods) => counts.push(pods.filter(isActive).length);
  plane.failures = 0.2;
  await client.create(replicaSet, draft(12));
  for (let round = 0; round < 20; round++) {
    await clock.advance(seconds(1 + random.next() * 5));
    if (round % 5 === 1) plane.cutWatches();
    if (round % 7 === 2) {
      plane.cutWatches();
      server.compact();
    }
    const { items } = await client.list(pod, { namespace: 'default' });
    const unlucky = items[Math.floor(random.next() * items.length)];
    if (unlucky) await client.delete(pod, unlucky.metadata, { gracePeriodSeconds: 0 });
  }
  plane.failures = 0;
  await clock.advance(minutes(15));
  expect([Math.max(...counts), counts.at(-1)]).toEqual([12, 12]);
  expect((await client.get(replicaSet, key))?.status).toMatchObject({ replicas: 12, availableReplicas: 12, terminatingReplicas: 0 });

  // Down again: never too few.
  const before = counts.length;
  plane.failures = 0.2;
  await client.change(replicaSet, key, (it) => {
    it.spec.replicas = 3;
  });
  await clock.advance(minutes(2));
  plane.failures = 0;
  await clock.advance(minutes(15));
  expect([Math.min(...counts.slice(before)), counts.at(-1)]).toEqual([3, 3]);
  abort.abort();
  plane.close();
});

test('what cannot be made is tried in small batches, told, written down, and made when it can be', async () => {
  const plane = await startLaggingPlane([replicaSets], { seed: 1, lag: 0 });
  const { client, server, clock } = plane;
  let tries = 0;
  let allowed = 3;
  server.failWith((verb, kind) => {
    if (verb !== 'create' || kind.kind !== 'Pod') return undefined;
    tries += 1;
    allowed -= 1;
    return allowed < 0 ? new StatusError('Forbidden', 'pods "web-" is forbidden: exceeded quota: tiny') : undefined;
  });
  await client.create(replicaSet, draft(50));
  await clock.advance(1);
  // 1 and 2 went well, 4 failed, the other 43 were not tried; the next tries begin with one.
  expect(tries).toBeLessThan(12);
  const { status } = (await client.get(replicaSet, key)) as apps.ReplicaSet;
  expect(status?.conditions).toMatchObject([
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'pods "web-" is forbidden: exceeded quota: tiny' },
  ]);
  expect(plane.events.filter((it) => it.includes('Warning'))[0]).toBe(
    'web Warning FailedCreate Error creating: pods "web-" is forbidden: exceeded quota: tiny',
  );
  allowed = 1000;
  await clock.advance(minutes(1));
  const after = (await client.get(replicaSet, key)) as apps.ReplicaSet;
  expect([after.status?.replicas, after.status?.conditions]).toEqual([50, undefined]);
  plane.close();
});

test('in a namespace that goes nothing is made, told or tried again', async () => {
  const plane = await startLaggingPlane([replicaSets], { seed: 1, lag: 0 });
  let tries = 0;
  plane.server.failWith((verb, kind) => {
    if (verb !== 'create' || kind.kind !== 'Pod') return undefined;
    tries += 1;
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace default is being terminated', field: 'metadata.namespace' }];
    return new StatusError('Forbidden', 'no', { details: { causes } });
  });
  await plane.client.create(replicaSet, draft(3));
  await plane.clock.advance(minutes(1));
  expect([tries > 0 && tries < 20, plane.events]).toEqual([true, []]);
  plane.close();
});

test('a pod that cannot be deleted is told, and deleted later', async () => {
  const plane = await startLaggingPlane([replicaSets], { seed: 1, lag: 0 });
  const { client, server, clock } = plane;
  await client.create(replicaSet, draft(2));
  await clock.advance(10);
  const [one] = (await client.list<core.Pod>(pod)).items;
  server.failWith((verb) => (verb === 'delete' ? new StatusError('InternalError', 'not now') : undefined));
  await client.change(replicaSet, key, (it) => {
    it.spec.replicas = 1;
  });
  await clock.advance(10);
  expect((await client.get(replicaSet, key))?.status?.conditions).toMatchObject([{ reason: 'FailedDelete', message: 'not now' }]);
  expect(plane.events.some((it) => it === 'web Warning FailedDelete Error deleting: not now')).toBe(true);
  server.failWith(undefined);
  await clock.advance(minutes(1));
  expect([(await client.list(pod)).items.length, one?.spec.nodeName]).toEqual([1, undefined]);
  expect((await client.get(replicaSet, key))?.status?.conditions).toBeUndefined();
  plane.close();
});
