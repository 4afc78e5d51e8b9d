import { type apps, daemonSet, node } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { daemonRolloutIsBounded, daemonStatusIsTrue, onePerNode } from '../invariants/daemons.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines, removeNode } from './machines.ts';
import { changeOne, remove } from './workloads.ts';

const namespace = 'default';
const names = ['agent', 'logs'];
const allNodes = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];

async function create({ user, state, draw }: World): Promise<string | undefined> {
  const name = draw.one(names.filter((it) => !state.get(daemonSet, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  await user.create(daemonSet, {
    metadata: { namespace, name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: templateOf(name, draw.whole(1, 3), draw.chance(0.3) ? { nodeSelector: { disk: 'fast' } } : {}),
      updateStrategy: strategyOf(draw),
      minReadySeconds: draw.chance(0.2) ? draw.whole(1, 4) : 0,
    },
  });
  return `daemon set ${name} is made`;
}

function strategyOf(draw: World['draw']): apps.DaemonSetUpdateStrategy {
  if (draw.chance(0.1)) return { type: 'OnDelete' };
  return draw.chance(0.4)
    ? { type: 'RollingUpdate', rollingUpdate: { maxSurge: draw.one([1, 2, '30%']) ?? 1, maxUnavailable: 0 } }
    : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: draw.one([1, 2, '50%']) ?? 1, maxSurge: 0 } };
}

export const daemonSetFamily: Family = {
  name: 'daemonset',
  longest: seconds(12),
  async begin(world) {
    for (const name of allNodes.slice(0, 4))
      await world.agents.addNode(name, { labels: { disk: world.draw.chance(0.5) ? 'fast' : 'slow' } });
    await create(world);
    await create(world);
  },
  operations: {
    ...machines,
    create: { weight: 2, run: create },
    rollOut: {
      weight: 6,
      run: (world) =>
        changeOne(world, daemonSet, (draft) => {
          const version = world.draw.whole(1, 4);
          const { nodeSelector } = draft.spec.template.spec ?? {};
          draft.spec.template = templateOf(draft.metadata.name, version, nodeSelector ? { nodeSelector } : {});
          return `rolls out version ${version}`;
        }),
    },
    strategy: {
      weight: 2,
      run: (world) =>
        changeOne(world, daemonSet, (draft) => {
          draft.spec.updateStrategy = strategyOf(world.draw);
          return `strategy ${JSON.stringify(draft.spec.updateStrategy)}`;
        }),
    },
    label: {
      weight: 2,
      async run({ user, agents, draw }) {
        const name = draw.one([...agents.nodes]) as string;
        const disk = draw.chance(0.5) ? 'fast' : 'slow';
        await user.change(node, { name }, (draft) => {
          draft.metadata.labels = { ...draft.metadata.labels, disk };
        });
        return `${name} has a ${disk} disk`;
      },
    },
    taint: {
      weight: 2,
      async run({ user, agents, draw }) {
        const name = draw.one([...agents.nodes]) as string;
        const effect = draw.chance(0.5) ? 'NoSchedule' : 'NoExecute';
        let said = '';
        await user.change(node, { name }, (draft) => {
          const others = (draft.spec?.taints ?? []).filter((it) => it.key !== 'private');
          const had = others.length < (draft.spec?.taints ?? []).length;
          draft.spec = { ...draft.spec, taints: had ? others : [...others, { key: 'private', effect }] };
          said = had ? 'has no taint any more' : `is tainted, ${effect}`;
        });
        return `${name} ${said}`;
      },
    },
    addNode: {
      weight: 1,
      async run({ agents, draw }) {
        const name = draw.one(allNodes.filter((it) => !agents.nodes.has(it)));
        if (name === undefined) return undefined;
        await Promise.race([agents.addNode(name, { labels: { disk: draw.chance(0.5) ? 'fast' : 'slow' } }), Promise.resolve()]);
        return `${name} joins`;
      },
    },
    removeNode,
    remove: remove(daemonSet, 'daemon set'),
  },
  invariants: () => [onePerNode, daemonRolloutIsBounded, daemonStatusIsTrue, nothingIsLeft],
};
