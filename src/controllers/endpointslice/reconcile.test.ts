import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { nodeOf, podOf, serviceOf } from '../../../test/fixtures/controllers/objects.ts';
import { endpointSlice, endpoints, node, pod, service } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { endpointsOfServices } from '../endpoints/reconcile.ts';
import { endpointSlices } from './reconcile.ts';

test.each([1, 2, 3, 4, 5, 6])('however late news come and whatever fails, every pod is shown once in the end (seed %i)', async (seed) => {
  const plane = await startLaggingPlane([endpointSlices, endpointsOfServices], { seed, lag: seconds(2) });
  const { client, clock, random, server } = plane;
  plane.failures = 0.2;
  await client.create(node, nodeOf('n1'));
  await client.create(service, serviceOf('web'));
  let serial = 0;
  for (let round = 0; round < 25; round++) {
    for (let i = random.next() * 6; i > 0; i--) {
      const n = serial++;
      const ip = `10.244.${n >> 8}.${n & 255}`;
      server.seed(pod, podOf(`p${n}`, { ip, ready: random.next() < 0.7, metadata: { labels: { app: 'web' } } }));
    }
    const { items } = await client.list(pod, { namespace: 'default' });
    for (const it of items) if (random.next() < 0.1) await client.delete(pod, it.metadata, { gracePeriodSeconds: 0 });
    const slices = (await client.list(endpointSlice, { namespace: 'default' })).items;
    const unlucky = random.next() < 0.2 && slices[Math.floor(random.next() * slices.length)];
    if (unlucky) await client.delete(endpointSlice, unlucky.metadata);
    if (round % 5 === 1) plane.cutWatches();
    if (round % 7 === 2) {
      plane.cutWatches();
      server.compact();
    }
    await clock.advance(random.next() * seconds(4));
    // Never one more because the first is not known yet.
    expect((await client.list(endpointSlice, { namespace: 'default' })).items.length).toBeLessThanOrEqual(1);
  }
  plane.failures = 0;
  await clock.advance(minutes(10));
  const pods = (await client.list(pod, { namespace: 'default' })).items;
  const ips = pods.map((it) => it.status?.podIP ?? '').sort();
  const slices = (await client.list(endpointSlice, { namespace: 'default' })).items;
  expect(slices.flatMap((it) => (it.endpoints ?? []).flatMap((one) => one.addresses)).sort()).toEqual(ips);
  expect([slices.length, ips.length < 100]).toEqual([1, true]);
  const shown = await client.get(endpoints, { namespace: 'default', name: 'web' });
  const all = (shown?.subsets ?? []).flatMap((it) => [...(it.addresses ?? []), ...(it.notReadyAddresses ?? [])]);
  expect(all.map((it) => it.ip).sort()).toEqual(ips);
  plane.close();
});
