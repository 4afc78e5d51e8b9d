import { expect, test } from 'vitest';
import { createClient, createInformers, createMemoryTransport, type Transport } from '../client/index.ts';
import { type core, pod } from '../kinds/index.ts';
import { minutes, seconds, sleep } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { Expectations } from './expectations.ts';

/** A cache that hears of everything a second late. */
async function setUp() {
  const clock = new VirtualClock();
  const server = createMemoryTransport({ clock, random: seededRandom(5) });
  const late: Transport = {
    ...server,
    async *watch(kind, options, signal) {
      for await (const event of server.watch(kind, options, signal)) {
        await sleep(clock, seconds(1), signal);
        yield event;
      }
    },
  };
  const client = createClient(server);
  const informer = createInformers(createClient(late), { clock, log: silentLog, signal: new AbortController().signal }).of(pod);
  const expectations = new Expectations(clock);
  await informer.synced;
  expectations.follow(pod, informer as never);
  const create = (name: string) =>
    client.create(pod, { metadata: { name, namespace: 'default' }, spec: { nodeName: 'n1', containers: [] } });
  return { clock, server, client, informer, expectations, create };
}

test('what was created is awaited until the cache has it', async () => {
  const { clock, expectations, create } = await setUp();
  expect(expectations.pending('web')).toBeUndefined();
  expectations.wrote('web', pod, await create('a'));
  expect(expectations.pending('web')).toBe(minutes(5));
  expect(expectations.pending('other')).toBeUndefined();
  await clock.advance(seconds(2));
  expect(expectations.pending('web')).toBeUndefined();
});

test('what was created and deleted before the cache had it is not awaited for ever', async () => {
  const { clock, client, expectations, create } = await setUp();
  const made = await create('a');
  await client.delete(pod, made.metadata, { gracePeriodSeconds: 0 });
  await clock.advance(seconds(10));
  expectations.wrote('web', pod, made);
  expect(expectations.pending('web')).toBeUndefined();
});

test('an update is awaited by its revision', async () => {
  const { clock, client, expectations, create } = await setUp();
  const made = await create('a');
  await clock.advance(seconds(2));
  const changed = (await client.change(pod, made, (draft) => {
    draft.metadata.labels = { a: 'b' };
  })) as core.Pod;
  expectations.wrote('web', pod, changed);
  expect(expectations.pending('web')).toBe(minutes(5));
  await clock.advance(seconds(2));
  expect(expectations.pending('web')).toBeUndefined();
});

test('a deletion has shown when the object is going or gone', async () => {
  const { clock, client, expectations, create } = await setUp();
  for (const [name, gracePeriodSeconds] of [
    ['at once', 0],
    ['in a while', 30],
  ] as const) {
    const made = await create(name.replaceAll(' ', '-'));
    await clock.advance(seconds(2));
    await client.delete(pod, made.metadata, { gracePeriodSeconds });
    expectations.deleted('web', pod, made);
    expect(expectations.pending('web')).toBe(minutes(5));
    await clock.advance(seconds(2));
    expect(expectations.pending('web')).toBeUndefined();
  }
});

test('one that was found gone is awaited until the cache has it no more, even if it is known to be going', async () => {
  const { clock, client, expectations, create } = await setUp();
  const made = await create('a');
  await client.delete(pod, made.metadata, { gracePeriodSeconds: 30 });
  await clock.advance(seconds(2));
  await client.delete(pod, made.metadata, { gracePeriodSeconds: 0 });
  expectations.gone('web', pod, made);
  expect(expectations.pending('web')).toBe(minutes(5));
  await clock.advance(seconds(2));
  expect(expectations.pending('web')).toBeUndefined();
});

test('a write without an answer is looked up, and awaited when it was done', async () => {
  const { clock, client, server, expectations, create } = await setUp();
  const made = await create('a');
  for (const name of ['a', 'nobody']) expectations.unsure('web', pod, { namespace: 'default', name });
  server.failWith((verb) => (verb === 'get' ? new Error('not now') : undefined));
  await expect(expectations.lookUp('web', client)).rejects.toThrow('not now');
  server.failWith(undefined);
  await expectations.lookUp('web', client);
  expect([made.metadata.name, expectations.pending('web')]).toEqual(['a', minutes(5)]);
  await clock.advance(seconds(2));
  expect(expectations.pending('web')).toBeUndefined();
});

test('one that never shows is given up after five minutes, or when its key is forgotten', async () => {
  const { clock, expectations, create } = await setUp();
  const made = await create('a');
  const never = { ...made, metadata: { ...made.metadata, name: 'b', uid: 'b', resourceVersion: '999' } };
  expectations.wrote('web', pod, never);
  await clock.advance(minutes(4));
  expect(expectations.pending('web')).toBe(minutes(1));
  await clock.advance(minutes(1));
  expect(expectations.pending('web')).toBeUndefined();
  expectations.wrote('web', pod, never);
  expectations.forget('web');
  expect(expectations.pending('web')).toBeUndefined();
});
