import { type apps, deployment, replicaSet } from '../../../src/kinds/index.ts';
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

const namespace = 'default';
const names = ['web', 'api', 'shop'];
const anyDeployment = ({ state, draw }: World): apps.Deployment | undefined => draw.one(state.list(deployment));

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

async function change(world: World, what: (draft: apps.Deployment) => string): Promise<string | undefined> {
  const it = anyDeployment(world);
  if (!it) return undefined;
  let said = '';
  await world.user.change(deployment, it, (draft) => {
    said = what(draft);
  });
  return `${it.metadata.name}: ${said}`;
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
    scale: {
      weight: 5,
      run: (world) =>
        change(world, (draft) => {
          draft.spec.replicas = world.draw.whole(0, 8);
          return `scaled to ${draft.spec.replicas}`;
        }),
    },
    rollOut: {
      weight: 6,
      run: (world) =>
        change(world, (draft) => {
          const version = world.draw.whole(1, 4);
          draft.spec.template = templateOf(draft.metadata.name, version);
          return `rolls out version ${version}`;
        }),
    },
    pause: {
      weight: 2,
      run: (world) =>
        change(world, (draft) => {
          draft.spec.paused = !draft.spec.paused;
          return draft.spec.paused ? 'paused' : 'resumed';
        }),
    },
    strategy: {
      weight: 1,
      run: (world) =>
        change(world, (draft) => {
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
    remove: {
      weight: 1,
      async run(world) {
        const it = anyDeployment(world);
        if (!it) return undefined;
        const propagationPolicy = world.draw.one(['Foreground', 'Background'] as const) ?? 'Background';
        await world.user.delete(deployment, it.metadata, { propagationPolicy });
        return `deployment ${it.metadata.name} is deleted, ${propagationPolicy}`;
      },
    },
  },
  invariants: () => [neverTooManyPods, maxSurgeHolds, maxUnavailableHolds, recreateNeverOverlaps, replicaStatusIsTrue, nothingIsLeft],
};
