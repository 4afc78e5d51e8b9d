import { expect, test } from 'vitest';
import {
  type AnyKind,
  type apps,
  type batch,
  type core,
  deployment,
  pod,
  replicaSet,
  resourceQuota,
  service,
  statefulSet,
} from '../../../src/kinds/index.ts';
import { isDeleting } from '../../../src/meta/owner.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { acts, creates, deaf, sees, silent, together, twice, updates } from '../../simulation/broken.ts';
import type { Parts } from '../../simulation/control-plane.ts';
import type { Family } from '../../simulation/families/family.ts';
import { families } from '../../simulation/families/index.ts';
import { rollOut, scale } from '../../simulation/families/workloads.ts';
import { quotasHold } from '../../simulation/invariants/budgets.ts';
import { recreateNeverOverlaps } from '../../simulation/invariants/replicas.ts';
import { endpointsAreTrue } from '../../simulation/invariants/endpoints.ts';
import { templateOf } from '../../simulation/objects.ts';
import { runSeed } from '../../simulation/run.ts';
import { createWorld } from '../../simulation/world.ts';

const familyOf = (name: string) => {
  const found = families.find((it) => it.name === name);
  if (!found) throw new Error(`no family ${name}`);
  return found;
};

const labelled = (app: string) => ({ selector: { matchLabels: { app } }, template: templateOf(app, 1) });
const held = { namespace: 'default', name: 'web' };

/** One that rolls out now and then, and nothing else happens. */
const recreating: Family = {
  ...familyOf('deployment'),
  async begin({ user, agents }) {
    await agents.addNode('n1', {});
    await user.create(deployment, { metadata: held, spec: { replicas: 3, strategy: { type: 'Recreate' }, ...labelled('web') } });
  },
  operations: { rollOut: rollOut(deployment, 1) },
  invariants: () => [recreateNeverOverlaps],
};
const partitioned: Family = {
  ...familyOf('statefulset'),
  async begin({ user, agents }) {
    await agents.addNode('n1', {});
    const updateStrategy = { type: 'RollingUpdate' as const, rollingUpdate: { partition: 2 } };
    await user.create(statefulSet, { metadata: held, spec: { replicas: 4, serviceName: 'web', updateStrategy, ...labelled('web') } });
  },
  operations: { rollOut: rollOut(statefulSet, 1) },
};
const claiming: Family = {
  ...familyOf('statefulset'),
  async begin({ user, agents }) {
    await agents.addNode('n1', {});
    const claim = { metadata: { name: 'disk' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
    const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Delete' as const, whenDeleted: 'Retain' as const };
    const volumeClaimTemplates = [claim as unknown as core.PersistentVolumeClaim];
    const spec = { replicas: 3, serviceName: 'web', volumeClaimTemplates, persistentVolumeClaimRetentionPolicy, ...labelled('web') };
    await user.create(statefulSet, { metadata: held, spec });
  },
  operations: { scale: scale(statefulSet, 4) },
};

/** A set that is to be empty, as if it were. */
const emptied = (it: apps.ReplicaSet): apps.ReplicaSet =>
  it.spec.replicas === 0 ? { ...it, status: { replicas: 0, observedGeneration: it.metadata.generation ?? 1 } } : it;
/** A pod, as if it were well. */
const ready = (it: core.Pod): core.Pod => ({
  ...it,
  status: { ...it.status, phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});
const unpartitioned = (it: apps.StatefulSet): apps.StatefulSet => ({
  ...it,
  spec: { ...it.spec, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } },
});
/** Lets go of an owner that leaves its dependents behind, and takes them after all. */
const takesOrphans = acts('garbage-collector', (transport) => {
  const letGo: Array<[AnyKind, KubeObject]> = [];
  return {
    async update(kind, object, options) {
      const written = await transport.update(kind, object, options);
      if (!object.metadata.ownerReferences?.length && !isDeleting(object)) letGo.push([kind, object]);
      else if (isDeleting(object) && !object.metadata.finalizers?.includes('orphan'))
        for (const [of, it] of letGo.splice(0)) await transport.delete(of, it.metadata, {}).catch(() => undefined);
      return written;
    },
  };
});
/** Asks the most important one to make room. */
const wrongVictims = acts('scheduler', (transport) => ({
  async delete(kind, key, options) {
    const items = (await transport.list(kind, {})).items as core.Pod[];
    const most = Math.max(...items.map((it) => it.spec.priority ?? 0));
    const one = items.find((it) => it.spec.priority === most && !isDeleting(it));
    if (!one) return transport.delete(kind, key, options);
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }];
    await transport.update(kind, { ...one, status: { ...one.status, conditions } } as KubeObject, { subresource: 'status' });
    return transport.delete(kind, one.metadata, {});
  },
}));

/** Controllers that are broken on purpose: one that nobody notices would mean that nothing is checked. */
const cases: Array<[what: string, family: Family, parts: Parts, says: RegExp]> = [
  ['a set that makes each pod twice', familyOf('deployment'), twice('replicaset'), /a set never has more pods than were asked for/],
  [
    'a deployment that lets its new set grow at once',
    familyOf('deployment'),
    creates('deployment', (_, it: apps.ReplicaSet) => ({ ...it, spec: { ...it.spec, replicas: 9 } })),
    /never has more pods than its surge allows/,
  ],
  [
    'a deployment that empties old sets at once',
    familyOf('deployment'),
    updates('deployment', (kind, it: apps.ReplicaSet) =>
      kind.kind === 'ReplicaSet' ? { ...it, spec: { ...it.spec, replicas: 0 } } : undefined,
    ),
    /gives up pods while too few are available|statuses of sets and deployments are so/,
  ],
  [
    'a set that does not say how many pods it has',
    familyOf('deployment'),
    silent('replicaset', 'replicasets'),
    /says replicas=|does not come to rest/,
  ],
  [
    'a stateful set that does not wait for its pods',
    familyOf('statefulset'),
    sees('statefulset', pod, ready),
    /was made while|was replaced|ready pods of|says readyReplicas|an ordinal never runs twice/,
  ],
  ['a daemon set that makes each pod twice', familyOf('daemonset'), twice('daemonset'), /a daemon set has one pod on a node/],
  ['a job that makes each pod twice', familyOf('job'), twice('job'), /has \d+ pods at once|two pods of index|says active/],
  [
    'a job that counts everything twice',
    familyOf('job'),
    updates('job', (kind, it: batch.Job) =>
      kind.kind === 'Job' && it.status?.succeeded ? { ...it, status: { ...it.status, succeeded: it.status.succeeded * 2 } } : undefined,
    ),
    /a job counts each of its pods once/,
  ],
  [
    'a job that does not let go of what it counted',
    familyOf('job'),
    silent('job', 'pods'),
    /waits to be counted|does not come to rest|a job counts/,
  ],
  [
    'a cron job that does not know what it started',
    familyOf('job'),
    together(
      creates('cronjob', (_, it: batch.Job) => ({ ...it, metadata: { ...it.metadata, name: `${it.metadata.name}x${counter()}` } })),
      updates('cronjob', (kind, it: batch.CronJob) => (kind.kind === 'CronJob' ? { ...it, status: {} } : undefined)),
    ),
    /a cron job starts each time once/,
  ],
  [
    'a budget that allows whatever is asked',
    familyOf('disruption'),
    updates('disruption', (kind, it: { status?: object }) =>
      kind.kind === 'PodDisruptionBudget' ? { ...it, status: { ...it.status, disruptionsAllowed: 5 } } : undefined,
    ),
    /an eviction never takes more than a budget allows/,
  ],
  ['a collector that leaves pods alone', familyOf('garbage'), deaf('garbage-collector', 'pods'), /nothing is left|does not come to rest/],
  [
    'a namespace that does not look what is in it',
    familyOf('garbage'),
    acts('namespace', () => ({ list: async () => ({ items: [], resourceVersion: '1' }) })),
    /a namespace goes when it is empty/,
  ],
  [
    'a scheduler that takes any node',
    familyOf('scheduler'),
    acts('scheduler', ({ post }) => ({
      post: (kind, key, subresource, body) => post(kind, key, subresource, { ...(body as object), target: { kind: 'Node', name: 'n1' } }),
    })),
    /a pod comes to a node that suits it/,
  ],
  [
    'a Recreate deployment that does not wait for old pods',
    recreating,
    together(
      sees('deployment', replicaSet, emptied),
      sees('deployment', pod, () => undefined),
    ),
    /a Recreate deployment has pods of one template at a time: Deployment default\/web has web-\S+ while/,
  ],
  [
    'a stateful set that does not hand claims over',
    claiming,
    silent('statefulset', 'persistentvolumeclaims'),
    /claims that go with a pod belong to it before it is given up: Pod \S+ was given up, and disk-\S+ stays/,
  ],
  [
    'a stateful set that does not know its partition',
    partitioned,
    sees('statefulset', statefulSet, unpartitioned),
    /was replaced below partition 2/,
  ],
  ['a scheduler that takes the most important pods away', familyOf('scheduler'), wrongVictims, /made room, and nobody is more important/],
  [
    'a scheduler that does not say for whom a pod goes',
    familyOf('scheduler'),
    silent('scheduler', 'pods'),
    /made room and does not say so/,
  ],
  [
    'a collector that does not see what holds an owner back',
    familyOf('garbage'),
    sees('garbage-collector', pod, () => undefined),
    /who is deleted in the foreground goes last: \S+ \S+ went before Pod/,
  ],
  ['a collector that takes orphans', familyOf('garbage'), takesOrphans, /orphans stay: \S+ \S+ was left behind on purpose, and collected/],
];

test.each(cases)('%s is found out', async (_, family, parts, says) => {
  let said: string[] = [];
  for (let seed = 1; seed <= 4 && said.length === 0; seed++) {
    said = (await runSeed(family, { seed, steps: 600, parts })).broken;
  }
  expect(said.join('\n')).toMatch(says);
});

let count = 0;
const counter = (): number => ++count;

test('a service that leads nowhere is found out', async () => {
  const world = await createWorld(1);
  await world.agents.addNode('n1', {});
  const metadata = { namespace: 'default', name: 'web', labels: { app: 'web' } };
  await world.user.create(service, { metadata, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
  await world.user.create(pod, { metadata, spec: { nodeName: 'n1', ...templateOf('web', 1).spec } as core.PodSpec });
  await world.clock.advance(60_000);
  const said = [...(endpointsAreTrue.quiet?.(world) ?? [])];
  expect(said[0]).toMatch(/Service default\/web leads to nothing, and should to 10\.244\.0\.2/);
  world.close();
});

test('a quota that is exceeded is found out', async () => {
  const world = await createWorld(1);
  const draft = (name: string) => ({ metadata: { namespace: 'default', name }, spec: templateOf('web', 1).spec as core.PodSpec });
  await world.user.create(pod, draft('a'));
  const second = await world.user.create(pod, draft('b'));
  await world.user.create(resourceQuota, { metadata: { namespace: 'default', name: 'small' }, spec: { hard: { pods: '1' } } });
  // As if the second had come only now.
  const said = [...(quotasHold.after?.({ kind: pod as AnyKind, now: second, was: undefined, revision: 1 }, world) ?? [])];
  expect(said).toEqual(['ResourceQuota default/small allows 1 pods, and there are 2']);
  world.close();
});
