import { describe, expect, test } from 'vitest';
import { configMap, type core, pod } from '../kinds/index.ts';
import { silentLog } from '../lib/log.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { createClient } from './client.ts';
import { createInformers, type Informer } from './informer.ts';
import { createMemoryTransport } from './memory-transport.ts';

function setUp() {
  const clock = new VirtualClock();
  const server = createMemoryTransport({ clock, random: seededRandom(1) });
  const client = createClient(server);
  const abort = new AbortController();
  const informers = createInformers(client, { clock, log: silentLog, signal: abort.signal });
  const put = (name: string, value: string) => {
    const key = { namespace: 'default', name };
    return client
      .change(configMap, key, (it) => {
        it.data = { value };
      })
      .then(async (found) => found ?? (await client.create(configMap, { metadata: key, data: { value } })));
  };
  return { clock, server, client, informers, put, stop: () => abort.abort() };
}

/** What listeners are told, in words. */
function tellings(informer: Informer<core.ConfigMap>): string[] {
  const told: string[] = [];
  informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}=${object.data?.['value']}`));
  return told;
}

test('what is there is told as added, and every change after, once and in order', async () => {
  const { clock, informers, client, put } = setUp();
  await put('a', '1');
  const informer = informers.of(configMap);
  await informer.synced;
  const told = tellings(informer);
  await put('a', '2');
  await put('b', '1');
  await client.delete(configMap, { namespace: 'default', name: 'a' });
  await clock.advance(1);
  expect(told).toEqual(['added a=1', 'modified a=2', 'added b=1', 'deleted a=2']);
  expect(informer.list().map((it) => it.metadata.name)).toEqual(['b']);
  expect(informers.of(configMap)).toBe(informer);
});

describe('through faults nothing is lost and nothing told twice', () => {
  const faults: Array<[string, (server: ReturnType<typeof setUp>['server']) => void]> = [
    ['the watch is cut', (server) => server.cutWatches()],
    [
      'the watch is cut and the past forgotten',
      (server) => {
        server.cutWatches();
        server.compact();
      },
    ],
    ['events are repeated', (server) => server.repeatLast()],
    [
      'the server fails for a while',
      (server) => {
        let left = 5;
        server.failWith((verb) => (['list', 'watch'].includes(verb) && left-- > 0 ? new Error('down') : undefined));
        server.cutWatches();
      },
    ],
  ];
  for (const [name, fault] of faults) {
    test(name, async () => {
      const { clock, server, informers, client, put } = setUp();
      const informer = informers.of(configMap);
      await informer.synced;
      const told = tellings(informer);
      await put('a', '1');
      await put('b', '1');
      await clock.advance(1);
      fault(server);
      await put('a', '2');
      await client.delete(configMap, { namespace: 'default', name: 'b' });
      await clock.advance(60_000);
      await put('c', '1');
      await clock.advance(60_000);
      expect(told.filter((it) => it.includes('a='))).toEqual(['added a=1', 'modified a=2']);
      expect(told.filter((it) => it.includes('b='))).toEqual(['added b=1', 'deleted b=1']);
      expect(told.filter((it) => it.includes('c='))).toEqual(['added c=1']);
    });
  }
});

test('random histories with random cuts end in the server’s state, each step told once', async () => {
  const { clock, server, informers, client, put } = setUp();
  const random = seededRandom(7);
  const informer = informers.of(configMap);
  await informer.synced;
  const mirror = new Map<string, string>();
  informer.onChange(({ type, object, old }) => {
    const { name, uid } = object.metadata;
    if (type === 'added') expect(mirror.has(name)).toBe(false);
    else expect(old?.metadata.uid).toBe(uid);
    if (type === 'deleted') expect(mirror.delete(name)).toBe(true);
    else mirror.set(name, object.data?.['value'] ?? '');
  });
  for (let step = 0; step < 500; step++) {
    const name = `n${Math.floor(random.next() * 8)}`;
    const dice = random.next();
    if (dice < 0.6) await put(name, String(step));
    else if (dice < 0.8) await client.delete(configMap, { namespace: 'default', name });
    else if (dice < 0.9) server.cutWatches();
    else if (dice < 0.95) server.repeatLast();
    else server.compact();
    if (random.next() < 0.5) await clock.advance(random.next() * 1000);
  }
  await clock.advance(120_000);
  const there = (await client.list(configMap)).items.map((it) => [it.metadata.name, it.data?.['value']]);
  expect([...mirror].sort()).toEqual(there);
});

test('an object made anew under the same name during a gap is told as deleted, then added', async () => {
  const { clock, server, informers, client, put } = setUp();
  const informer = informers.of(configMap);
  await informer.synced;
  const told = tellings(informer);
  await put('a', '1');
  await clock.advance(1);
  server.failWith((verb) => (verb === 'watch' || verb === 'list' ? new Error('down') : undefined));
  server.cutWatches();
  await client.delete(configMap, { namespace: 'default', name: 'a' });
  await put('a', '2');
  server.compact();
  await clock.advance(1000);
  server.failWith(undefined);
  await clock.advance(60_000);
  expect(told).toEqual(['added a=1', 'deleted a=1', 'added a=2']);
});

test('a listener that throws costs nobody else anything', async () => {
  const { clock, informers, put } = setUp();
  const informer = informers.of(configMap);
  await informer.synced;
  informer.onChange(() => {
    throw new Error('a fault of mine');
  });
  const told = tellings(informer);
  await put('a', '1');
  await put('a', '2');
  await clock.advance(1);
  expect(told).toEqual(['added a=1', 'modified a=2']);
});

test('a server that ends every watch at once is asked ever more seldom', async () => {
  const { clock, server, informers } = setUp();
  let asked = 0;
  server.failWith((verb) => {
    if (verb === 'watch') {
      asked += 1;
      return new Error('no');
    }
    return undefined;
  });
  await informers.of(configMap).synced;
  await clock.advance(60_000);
  expect(asked).toBeGreaterThan(4);
  expect(asked).toBeLessThan(12);
});

test('objects are found by namespace and by owner, also after the owner changed', async () => {
  const { clock, informers, server, client } = setUp();
  const owner = (uid: string) => [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid, controller: true }];
  server.seed(pod, { metadata: { name: 'a', namespace: 'x', ownerReferences: owner('1') }, spec: { containers: [] } });
  server.seed(pod, { metadata: { name: 'b', namespace: 'y' }, spec: { containers: [] } });
  const pods = informers.of(pod);
  await pods.synced;
  const names = (list: readonly core.Pod[]): string[] => list.map((it) => it.metadata.name);
  expect([names(pods.inNamespace('x')), names(pods.inNamespace('z')), names(pods.ownedBy('1'))]).toEqual([['a'], [], ['a']]);
  await client.change(pod, { namespace: 'x', name: 'a' }, (it) => {
    it.metadata.ownerReferences = owner('2');
  });
  await clock.advance(1);
  expect([names(pods.ownedBy('1')), names(pods.ownedBy('2')), names(pods.ownedBy(''))]).toEqual([[], ['a'], ['b']]);
  await client.change(pod, { namespace: 'x', name: 'a' }, (it) => {
    it.metadata.ownerReferences = [];
  });
  await clock.advance(1);
  expect([names(pods.ownedBy('2')), names(pods.ownedBy('')).sort()]).toEqual([[], ['a', 'b']]);
});

test('it ends with its signal', async () => {
  const { clock, informers, put, stop } = setUp();
  const informer = informers.of(configMap);
  await informer.synced;
  stop();
  await clock.advance(1);
  await put('a', '1');
  await clock.advance(60_000);
  expect(informer.list()).toEqual([]);
});
