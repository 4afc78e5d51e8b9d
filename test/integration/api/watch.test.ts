import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Json, type RawRequests, rawRequests, type WatchStream } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let requests: RawRequests;
beforeAll(async () => {
  server = await openTestApi();
  requests = rawRequests(server);
});
afterAll(async () => {
  requests.close();
  await server.close();
});

let namespaces = 0;
/** A namespace of one's own, so that tests do not see each other's objects. */
async function room() {
  const name = `room-${++namespaces}`;
  await requests.send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
  const path = `/api/v1/namespaces/${name}/configmaps`;
  return {
    path,
    create: async (one: string, labels: object = {}): Promise<Json> =>
      (await requests.send({ method: 'POST', path, body: { metadata: { name: one, labels } } })).body,
    patch: async (one: string, body: object): Promise<Json> =>
      (await requests.send({ method: 'PATCH', path: `${path}/${one}`, type: 'application/merge-patch+json', body })).body,
    remove: async (one: string): Promise<Json> => (await requests.send({ method: 'DELETE', path: `${path}/${one}` })).body,
    list: async (query = ''): Promise<Json> => (await requests.send({ path: `${path}${query}` })).body,
    watch: (query: string): Promise<WatchStream> => requests.watch(`${path}?watch=1&${query}`),
  };
}

describe('where a watch begins', () => {
  test('without a revision: with what is there', async () => {
    const { create, watch } = await room();
    await create('a');
    await create('b');
    const stream = await watch('');
    expect(await stream.told(2)).toEqual(['ADDED a', 'ADDED b']);
    await create('c');
    expect(await stream.told(1)).toEqual(['ADDED c']);
    stream.close();
  });

  test('at revision 0: with what is there', async () => {
    const { create, watch } = await room();
    await create('a');
    const stream = await watch('resourceVersion=0');
    expect(await stream.told(1)).toEqual(['ADDED a']);
    stream.close();
  });

  test('after a list: with what comes then, each change once and in order', async () => {
    const { create, patch, remove, list, watch } = await room();
    await create('a');
    const { metadata } = await list();
    await create('b');
    await patch('a', { data: { x: '1' } });
    await remove('b');
    const stream = await watch(`resourceVersion=${metadata.resourceVersion}`);
    expect(await stream.told(3)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    await patch('a', { data: { x: '2' } });
    expect(await stream.told(1)).toEqual(['MODIFIED a']);
    stream.close();
  });

  test('at the revision of an object that a client has seen, however old', async () => {
    const { create, patch, watch } = await room();
    const first = await create('a');
    const revisions: string[] = [];
    for (let i = 0; i < 50; i++) revisions.push((await patch('a', { data: { x: String(i) } })).metadata.resourceVersion);
    const stream = await watch(`resourceVersion=${first.metadata.resourceVersion}`);
    for (const revision of revisions) expect((await stream.next())?.object.metadata.resourceVersion).toBe(revision);
    stream.close();
  });

  test('before what is kept: an ERROR event with 410, and the end', async () => {
    const { create, patch, watch } = await room();
    const { metadata } = await create('a');
    await patch('a', { data: { x: '1' } });
    await server.store.compact(server.store.revision());
    const stream = await watch(`resourceVersion=${metadata.resourceVersion}`);
    expect(await stream.next()).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    expect(await stream.next()).toBeUndefined();
  });

  test('at one that was never reached: 410, so that clients list anew', async () => {
    const { watch } = await room();
    const stream = await watch('resourceVersion=99999999');
    expect(await stream.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect(await stream.next()).toBeUndefined();
  });
});

describe('a streaming list (sendInitialEvents)', () => {
  const asked = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

  test('tells what is there, then says that this was all, then goes on', async () => {
    const { create, watch } = await room();
    await create('a');
    await create('b');
    const stream = await watch(asked);
    expect(await stream.told(2)).toEqual(['ADDED a', 'ADDED b']);
    const bookmark = await stream.next();
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(bookmark?.object.metadata.resourceVersion).toBe(String(server.store.revision()));
    await create('c');
    expect(await stream.told(1)).toEqual(['ADDED c']);
    stream.close();
  });

  test('of nothing is the bookmark alone', async () => {
    const { watch } = await room();
    const stream = await watch(`${asked}&resourceVersion=0`);
    expect(await stream.told(1)).toEqual(['BOOKMARK']);
    stream.close();
  });

  test('that is not wanted begins with changes', async () => {
    const { create, watch, list } = await room();
    await create('a');
    const { metadata } = await list();
    const stream = await watch(
      `sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=${metadata.resourceVersion}&allowWatchBookmarks=true`,
    );
    await create('b');
    expect(await stream.told(1)).toEqual(['ADDED b']);
    stream.close();
  });

  test('comes as a Table too, with the annotation where clients look for it', async () => {
    const { create, path } = await room();
    await create('a');
    const stream = await requests.watch(`${path}?watch=1&${asked}`, { Accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' });
    const added = await stream.next();
    expect(added?.object).toMatchObject({ kind: 'Table', columnDefinitions: [{ name: 'Name' }, { name: 'Data' }, { name: 'Age' }] });
    const bookmark = await stream.next();
    expect(bookmark?.type).toBe('BOOKMARK');
    expect(bookmark?.object.rows[0].object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    stream.close();
  });
});

describe('selectors', () => {
  test('an object that leaves them is deleted, with its last matching state; one that enters is added', async () => {
    const { create, patch, list, watch } = await room();
    await create('a', { app: 'x' });
    await create('b', { app: 'y' });
    const { metadata } = await list();
    const stream = await watch(`labelSelector=app%3Dx&resourceVersion=${metadata.resourceVersion}`);
    const left = await patch('a', { metadata: { labels: { app: 'z' } } });
    const entered = await patch('b', { metadata: { labels: { app: 'x' } } });
    await patch('b', { data: { k: 'v' } });
    const events = [await stream.next(), await stream.next(), await stream.next()];
    expect(events.map((it) => `${it?.type} ${it?.object.metadata.name} ${it?.object.metadata.labels.app}`)).toEqual([
      'DELETED a x',
      'ADDED b x',
      'MODIFIED b x',
    ]);
    expect(events[0]?.object.metadata.resourceVersion).toBe(left.metadata.resourceVersion);
    expect(events[1]?.object.metadata.resourceVersion).toBe(entered.metadata.resourceVersion);
    stream.close();
  });

  test('one object by name sees nothing of its neighbours', async () => {
    const { create, patch, list, watch } = await room();
    await create('a');
    await create('ab');
    const { metadata } = await list();
    const stream = await watch(`fieldSelector=metadata.name%3Da&resourceVersion=${metadata.resourceVersion}`);
    await patch('ab', { data: { k: 'v' } });
    await patch('a', { data: { k: 'v' } });
    expect(await stream.told(1)).toEqual(['MODIFIED a']);
    stream.close();
  });
});

describe('the stream', () => {
  test('a deletion carries the revision of the deletion', async () => {
    const { create, remove, list, watch } = await room();
    const made = await create('a');
    const { metadata } = await list();
    const stream = await watch(`resourceVersion=${metadata.resourceVersion}`);
    await remove('a');
    const event = await stream.next();
    expect(event?.type).toBe('DELETED');
    expect(Number(event?.object.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    expect(event?.object.metadata.uid).toBe(made.metadata.uid);
    stream.close();
  });

  test('ends at its timeout, with a bookmark when those are wanted', async () => {
    const { create, watch } = await room();
    await create('a');
    const stream = await watch('timeoutSeconds=1&allowWatchBookmarks=true');
    expect(await stream.told(2)).toEqual(['ADDED a', 'BOOKMARK']);
    expect(await stream.next()).toBeUndefined();
  });

  test('the old path and the one of a single object still work', async () => {
    const { create, path } = await room();
    await create('a');
    const old = await requests.watch(path.replace('/api/v1/', '/api/v1/watch/'));
    expect(await old.told(1)).toEqual(['ADDED a']);
    old.close();
    const one = await requests.watch(`${path}/a?watch=true`);
    expect(await one.told(1)).toEqual(['ADDED a']);
    one.close();
  });

  test('two hundred watchers get every change, in the same order', async () => {
    const { create, patch, list, watch } = await room();
    await create('a');
    const { metadata } = await list();
    const streams = await Promise.all(Array.from({ length: 200 }, () => watch(`resourceVersion=${metadata.resourceVersion}`)));
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => patch('a', { data: { [`k${i}`]: 'v' } })));
    const want = made.map((it) => Number(it.metadata.resourceVersion)).sort((x, y) => x - y);
    for (const stream of streams) {
      const seen: number[] = [];
      for (let i = 0; i < want.length; i++) seen.push(Number((await stream.next())?.object.metadata.resourceVersion));
      expect(seen).toEqual(want);
      stream.close();
    }
  });
});

test('a start of 40 MB is not taken for a client that does not read', async () => {
  const { path } = await room();
  const body = { metadata: { generateName: 'm-' }, data: { a: 'x'.repeat(1_000_000) } };
  for (let i = 0; i < 40; i++) await requests.send({ method: 'POST', path, body });
  const stream = await requests.watch(`${path}?watch=1&timeoutSeconds=30`);
  for (let i = 0; i < 40; i++) expect((await stream.next())?.type).toBe('ADDED');
  stream.close();
});

test('a watch of all namespaces sees each of them', async () => {
  const [one, other] = [await room(), await room()];
  const { metadata } = await one.list();
  const stream = await requests.watch(`/api/v1/configmaps?watch=1&resourceVersion=${metadata.resourceVersion}`);
  await one.create('a');
  await other.create('b');
  expect(await stream.told(2)).toEqual(['ADDED a', 'ADDED b']);
  stream.close();
});
