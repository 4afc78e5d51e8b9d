import { deployment, replicaSet } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import {
  maxSurgeHolds,
  maxUnavailableHolds,
  neverTooManyPods,
  recreateNeverOverlaps,
  replicaStatusIsTrue,
} from '../invariants/replicas.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';
import { changeOne, remove, rollOut, scale } from './workloads.ts';

const namespace = 'default';
const names = ['web', 'api', 'shop'];

async function create({ user, state, draw }: World): Promise<string | undefined> {
  const name = draw.one(names.filter((it) => !state.get(deployment, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  const surge = draw.one([0, 1, 2, '25%', '50%']) ?? 1;
  const unavailable = draw.one([0, 1, 2, '25%', '50%']) ?? 0;
  const isRolling = draw.chance(0.8);
  const strategy = isRolling
    ? {
        type: 'RollingUpdate' as const,
        rollingUpdate: { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable },
      }
    : { type: 'Recreate' as const };
  const replicas = draw.whole(0, 7);
  await user.create(deployment, {
    metadata: { namespace, name },
    spec: {
      ...{ replicas, strategy, selector: { matchLabels: { app: name } }, template: templateOf(name, draw.whole(1, 3)) },
      ...{ revisionHistoryLimit: draw.whole(0, 2), minReadySeconds: draw.chance(0.3) ? draw.whole(1, 5) : 0 },
    },
  });
  return `deployment ${name}: ${replicas} replicas, ${JSON.stringify(strategy)}`;
}

export const deploymentFamily: Family = {
  name: 'deployment',
  longest: seconds(12),
  async begin(world) {
    for (const name of ['n1', 'n2', 'n3', 'n4']) await world.agents.addNode(name, {});
    await create(world);
    await create(world);
  },
  operations: {
    ...machines,
    create: { weight: 3, run: create },
    scale: scale(deployment, 8),
    rollOut: rollOut(deployment, 6),
    pause: {
      weight: 2,
      run: (world) =>
        changeOne(world, deployment, (draft) => {
          draft.spec.paused = !draft.spec.paused;
          return draft.spec.paused ? 'paused' : 'resumed';
        }),
    },
    strategy: {
      weight: 1,
      run: (world) =>
        changeOne(world, deployment, (draft) => {
          const rollingUpdate = { maxSurge: world.draw.whole(0, 2), maxUnavailable: world.draw.whole(1, 2) };
          draft.spec.strategy = world.draw.chance(0.2) ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate };
          return `strategy ${JSON.stringify(draft.spec.strategy)}`;
        }),
    },
    deleteSet: {
      weight: 1,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(replicaSet));
        if (!it) return undefined;
        await user.delete(replicaSet, it.metadata, { preconditions: { uid: it.metadata.uid } });
        return `set ${it.metadata.name} is deleted`;
      },
    },
    remove: remove(deployment, 'deployment'),
  },
  invariants: () => [neverTooManyPods, maxSurgeHolds, maxUnavailableHolds, recreateNeverOverlaps, replicaStatusIsTrue, nothingIsLeft],
};
