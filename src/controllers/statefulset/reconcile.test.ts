import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { startStandIn } from '../../../test/fixtures/controllers/stand-in-kubelet.ts';
import { type apps, controllerRevision, isPodReady, pod, statefulSet } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { StatusError } from '../../meta/status-error.ts';
import { ordinalOf } from './identity.ts';
import { statefulSets } from './reconcile.ts';

const key = { namespace: 'default', name: 'web' };
const draft = (replicas: number, podManagementPolicy: 'OrderedReady' | 'Parallel', maxUnavailable: number) => ({
  metadata: key,
  spec: {
    ...{ replicas, podManagementPolicy, revisionHistoryLimit: 2 },
    selector: { matchLabels: { app: 'web' } },
    updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { partition: 0, maxUnavailable } },
    template: { metadata: { labels: { app: 'web' } } as never, spec: { containers: [{ name: 'app', image: 'v0' }] } },
  },
});

const cases: Array<[seed: number, policy: 'OrderedReady' | 'Parallel', unavailable: number]> = [
  [1, 'OrderedReady', 1],
  [2, 'OrderedReady', 1],
  [3, 'OrderedReady', 3],
  [4, 'Parallel', 1],
  [5, 'Parallel', 2],
  [6, 'Parallel', 4],
];

test.each(cases)(
  'however late news come and whatever fails, no name is there twice and rollouts keep within bounds (seed %i, %s)',
  async (seed, policy, unavailable) => {
    const replicas = 6;
    const plane = await startLaggingPlane([statefulSets], { seed, lag: seconds(2) });
    const { client, server, clock, random } = plane;
    const abort = new AbortController();
    const kubelet = startStandIn(client, clock, abort.signal);
    const breaches: string[] = [];
    const look = { bounded: false };
    kubelet.onEvent = (pods) => {
      const names = pods.map((it) => it.metadata.name);
      if (new Set(names).size !== names.length) breaches.push(`twice: ${names.join(' ')}`);
      if (pods.some((it) => ordinalOf(it) >= replicas)) breaches.push(`too many: ${names.join(' ')}`);
      const ready = pods.filter((it) => isPodReady(it) && !it.metadata.deletionTimestamp).length;
      if (look.bounded && ready < replicas - unavailable) breaches.push(`${ready} ready`);
    };
    plane.failures = 0.2;
    await client.create(statefulSet, draft(replicas, policy, unavailable));
    await clock.advance(minutes(6));
    plane.failures = 0;
    await clock.advance(minutes(6));
    expect((await client.get(statefulSet, key))?.status).toMatchObject({ availableReplicas: replicas });
    look.bounded = true;
    for (let version = 1; version <= 3; version++) {
      plane.failures = 0.15;
      await client.change(statefulSet, key, (it) => {
        it.spec.template.spec!.containers[0]!.image = `v${version}`;
      });
      // Sometimes the next one comes before this one is done.
      await clock.advance(seconds(5 + random.next() * 90));
      plane.cutWatches();
      if (version % 2 === 0) server.compact();
    }
    plane.failures = 0;
    await clock.advance(minutes(25));
    look.bounded = false;
    expect(breaches).toEqual([]);
    const { items } = await client.list(pod);
    expect(items.map((it) => `${it.metadata.name} ${it.spec.containers[0]?.image}`).sort()).toEqual(
      Array.from({ length: replicas }, (_, i) => `web-${i} v3`),
    );
    const now = (await client.get(statefulSet, key)) as apps.StatefulSet;
    expect(now.status).toMatchObject({ replicas, readyReplicas: replicas, updatedReplicas: replicas, currentReplicas: replicas });
    expect(now.status?.currentRevision).toBe(now.status?.updateRevision);
    expect((await client.list(controllerRevision)).items.length).toBeLessThanOrEqual(3);

    // Pods that are lost come back, and the set comes down again.
    plane.failures = 0.2;
    for (let round = 0; round < 8; round++) {
      const there = (await client.list(pod)).items;
      const unlucky = there[Math.floor(random.next() * there.length)];
      if (unlucky) await client.delete(pod, unlucky.metadata, { gracePeriodSeconds: 0 });
      await clock.advance(seconds(random.next() * 5));
      if (round % 3 === 1) plane.cutWatches();
    }
    await client.change(statefulSet, key, (it) => {
      it.spec.replicas = 2;
    });
    await clock.advance(minutes(2));
    plane.failures = 0;
    await clock.advance(minutes(15));
    expect((await client.list(pod)).items.map((it) => it.metadata.name).sort()).toEqual(['web-0', 'web-1']);
    expect((await client.get(statefulSet, key))?.status).toMatchObject({ replicas: 2, availableReplicas: 2 });
    expect(breaches).toEqual([]);
    abort.abort();
    plane.close();
  },
);

test('what cannot be made is told, and made when it can be', async () => {
  const plane = await startLaggingPlane([statefulSets], { seed: 1, lag: 0 });
  const { client, server, clock } = plane;
  server.failWith((verb, kind) =>
    verb === 'create' && kind.kind === 'Pod' ? new StatusError('Forbidden', 'exceeded quota: tiny') : undefined,
  );
  await client.create(statefulSet, draft(3, 'Parallel', 1));
  await clock.advance(seconds(1));
  expect(plane.events[0]).toBe('web Warning FailedCreate create Pod web-0 in StatefulSet web failed error: exceeded quota: tiny');
  expect((await client.get(statefulSet, key))?.status).toMatchObject({ replicas: 0, observedGeneration: 1 });
  server.failWith(undefined);
  await clock.advance(minutes(1));
  expect((await client.list(pod)).items.length).toBe(3);
  plane.close();
});

test('a revision whose name is taken gets another one', async () => {
  const plane = await startLaggingPlane([statefulSets], { seed: 1, lag: 0 });
  const { client, clock } = plane;
  await client.create(statefulSet, draft(1, 'Parallel', 1));
  await clock.advance(10);
  const [first] = (await client.list(controllerRevision)).items;
  await client.delete(statefulSet, key);
  await client.delete(controllerRevision, first!.metadata);
  await client.create(controllerRevision, {
    metadata: { ...key, name: first!.metadata.name, labels: { of: 'another' } },
    data: {},
    revision: 7,
  });
  await clock.advance(10);
  for (const it of (await client.list(pod)).items) await client.delete(pod, it.metadata);
  await client.create(statefulSet, draft(1, 'Parallel', 1));
  await clock.advance(seconds(1));
  const { status } = (await client.get(statefulSet, key)) as apps.StatefulSet;
  expect(status).toMatchObject({ collisionCount: 1, replicas: 1 });
  expect(status?.updateRevision).not.toBe(first?.metadata.name);
  plane.close();
});
