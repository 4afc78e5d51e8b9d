import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { startStandIn } from '../../../test/fixtures/controllers/stand-in-kubelet.ts';
import { daemonSet, isPodReady, node, pod } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { targetOf } from './pod.ts';
import { daemonSets } from './reconcile.ts';

const key = { namespace: 'default', name: 'agent' };
const draft = (maxUnavailable: number, maxSurge: number) => ({
  metadata: key,
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxUnavailable, maxSurge } },
    template: { metadata: { labels: { app: 'agent' } } as never, spec: { containers: [{ name: 'app', image: 'v0' }] } },
  },
});

test.each([
  [1, 1, 0],
  [2, 2, 0],
  [3, 3, 0],
  [4, 0, 1],
  [5, 0, 3],
])(
  'however late news come and whatever fails, no node has too many pods, and rollouts keep within bounds (seed %i)',
  async (seed, unavailable, surge) => {
    const plane = await startLaggingPlane([daemonSets], { seed, lag: seconds(2) });
    const { client, server, clock, random } = plane;
    const abort = new AbortController();
    const kubelet = startStandIn(client, clock, abort.signal);
    for (const name of ['n2', 'n3', 'n4', 'n5']) await client.create(node, { metadata: { name }, spec: {} });
    const breaches: string[] = [];
    const look = { bounded: false };
    kubelet.onEvent = (pods) => {
      const staying = pods.filter((it) => !it.metadata.deletionTimestamp);
      const targets = staying.map((it) => targetOf(it));
      const doubled = targets.length - new Set(targets).size;
      if (doubled > surge) breaches.push(`${doubled} nodes have two`);
      const ready = new Set(staying.filter(isPodReady).map((it) => targetOf(it))).size;
      if (look.bounded && ready < 5 - unavailable) breaches.push(`${ready} ready`);
    };
    plane.failures = 0.2;
    await client.create(daemonSet, draft(unavailable, surge));
    await clock.advance(minutes(2));
    plane.failures = 0;
    await clock.advance(minutes(6));
    expect((await client.get(daemonSet, key))?.status).toMatchObject({ numberAvailable: 5 });
    look.bounded = true;
    for (let version = 1; version <= 3; version++) {
      plane.failures = 0.15;
      await client.change(daemonSet, key, (it) => {
        it.spec.template.spec!.containers[0]!.image = `v${version}`;
      });
      // Sometimes the next one comes before this one is done.
      await clock.advance(seconds(5 + random.next() * 40));
      plane.cutWatches();
      if (version % 2 === 0) server.compact();
    }
    plane.failures = 0;
    await clock.advance(minutes(20));
    expect(breaches).toEqual([]);
    const where = async () => (await client.list(pod)).items.map((it) => `${it.spec.nodeName} ${it.spec.containers[0]?.image}`).sort();
    expect(await where()).toEqual(['n1 v3', 'n2 v3', 'n3 v3', 'n4 v3', 'n5 v3']);
    expect((await client.get(daemonSet, key))?.status).toMatchObject({ updatedNumberScheduled: 5, numberAvailable: 5 });

    // Nodes go and come, and pods are lost.
    look.bounded = false;
    plane.failures = 0.2;
    for (let round = 0; round < 8; round++) {
      const there = (await client.list(pod)).items;
      const unlucky = there[Math.floor(random.next() * there.length)];
      if (unlucky) await client.delete(pod, unlucky.metadata, { gracePeriodSeconds: 0 });
      await client.change(node, { name: 'n4' }, (it) => {
        it.spec = round % 2 === 0 ? { taints: [{ key: 'away', effect: 'NoExecute' }] } : {};
      });
      await clock.advance(seconds(random.next() * 5));
      if (round % 3 === 1) plane.cutWatches();
    }
    plane.failures = 0;
    await clock.advance(minutes(15));
    expect(await where()).toEqual(['n1 v3', 'n2 v3', 'n3 v3', 'n4 v3', 'n5 v3']);
    expect(breaches).toEqual([]);
    abort.abort();
    plane.close();
  },
);
