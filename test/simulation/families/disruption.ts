import { deployment, node, pod, podDisruptionBudget, type policy, resourceQuota, statefulSet } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { isReason } from '../../../src/meta/status-error.ts';
import { budgetsHold, quotasHold } from '../invariants/budgets.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { identityIsOne } from '../invariants/stateful.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';

const namespace = 'default';

function budgetOf({ draw }: World): policy.PodDisruptionBudgetSpec {
  const amount = draw.one([0, 1, 2, 3, '25%', '50%', '75%']) ?? 1;
  return {
    ...(draw.chance(0.5) ? { minAvailable: amount } : { maxUnavailable: amount }),
    ...(draw.chance(0.3) && { unhealthyPodEvictionPolicy: 'AlwaysAllow' as const }),
  };
}

async function budget(world: World): Promise<string | undefined> {
  const { user, state, draw } = world;
  const name = draw.one(['web', 'db']) as string;
  const spec = { ...budgetOf(world), selector: { matchLabels: { app: name } } };
  const said = JSON.stringify({ ...spec, selector: undefined });
  if (!state.get(podDisruptionBudget, `${namespace}/${name}`)) {
    await user.create(podDisruptionBudget, { metadata: { namespace, name }, spec });
    return `budget ${name}: ${said}`;
  }
  if (draw.chance(0.2)) {
    await user.delete(podDisruptionBudget, { namespace, name });
    return `budget ${name} is deleted`;
  }
  await user.change(podDisruptionBudget, { namespace, name }, (draft) => {
    draft.spec = spec;
  });
  return `budget ${name} is now ${said}`;
}

async function evictOne({ user }: World, name: string): Promise<string> {
  try {
    await user.post(pod, { namespace, name }, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } });
    return 'evicted';
  } catch (error) {
    if (isReason(error, 'TooManyRequests', 'NotFound', 'Conflict')) return 'kept';
    throw error;
  }
}

export const disruptionFamily: Family = {
  name: 'disruption',
  longest: seconds(12),
  async begin(world) {
    const { user, agents } = world;
    for (const name of ['n1', 'n2', 'n3', 'n4']) await agents.addNode(name, {});
    const labels = (app: string) => ({ selector: { matchLabels: { app } }, template: templateOf(app, 1) });
    await user.create(deployment, { metadata: { namespace, name: 'web' }, spec: { replicas: 5, ...labels('web') } });
    await user.create(statefulSet, { metadata: { namespace, name: 'db' }, spec: { replicas: 3, serviceName: 'db', ...labels('db') } });
    await user.create(resourceQuota, { metadata: { namespace, name: 'small' }, spec: { hard: { pods: '14' } } });
    await budget(world);
    await budget(world);
  },
  operations: {
    ...machines,
    budget: { weight: 4, run: budget },
    evict: {
      weight: 10,
      async run(world) {
        const it = world.draw.one(world.state.list(pod));
        if (!it) return undefined;
        return `pod ${it.metadata.name} is ${await evictOne(world, it.metadata.name)}`;
      },
    },
    /** Several at once: what each takes from a budget is taken from the others. */
    drain: {
      weight: 3,
      async run(world) {
        const { user, state, agents, draw } = world;
        const name = draw.one([...agents.nodes]) as string;
        await user.change(node, { name }, (draft) => {
          draft.spec = { ...draft.spec, unschedulable: true };
        });
        const here = state.list(pod).filter((it) => it.spec.nodeName === name);
        const ends = await Promise.all(here.map((it) => evictOne(world, it.metadata.name)));
        return `${name} is drained: ${ends}`;
      },
    },
    scale: {
      weight: 4,
      async run({ user, draw }) {
        const replicas = draw.whole(0, 7);
        const set = draw.chance(0.6);
        const resize = (draft: { spec: { replicas?: number } }): void => {
          draft.spec.replicas = replicas;
        };
        if (set) await user.change(deployment, { namespace, name: 'web' }, resize);
        else await user.change(statefulSet, { namespace, name: 'db' }, resize);
        return `${set ? 'web' : 'db'} is scaled to ${replicas}`;
      },
    },
    rollOut: {
      weight: 2,
      async run({ user, draw }) {
        const version = draw.whole(1, 4);
        await user.change(deployment, { namespace, name: 'web' }, (draft) => {
          draft.spec.template = templateOf('web', version);
        });
        return `web rolls out version ${version}`;
      },
    },
    quota: {
      weight: 2,
      async run({ user, draw }) {
        const pods = String(draw.whole(6, 16));
        await user.change(resourceQuota, { namespace, name: 'small' }, (draft) => {
          draft.spec.hard = { pods };
        });
        return `${pods} pods are allowed`;
      },
    },
  },
  async calmDown({ user }) {
    await user.change(resourceQuota, { namespace, name: 'small' }, (draft) => {
      draft.spec.hard = { pods: '40' };
    });
  },
  invariants: () => [budgetsHold, quotasHold, identityIsOne, nothingIsLeft],
};
