import { deployment, endpointSlice, endpoints, pod, service } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { endpointsAreTrue, endpointsWereTrue } from '../invariants/endpoints.ts';
import { nothingIsLeft } from '../invariants/garbage.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';

const namespace = 'default';
const apps = ['web', 'api'];
const names = ['front', 'back', 'all'];

async function create({ user, state, draw }: World): Promise<string | undefined> {
  const name = draw.one(names.filter((it) => !state.get(service, `${namespace}/${it}`)));
  if (name === undefined) return undefined;
  const app = draw.one(apps) as string;
  await user.create(service, {
    metadata: { namespace, name, labels: { app } },
    spec: {
      ...{ selector: { app }, ports: [{ port: 80, targetPort: 80 }] },
      ...(draw.chance(0.3) && { clusterIP: 'None' }),
      ...(draw.chance(0.2) && { publishNotReadyAddresses: true }),
    },
  });
  return `service ${name} leads to ${app}`;
}

export const servicesFamily: Family = {
  name: 'services',
  longest: seconds(10),
  async begin(world) {
    for (const name of ['n1', 'n2', 'n3', 'n4']) await world.agents.addNode(name, {});
    for (const name of apps) {
      const spec = { replicas: 4, selector: { matchLabels: { app: name } }, template: templateOf(name, 1) };
      await world.user.create(deployment, { metadata: { namespace, name }, spec });
    }
    await create(world);
    await create(world);
  },
  operations: {
    ...machines,
    crashPod: { ...machines.crashPod, weight: 10 } as (typeof machines)[string],
    create: { weight: 4, run: create },
    scale: {
      weight: 5,
      async run({ user, draw }) {
        const name = draw.one(apps) as string;
        const replicas = draw.whole(0, 8);
        await user.change(deployment, { namespace, name }, (draft) => {
          draft.spec.replicas = replicas;
        });
        return `${name} is scaled to ${replicas}`;
      },
    },
    rollOut: {
      weight: 3,
      async run({ user, draw }) {
        const name = draw.one(apps) as string;
        const version = draw.whole(1, 3);
        await user.change(deployment, { namespace, name }, (draft) => {
          draft.spec.template = templateOf(name, version);
        });
        return `${name} rolls out version ${version}`;
      },
    },
    lead: {
      weight: 3,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(service));
        if (!it) return undefined;
        const app = draw.one(apps) as string;
        await user.change(service, it, (draft) => {
          draft.metadata.labels = { app };
          draft.spec.selector = { app };
        });
        return `service ${it.metadata.name} now leads to ${app}`;
      },
    },
    takeOut: {
      weight: 2,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(pod));
        if (!it) return undefined;
        await user.change(pod, it, (draft) => {
          draft.metadata.labels = { ...draft.metadata.labels, app: 'nobody' };
        });
        return `pod ${it.metadata.name} is taken out of its service`;
      },
    },
    /** What is derived may be deleted by anybody, and comes back. */
    spoil: {
      weight: 2,
      async run({ user, state, draw }) {
        const slice = draw.one(state.list(endpointSlice));
        const old = draw.one(state.list(endpoints));
        if (draw.chance(0.5) && slice) await user.delete(endpointSlice, slice.metadata);
        else if (old) await user.delete(endpoints, old.metadata);
        else return undefined;
        return 'a slice or endpoints are deleted';
      },
    },
    remove: {
      weight: 2,
      async run({ user, state, draw }) {
        const it = draw.one(state.list(service));
        if (!it) return undefined;
        await user.delete(service, it.metadata);
        return `service ${it.metadata.name} is deleted`;
      },
    },
  },
  async calmDown({ user, state }) {
    // Those that were taken out are nobody's: somebody has looked at them, and lets them go.
    for (const it of state.list(pod)) if (it.metadata.labels?.app === 'nobody') await user.delete(pod, it.metadata);
  },
  invariants: () => [endpointsAreTrue, endpointsWereTrue(), nothingIsLeft],
};
