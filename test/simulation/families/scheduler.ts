import { type core, node, pod, priorityClass } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { lesserGiveWay, placesAreRight } from '../invariants/placement.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines, removeNode } from './machines.ts';

const namespace = 'default';
const apps = ['a', 'b', 'c'];
const nodeNames = ['n1', 'n2', 'n3', 'n4', 'n5'];
const room = { cpu: '2', memory: '4Gi', pods: '6' };
const mostPods = 30;

/** A pod with whatever a scheduler has to mind. */
function anyPod({ draw }: World, name: string, app: string): core.PodSpec {
  const zone = draw.chance(0.5) ? 'east' : 'west';
  const apart = { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' };
  return {
    ...(draw.chance(0.2) && { nodeSelector: { zone } }),
    ...(draw.chance(0.15) && { tolerations: [{ key: 'private', operator: 'Exists' as const }] }),
    ...(draw.chance(0.2) && { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } } }),
    ...(draw.chance(0.1) && {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' as const, labelSelector: apart.labelSelector },
      ],
    }),
    ...(draw.chance(0.5) && { priorityClassName: draw.one(['low', 'middle', 'high']) ?? 'low' }),
    ...(draw.chance(0.1) && { schedulingGates: [{ name: 'example.com/wait' }] }),
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        ...{ name, image: 'app:1' },
        resources: { requests: { cpu: `${draw.whole(1, 12)}00m`, memory: `${draw.whole(1, 20)}00Mi` } },
        ...(draw.chance(0.15) && { ports: [{ containerPort: 80, hostPort: 8080 }] }),
      },
    ],
  } as core.PodSpec;
}

export const schedulerFamily: Family = {
  name: 'scheduler',
  longest: seconds(15),
  async begin(world) {
    for (const [i, name] of nodeNames.slice(0, 4).entries())
      await world.agents.addNode(name, { room, labels: { zone: i % 2 ? 'east' : 'west' } });
    for (const [name, value] of [
      ['low', 10],
      ['middle', 100],
      ['high', 1_000],
    ] as const)
      await world.user.create(priorityClass, { metadata: { name }, value });
  },
  operations: {
    ...machines,
    create: {
      weight: 16,
      async run(world) {
        const { user, state, draw } = world;
        if (state.list(pod).length >= mostPods) return undefined;
        const name = `p${world.next()}`;
        const app = draw.one(apps) as string;
        const spec = anyPod(world, 'app', app);
        await user.create(pod, { metadata: { namespace, name, labels: { app } }, spec });
        return `pod ${name} is made: ${JSON.stringify({ ...spec, containers: spec.containers[0]?.resources })}`;
      },
    },
    remove: {
      weight: 12,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(pod));
        if (!it) return undefined;
        await user.delete(pod, it.metadata);
        return `pod ${it.metadata.name} is deleted`;
      },
    },
    openGate: {
      weight: 3,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(pod).filter((one) => one.spec.schedulingGates?.length));
        if (!it) return undefined;
        await user.change(pod, it, (draft) => {
          draft.spec.schedulingGates = [];
        });
        return `the gate of ${it.metadata.name} is open`;
      },
    },
    taint: {
      weight: 2,
      async run({ user, agents, draw }) {
        const name = draw.one([...agents.nodes]) as string;
        let said = '';
        await user.change(node, { name }, (draft) => {
          const others = (draft.spec?.taints ?? []).filter((it) => it.key !== 'private');
          const had = others.length < (draft.spec?.taints ?? []).length;
          draft.spec = { ...draft.spec, taints: had ? others : [...others, { key: 'private', effect: 'NoSchedule' }] };
          said = had ? 'open to all' : 'private';
        });
        return `${name} is ${said}`;
      },
    },
    addNode: {
      weight: 1,
      async run({ agents, draw }) {
        const name = draw.one(nodeNames.filter((it) => !agents.nodes.has(it)));
        if (name === undefined) return undefined;
        await Promise.race([agents.addNode(name, { room, labels: { zone: draw.chance(0.5) ? 'east' : 'west' } }), Promise.resolve()]);
        return `${name} joins`;
      },
    },
    removeNode,
  },
  invariants: () => [placesAreRight, lesserGiveWay, nothingIsLeft],
};
