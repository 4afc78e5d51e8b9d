import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { type AnyKind, configMap, secret } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import type { KubeObject, OwnerReference } from '../../meta/types.ts';
import { garbageCollector } from './reconcile.ts';

// News of two kinds come independently of each other: a dependent may be known before its owner.
const kinds: readonly AnyKind[] = [configMap, secret];
const kindOf = (it: KubeObject): AnyKind => (it.kind === 'Secret' ? secret : configMap);

test.each([1, 2, 3, 4, 5, 6])(
  'however late news come: nothing goes while an owner is there, nothing stays without (seed %i)',
  async (seed) => {
    const plane = await startLaggingPlane([garbageCollector], { seed, lag: seconds(2) });
    const { client, clock, random, server } = plane;
    plane.failures = 0.2;
    const byHand = new Set<string>();
    const owners = new Map<string, string[]>();
    const there = async (): Promise<KubeObject[]> =>
      (await Promise.all(kinds.map((kind) => client.list<KubeObject>(kind, { namespace: 'default' })))).flatMap((it) => [...it.items]);
    let serial = 0;
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 4; i++) {
        const all = await there();
        const chosen = all.filter(() => random.next() < 0.15).slice(0, 2);
        const ownerReferences = chosen.map(
          ({ kind, metadata: { name, uid } }): OwnerReference => ({ apiVersion: 'v1', kind, name, uid, blockOwnerDeletion: true }),
        );
        const name = `c${serial++}`;
        const kind = kinds[Math.floor(random.next() * 2)] as AnyKind;
        const made = await client.create<KubeObject>(kind, {
          metadata: { name, namespace: 'default', ...(chosen.length > 0 && { ownerReferences }) },
        });
        owners.set(
          made.metadata.uid,
          chosen.map((it) => it.metadata.uid),
        );
      }
      for (const it of await there()) {
        if (random.next() > 0.06) continue;
        byHand.add(it.metadata.uid);
        await client.delete(kindOf(it), it.metadata);
      }
      if (round % 5 === 1) plane.cutWatches();
      if (round % 7 === 2) {
        plane.cutWatches();
        server.compact();
      }
      await clock.advance(random.next() * seconds(3));
      // What has gone and was not deleted by hand had owners, and all of them have gone.
      const alive = new Set((await there()).map((it) => it.metadata.uid));
      for (const [uid, of] of owners) {
        if (alive.has(uid) || byHand.has(uid)) continue;
        expect(of.length).toBeGreaterThan(0);
        expect(of.some((it) => alive.has(it))).toBe(false);
      }
    }
    plane.failures = 0;
    await clock.advance(minutes(20));
    const left = await there();
    const alive = new Set(left.map((it) => it.metadata.uid));
    for (const { metadata } of left) for (const it of metadata.ownerReferences ?? []) expect(alive.has(it.uid)).toBe(true);
    expect(left.some((it) => (owners.get(it.metadata.uid)?.length ?? 0) > 0 && !it.metadata.ownerReferences?.length)).toBe(false);
    plane.close();
  },
);
