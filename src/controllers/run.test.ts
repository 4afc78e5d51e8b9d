import { expect, test } from 'vitest';
import { createClient, createInformers, createMemoryTransport } from '../client/index.ts';
import { configMap, pod, replicaSet, secret } from '../kinds/index.ts';
import { seconds, sleep } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { again, type Controller, type ControllerContext, done, runControllers } from './run.ts';

function setUp(controller: Partial<Controller>) {
  const clock = new VirtualClock();
  const server = createMemoryTransport({ clock, random: seededRandom(1) });
  const client = createClient(server);
  const abort = new AbortController();
  const calls: string[] = [];
  const components: string[] = [];
  const metrics = createMetrics();
  const start = async () => {
    const { signal } = abort;
    const deps = { client, clock, log: silentLog, signal };
    const informers = createInformers(client, deps);
    const it: Controller = {
      name: 'replicaset',
      for: replicaSet,
      async reconcile(key, context) {
        calls.push(key);
        return (await controller.reconcile?.(key, context)) ?? done;
      },
      ...('owns' in controller && { owns: controller.owns }),
      ...('also' in controller && { also: controller.also }),
    };
    const recorderFor = (component: string) => {
      components.push(component);
      return { record: () => {} };
    };
    await runControllers([it], { rootCa: '', nodeMonitorGrace: 0, cluster: 'test' }, { ...deps, informers, metrics, recorderFor });
    await clock.advance(0);
  };
  const heard = async (act: () => Promise<unknown>): Promise<string[]> => {
    calls.length = 0;
    await act();
    await clock.advance(0);
    return [...calls];
  };
  return { clock, server, client, calls, components, start, heard, abort, metrics: () => metrics.text() };
}
const at = (name: string) => ({ metadata: { name, namespace: 'default' } });
const ownedBy = (name: string) => ({
  metadata: {
    ...{ name: `${name}-pod`, namespace: 'default' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true }],
  },
  spec: { containers: [] },
});

test('what is there at the start is worked on when all caches are full', async () => {
  let seen: number | undefined;
  const { server, start, calls, components } = setUp({
    owns: [pod],
    async reconcile(_, { informers }: ControllerContext) {
      seen ??= informers.of(pod).list().length;
      return done;
    },
  });
  server.seed(replicaSet, at('a'));
  server.seed(replicaSet, at('b'));
  for (let i = 0; i < 5; i++) server.seed(pod, { ...ownedBy('a'), metadata: { ...ownedBy('a').metadata, name: `p${i}` } });
  await start();
  expect([calls, seen, components]).toEqual([['default/a', 'default/b'], 5, ['replicaset-controller']]);
});

test('a key is due by its object, by what it owns (before and after), and by what else matters', async () => {
  const { client, start, heard } = setUp({ owns: [pod], also: [{ kind: configMap, keys: (it) => [`default/from-${it.metadata.name}`] }] });
  await start();
  expect(await heard(() => client.create(replicaSet, { ...at('a'), spec: { selector: {} } }))).toEqual(['default/a']);
  expect(await heard(() => client.create(pod, ownedBy('a')))).toEqual(['default/a']);
  const moved = await heard(() =>
    client.change(pod, { namespace: 'default', name: 'a-pod' }, (draft) => {
      draft.metadata.ownerReferences = ownedBy('b').metadata.ownerReferences;
    }),
  );
  expect(moved.sort()).toEqual(['default/a', 'default/b']);
  expect(await heard(() => client.delete(pod, { namespace: 'default', name: 'a-pod' }))).toEqual(['default/b']);
  expect(await heard(() => client.create(configMap, at('x')))).toEqual(['default/from-x']);
  expect(await heard(() => client.create(secret, at('x')))).toEqual([]);
  expect(await heard(() => client.delete(replicaSet, at('a').metadata))).toEqual(['default/a']);
});

test('what fails comes back later and later, what asks for it when it asks', async () => {
  let failing = 3;
  const { clock, client, start, calls } = setUp({
    async reconcile() {
      failing -= 1;
      if (failing >= 0) throw new Error('not yet');
      return failing === -1 ? again(seconds(10)) : done;
    },
  });
  await start();
  await client.create(replicaSet, { ...at('a'), spec: { selector: {} } });
  const times: number[] = [];
  for (const span of [0, 7, 14, 27, seconds(9), seconds(2), seconds(60)]) {
    await clock.advance(span);
    times.push(calls.length);
  }
  expect(times).toEqual([1, 2, 3, 4, 4, 5, 5]);
});

test('how many keys wait, for how long, how long they take and how many fail is measured', async () => {
  let failing = true;
  const { clock, client, start, metrics } = setUp({
    async reconcile(_, context) {
      await sleep(context.clock, seconds(2));
      if (failing) throw new Error('not yet');
      return done;
    },
  });
  await start();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await client.create(replicaSet, { ...at(name), spec: { selector: {} } });
  await clock.advance(seconds(1));
  expect(await metrics()).toMatch(/^peapod_controller_queue_keys\{controller="replicaset"\} 5$/m);
  await clock.advance(seconds(2));
  failing = false;
  await clock.advance(seconds(10));
  const text = await metrics();
  // One found no worker at first; four failed, and the fifth was worked on after that.
  expect(text).toMatch(/^peapod_controller_queue_seconds_bucket\{le="1",controller="replicaset"\} [5-9]$/m);
  expect(text).toMatch(/^peapod_controller_reconcile_seconds_count\{controller="replicaset"\} 9$/m);
  expect(text).toMatch(/^peapod_controller_retries_total\{controller="replicaset"\} 4$/m);
});

test('after the end nothing is begun', async () => {
  const { client, start, heard, abort } = setUp({});
  await start();
  abort.abort();
  expect(await heard(() => client.create(replicaSet, { ...at('a'), spec: { selector: {} } }))).toEqual([]);
});
