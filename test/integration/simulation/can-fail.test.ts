import { expect, test } from 'vitest';
import type { Transport } from '../../../src/client/index.ts';
import { type AnyKind, type apps, type batch, type core, pod, resourceQuota, service } from '../../../src/kinds/index.ts';
import { families } from '../../simulation/families/index.ts';
import { quotasHold } from '../../simulation/invariants/budgets.ts';
import { endpointsAreTrue } from '../../simulation/invariants/endpoints.ts';
import { templateOf } from '../../simulation/objects.ts';
import { runSeed } from '../../simulation/run.ts';
import { createWorld } from '../../simulation/world.ts';

/** Controllers that are broken on purpose: one that nobody notices would mean that nothing is checked. */
type Tamper = (actor: string, transport: Transport) => Transport;

const familyOf = (name: string) => {
  const found = families.find((it) => it.name === name);
  if (!found) throw new Error(`no family ${name}`);
  return found;
};

/** A part whose writes are changed on their way. */
const updates =
  (who: string, change: (kind: AnyKind, object: never) => unknown): Tamper =>
  (actor, transport) =>
    actor !== who
      ? transport
      : {
          ...transport,
          update: (kind, object, options) => transport.update(kind, (change(kind, object as never) ?? object) as typeof object, options),
        };
const creates =
  (who: string, change: (kind: AnyKind, object: never) => unknown): Tamper =>
  (actor, transport) =>
    actor !== who
      ? transport
      : { ...transport, create: (kind, object, options) => transport.create(kind, change(kind, object as never) ?? object, options) };
/** A part whose requests of one sort are done twice. */
const twice =
  (who: string): Tamper =>
  (actor, transport) =>
    actor !== who
      ? transport
      : {
          ...transport,
          async create(kind, object, options) {
            if (kind === (pod as AnyKind)) await transport.create(kind, object, options);
            return transport.create(kind, object, options);
          },
        };
const deaf =
  (who: string, plural: string): Tamper =>
  (actor, transport) =>
    actor !== who
      ? transport
      : {
          ...transport,
          delete: (kind, key, options) =>
            kind.plural === plural ? Promise.resolve({ metadata: key } as never) : transport.delete(kind, key, options),
        };

/** A part that believes that its updates were written. */
const silent =
  (who: string, plural: string): Tamper =>
  (actor, transport) =>
    actor !== who
      ? transport
      : {
          ...transport,
          update: (kind, object, options) => (kind.plural === plural ? Promise.resolve(object) : transport.update(kind, object, options)),
        };

const cases: Array<[what: string, family: string, tamper: Tamper, says: RegExp]> = [
  ['a set that makes each pod twice', 'deployment', twice('replicaset'), /a set never has more pods than were asked for/],
  [
    'a deployment that lets its new set grow at once',
    'deployment',
    creates('deployment', (_, it: apps.ReplicaSet) => ({ ...it, spec: { ...it.spec, replicas: 9 } })),
    /never has more pods than its surge allows/,
  ],
  [
    'a deployment that empties old sets at once',
    'deployment',
    updates('deployment', (kind, it: apps.ReplicaSet) =>
      kind.kind === 'ReplicaSet' ? { ...it, spec: { ...it.spec, replicas: 0 } } : undefined,
    ),
    /gives up pods while too few are available|statuses of sets and deployments are so/,
  ],
  [
    'a set that does not say how many pods it has',
    'deployment',
    silent('replicaset', 'replicasets'),
    /says replicas=|does not come to rest/,
  ],
  [
    'a stateful set that does not wait for its pods',
    'statefulset',
    (actor, transport) => (actor !== 'informers' ? transport : { ...transport, list: all(transport), watch: readyWatch(transport) }),
    /was made while|was replaced|ready pods of|says readyReplicas|an ordinal never runs twice/,
  ],
  ['a daemon set that makes each pod twice', 'daemonset', twice('daemonset'), /a daemon set has one pod on a node/],
  ['a job that makes each pod twice', 'job', twice('job'), /has \d+ pods at once|two pods of index|says active/],
  [
    'a job that counts everything twice',
    'job',
    updates('job', (kind, it: batch.Job) =>
      kind.kind === 'Job' && it.status?.succeeded ? { ...it, status: { ...it.status, succeeded: it.status.succeeded * 2 } } : undefined,
    ),
    /a job counts each of its pods once/,
  ],
  ['a job that does not let go of what it counted', 'job', silent('job', 'pods'), /waits to be counted|does not come to rest|a job counts/],
  [
    'a cron job that does not know what it started',
    'job',
    creates('cronjob', (_, it: batch.Job) => ({
      ...it,
      metadata: { ...it.metadata, name: `${it.metadata.name}-${Math.floor(Number(it.metadata.name.slice(-3)))}x${counter()}` },
    })),
    /a cron job starts each time once/,
  ],
  [
    'a budget that allows whatever is asked',
    'disruption',
    updates('disruption', (kind, it: { status?: object }) =>
      kind.kind === 'PodDisruptionBudget' ? { ...it, status: { ...it.status, disruptionsAllowed: 5 } } : undefined,
    ),
    /an eviction never takes more than a budget allows/,
  ],
  ['a collector that leaves pods alone', 'garbage', deaf('garbage-collector', 'pods'), /nothing is left|does not come to rest/],
  [
    'a namespace that does not look what is in it',
    'garbage',
    (actor, transport) => (actor !== 'namespace' ? transport : { ...transport, list: async () => ({ items: [], resourceVersion: '1' }) }),
    /a namespace goes when it is empty/,
  ],
  [
    'a scheduler that takes any node',
    'scheduler',
    (actor, transport) =>
      actor !== 'scheduler'
        ? transport
        : {
            ...transport,
            post: (kind, key, subresource, body) =>
              transport.post(kind, key, subresource, { ...(body as object), target: { kind: 'Node', name: 'n1' } }),
          },
    /a pod comes to a node that suits it/,
  ],
];

test.each(cases)('%s is found out', async (_, family, tamper, says) => {
  let said: string[] = [];
  for (let seed = 1; seed <= 4 && said.length === 0; seed++) {
    said = (await runSeed(familyOf(family), { seed, steps: 600, parts: { tamper } })).broken;
  }
  expect(said.join('\n')).toMatch(says);
});

let count = 0;
const counter = (): number => ++count;

/** Pods as they are told by an informer that takes every pod for a ready one. */
const ready = (it: core.Pod): core.Pod => ({
  ...it,
  status: { ...it.status, phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});
const all =
  (transport: Transport): Transport['list'] =>
  async (kind, options) => {
    const list = await transport.list(kind, options);
    return kind === (pod as AnyKind) ? { ...list, items: list.items.map((it) => ready(it as core.Pod)) } : list;
  };
const readyWatch = (transport: Transport): Transport['watch'] =>
  async function* watch(kind, options, signal) {
    for await (const event of transport.watch(kind, options, signal)) {
      if (kind === (pod as AnyKind) && event.type !== 'BOOKMARK') yield { ...event, object: ready(event.object as core.Pod) };
      else yield event;
    }
  };

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
