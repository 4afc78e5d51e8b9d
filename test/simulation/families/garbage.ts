import {
  type AnyKind,
  configMap,
  deployment,
  job,
  namespace,
  persistentVolumeClaim,
  pod,
  replicaSet,
  service,
  statefulSet,
} from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { isDeleting, ownerReference } from '../../../src/meta/owner.ts';
import { isReason } from '../../../src/meta/status-error.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { foregroundWaits, namespacesGoEmpty, nothingIsLeft, orphansStay } from '../invariants/garbage.ts';
import { templateOf } from '../objects.ts';
import type { World } from '../world.ts';
import type { Family } from './family.ts';
import { machines } from './machines.ts';

const places = ['red', 'green', 'blue'];

/** Makes one thing in a namespace that is there; a namespace on its way out refuses, and rightly. */
async function make(world: World): Promise<string | undefined> {
  const { user, state, draw } = world;
  const where = draw.one(places.filter((it) => state.get(namespace, it)));
  if (where === undefined) return undefined;
  const name = `it${world.next()}`;
  const metadata = { namespace: where, name };
  const spec = { replicas: draw.whole(0, 3), selector: { matchLabels: { app: name } }, template: templateOf(name, 1) };
  const any = draw.whole(0, 5);
  try {
    if (any === 0) await user.create(deployment, { metadata, spec });
    else if (any === 1) await user.create(replicaSet, { metadata, spec });
    else if (any === 2) await user.create(statefulSet, { metadata, spec: { ...spec, serviceName: name } });
    else if (any === 3)
      await user.create(job, { metadata, spec: { template: templateOf(name, 1, { restartPolicy: 'Never' }), completions: 2 } });
    else if (any === 4) await user.create(service, { metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } });
    else await user.create(configMap, { metadata: { ...metadata, ownerReferences: ownersIn(world, where) } });
  } catch (error) {
    if (!isReason(error, 'Forbidden', 'NotFound')) throw error;
    return undefined;
  }
  return `${where}/${name} is made`;
}

/** Up to two owners in the same namespace, of whatever kind. */
function ownersIn({ state, draw }: World, where: string) {
  const of = (kind: AnyKind): KubeObject[] => state.list(kind).filter((it) => it.metadata.namespace === where);
  const candidates = [deployment, replicaSet, configMap, job].flatMap((kind) =>
    of(kind as AnyKind).map((it) => [kind as AnyKind, it] as const),
  );
  const picked = [draw.one(candidates), draw.chance(0.4) ? draw.one(candidates) : undefined].filter((it) => it !== undefined);
  const different = picked.filter(([, it], i) => picked.findIndex(([, other]) => other === it) === i);
  return different.map(([kind, it], i) => ({ ...ownerReference(kind, it), controller: i === 0, blockOwnerDeletion: draw.chance(0.7) }));
}

export const garbageFamily: Family = {
  name: 'garbage',
  longest: seconds(8),
  async begin(world) {
    for (const name of ['n1', 'n2', 'n3']) await world.agents.addNode(name, {});
    for (const name of places) await world.user.create(namespace, { metadata: { name }, spec: {} });
    for (let i = 0; i < 6; i++) await make(world);
  },
  operations: {
    ...machines,
    make: { weight: 14, run: make },
    makeNamespace: {
      weight: 4,
      async run({ user, state, draw }) {
        const name = draw.one(places.filter((it) => !state.get(namespace, it)));
        if (name === undefined) return undefined;
        await user.create(namespace, { metadata: { name }, spec: {} });
        return `namespace ${name} is made`;
      },
    },
    removeNamespace: {
      weight: 3,
      async run({ user, state, draw }) {
        const name = draw.one(places.filter((it) => state.get(namespace, it)));
        if (name === undefined) return undefined;
        await user.delete(namespace, { name });
        return `namespace ${name} is deleted`;
      },
    },
    remove: {
      weight: 10,
      async run({ user, state, draw }) {
        const kind = draw.one([deployment, replicaSet, statefulSet, job, configMap, service] as unknown as AnyKind[]) as AnyKind;
        const it = draw.one(state.list(kind).filter((one) => !isDeleting(one) && places.includes(one.metadata.namespace ?? '')));
        if (!it) return undefined;
        const propagationPolicy = draw.one(['Foreground', 'Background', 'Orphan'] as const) ?? 'Background';
        await user.delete(kind, it.metadata, { propagationPolicy });
        return `${kind.kind} ${it.metadata.name} is deleted, ${propagationPolicy}`;
      },
    },
    /** Two that own each other: whoever is deleted first takes the other along, if all is well. */
    circle: {
      weight: 2,
      async run({ user, state, draw }) {
        const maps = state.list(configMap).filter((it) => it.metadata.name.startsWith('it'));
        const [first, second] = [draw.one(maps), draw.one(maps)];
        if (!first || !second || first === second || first.metadata.namespace !== second.metadata.namespace) return undefined;
        await user.change(configMap, first, (draft) => {
          draft.metadata.ownerReferences = [{ ...ownerReference(configMap, second), controller: false }];
        });
        await user.change(configMap, second, (draft) => {
          draft.metadata.ownerReferences = [{ ...ownerReference(configMap, first), controller: false }];
        });
        return `${first.metadata.name} and ${second.metadata.name} own each other`;
      },
    },
    claim: {
      weight: 2,
      async run({ user, state, draw, next }) {
        const where = draw.one(places.filter((it) => state.get(namespace, it)));
        if (where === undefined) return undefined;
        const name = `disk${next()}`;
        try {
          await user.create(persistentVolumeClaim, {
            metadata: { namespace: where, name },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          });
        } catch (error) {
          if (!isReason(error, 'Forbidden', 'NotFound')) throw error;
          return undefined;
        }
        return `claim ${where}/${name} is made`;
      },
    },
  },
  async calmDown({ user, state }) {
    // What was orphaned has no end of its own; it would be more with every step.
    for (const kind of [deployment, replicaSet, statefulSet, job, configMap, service, persistentVolumeClaim] as unknown as AnyKind[]) {
      for (const it of state.list(kind)) {
        // Whoever is asked twice goes by the second wish.
        if (
          isDeleting(it) ||
          it.metadata.ownerReferences?.length ||
          !places.includes(it.metadata.namespace ?? '') ||
          it.metadata.name === 'kube-root-ca.crt'
        )
          continue;
        await user.delete(kind, it.metadata, { propagationPolicy: 'Background' });
      }
    }
    for (const it of state.list(pod)) if (!it.metadata.ownerReferences?.length) await user.delete(pod, it.metadata);
  },
  invariants: () => [nothingIsLeft, foregroundWaits(), namespacesGoEmpty, orphansStay()],
};
