import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { claimOf, classOf, nodeOf, volumeOf } from '../../../test/fixtures/controllers/objects.ts';
import { node, persistentVolume, persistentVolumeClaim, storageClass } from '../../kinds/index.ts';
import { minutes, seconds } from '../../lib/clock.ts';
import { volumeProvisioner } from '../volume-provisioner/reconcile.ts';
import { claimBinder } from './reconcile-claim.ts';
import { volumeReclaimer } from './reconcile-volume.ts';

test.each([1, 2, 3, 4, 5, 6])(
  'however late news come and whatever fails, no volume has two claims, no claim two volumes (seed %i)',
  async (seed) => {
    const plane = await startLaggingPlane([claimBinder, volumeReclaimer, volumeProvisioner], { seed, lag: seconds(2) });
    const { client, clock, random, server } = plane;
    server.seed(node, nodeOf('n1'));
    await client.create(storageClass, classOf('ours'));
    plane.failures = 0.2;
    const claims = async () => (await client.list(persistentVolumeClaim, { namespace: 'default' })).items;
    const volumes = async () => (await client.list(persistentVolume)).items;
    const held = new Map<string, string>();
    let serial = 0;
    for (let round = 0; round < 25; round++) {
      const name = `c${serial++}`;
      server.seed(
        persistentVolumeClaim,
        claimOf(name, { storageClassName: random.next() < 0.5 ? 'ours' : 'shelf' }, { uid: `uid-${name}-${round}` }),
      );
      if (random.next() < 0.6) server.seed(persistentVolume, volumeOf(`v${round}`, { storageClassName: 'shelf' }));
      for (const it of await claims()) if (random.next() < 0.05) await client.delete(persistentVolumeClaim, it.metadata);
      if (round % 5 === 1) plane.cutWatches();
      await clock.advance(random.next() * seconds(4));
      for (const { metadata, spec, status } of await claims()) {
        if (status?.phase !== 'Bound') continue;
        const volume = spec.volumeName ?? '';
        expect(held.get(metadata.uid) ?? volume).toBe(volume);
        held.set(metadata.uid, volume);
      }
    }
    expect(new Set(held.values()).size).toBe(held.size);
    plane.failures = 0;
    await clock.advance(minutes(20));
    const all = await volumes();
    for (const { metadata, spec, status } of await claims()) {
      const mine = all.filter((it) => it.spec.claimRef?.uid === metadata.uid);
      if (spec.storageClassName === 'ours' || mine.length > 0) {
        expect([status?.phase, mine.map((it) => it.metadata.name)]).toEqual(['Bound', [spec.volumeName]]);
        expect(mine[0]?.status?.phase).toBe('Bound');
      } else expect(all.filter((it) => it.spec.storageClassName === 'shelf' && it.status?.phase === 'Available')).toEqual([]);
    }
    // Those of ours whose claim has gone have gone too.
    const alive = new Set((await claims()).map((it) => it.metadata.uid));
    expect(all.filter((it) => it.spec.csi && !it.metadata.deletionTimestamp && !alive.has(it.spec.claimRef?.uid ?? ''))).toEqual([]);
    plane.close();
  },
);
