import { type core, statefulSet } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { claimsAreHandedOver, identityIsOne, ordinalsInOrder, rolloutIsBounded, statefulStatusIsTrue } from '../invariants/stateful.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';
import { changeOne, remove, rollOut, scale } from './workloads.ts';

const namespace = 'default';
const names = ['db', 'queue', 'log'];

async function create({ user, state, draw }: World): Promise<string | undefined> {
  const name = draw.one(names.filter((it) => !state.get(statefulSet, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  const podManagementPolicy = draw.chance(0.6) ? 'OrderedReady' : 'Parallel';
  const claim = { metadata: { name: 'disk' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  const keep = (): 'Retain' | 'Delete' => (draw.chance(0.5) ? 'Retain' : 'Delete');
  const replicas = draw.whole(0, 5);
  await user.create(statefulSet, {
    metadata: { namespace, name },
    spec: {
      ...{ replicas, podManagementPolicy, serviceName: name, selector: { matchLabels: { app: name } } },
      template: templateOf(name, draw.whole(1, 3)),
      ...(draw.chance(0.3) && { ordinals: { start: draw.whole(0, 2) } }),
      ...(draw.chance(0.4) && {
        volumeClaimTemplates: [claim as unknown as core.PersistentVolumeClaim],
        persistentVolumeClaimRetentionPolicy: { whenDeleted: keep(), whenScaled: keep() },
      }),
      minReadySeconds: draw.chance(0.2) ? draw.whole(1, 4) : 0,
    },
  });
  return `set ${name}: ${replicas} replicas, ${podManagementPolicy}`;
}

export const statefulSetFamily: Family = {
  name: 'statefulset',
  longest: seconds(12),
  async begin(world) {
    for (const name of ['n1', 'n2', 'n3', 'n4']) await world.agents.addNode(name, {});
    await create(world);
    await create(world);
  },
  operations: {
    ...machines,
    create: { weight: 3, run: create },
    scale: scale(statefulSet, 6),
    rollOut: rollOut(statefulSet, 5),
    strategy: {
      weight: 2,
      run: (world) =>
        changeOne(world, statefulSet, (draft) => {
          const rollingUpdate = {
            partition: world.draw.whole(0, 3),
            ...(world.draw.chance(0.4) && { maxUnavailable: world.draw.whole(1, 3) }),
          };
          draft.spec.updateStrategy = world.draw.chance(0.15) ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate };
          return `strategy ${JSON.stringify(draft.spec.updateStrategy)}`;
        }),
    },
    start: {
      weight: 1,
      run: (world) =>
        changeOne(world, statefulSet, (draft) => {
          draft.spec.ordinals = { start: world.draw.whole(0, 2) };
          return `begins at ${draft.spec.ordinals.start}`;
        }),
    },
    remove: remove(statefulSet, 'set'),
  },
  invariants: () => [identityIsOne, ordinalsInOrder, rolloutIsBounded, claimsAreHandedOver, statefulStatusIsTrue, nothingIsLeft],
};
