import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Json, type RawRequests, rawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let requests: RawRequests;
const path = '/api/v1/namespaces/default/configmaps';
const create = (name: string, labels: object = {}) => requests.send({ method: 'POST', path, body: { metadata: { name, labels } } });
const list = async (query = ''): Promise<Json> => (await requests.send({ path: `${path}${query}` })).body;
const namesOf = (it: Json): string[] => it.items.map((one: Json) => one.metadata.name as string);

beforeAll(async () => {
  server = await openTestApi();
  requests = rawRequests(server);
  for (let i = 0; i < 10; i++) await create(`m-${i}`, { even: String(i % 2 === 0) });
});
afterAll(async () => {
  requests.close();
  await server.close();
});

describe('limit and continue', () => {
  test('pages together are the list, of one revision', async () => {
    const pages: Json[] = [await list('?limit=4')];
    while (pages.at(-1).metadata.continue) pages.push(await list(`?limit=4&continue=${pages.at(-1).metadata.continue}`));
    expect(pages.map((it) => it.items.length)).toEqual([4, 4, 2]);
    expect(pages.map((it) => it.metadata.remainingItemCount)).toEqual([6, 2, undefined]);
    expect(pages.flatMap(namesOf)).toEqual(namesOf(await list()));
    expect(new Set(pages.map((it) => it.metadata.resourceVersion)).size).toBe(1);
  });

  test('what happens in between is not seen by the later pages', async () => {
    const first = await list('?limit=5');
    await create('m-99');
    await requests.send({ method: 'DELETE', path: `${path}/m-7` });
    await requests.send({ method: 'PATCH', path: `${path}/m-8`, type: 'application/merge-patch+json', body: { data: { late: 'x' } } });
    const second = await list(`?limit=50&continue=${first.metadata.continue}`);
    expect(namesOf(second)).toEqual(['m-5', 'm-6', 'm-7', 'm-8', 'm-9']);
    expect(second.items[3].data).toBeUndefined();
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await create('m-7', { even: 'false' });
    await requests.send({ method: 'DELETE', path: `${path}/m-99` });
  });

  test('pages of a selection are full, and do not count what remains', async () => {
    const first = await list('?limit=3&labelSelector=even%3Dtrue');
    expect(namesOf(first)).toEqual(['m-0', 'm-2', 'm-4']);
    expect(first.metadata.remainingItemCount).toBeUndefined();
    const second = await list(`?limit=3&labelSelector=even%3Dtrue&continue=${first.metadata.continue}`);
    expect(namesOf(second)).toEqual(['m-6', 'm-8']);
    expect(second.metadata.continue).toBeUndefined();
  });

  test('a limit of 0, or one that is larger than the list, is none', async () => {
    for (const query of ['?limit=0', '?limit=500']) {
      const all = await list(query);
      expect(all.items).toHaveLength(10);
      expect(all.metadata.continue).toBeUndefined();
    }
  });

  test('a token whose revision is gone: 410 with one that goes on inconsistently', async () => {
    const first = await list('?limit=5');
    await create('m-999');
    await server.store.compact(server.store.revision());
    const gone = await requests.send({ path: `${path}?limit=5&continue=${first.metadata.continue}` });
    expect(gone.body).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    const rest = await list(`?continue=${gone.body.metadata.continue}`);
    expect(namesOf(rest)).toEqual(['m-5', 'm-6', 'm-7', 'm-8', 'm-9', 'm-999']);
    await requests.send({ method: 'DELETE', path: `${path}/m-999` });
  });

  test('a token of more than five minutes ago: 410 too, and the pages after it are of one revision again', async () => {
    const first = await list('?limit=3');
    const fields = JSON.parse(Buffer.from(first.metadata.continue, 'base64url').toString());
    const old = Buffer.from(JSON.stringify({ ...fields, begun: Date.now() - 301_000 })).toString('base64url');
    const gone = await requests.send({ path: `${path}?limit=3&continue=${old}` });
    expect(gone.body).toMatchObject({ kind: 'Status', code: 410, reason: 'Expired' });
    const second = await list(`?limit=3&continue=${gone.body.metadata.continue}`);
    const third = await list(`?limit=9&continue=${second.metadata.continue}`);
    expect([first, second, third].flatMap(namesOf)).toEqual(namesOf(await list()));
    expect(third.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
  });

  test('a token does not go with a resourceVersion', async () => {
    const first = await list('?limit=5');
    const both = await requests.send({ path: `${path}?continue=${first.metadata.continue}&resourceVersion=3` });
    expect(both.body).toMatchObject({ code: 400, message: 'specifying resource version is not allowed when using continue' });
  });

  test('a Table comes in pages too', async () => {
    const { body } = await requests.send({ path: `${path}?limit=4`, headers: { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });
    expect(body.rows).toHaveLength(4);
    expect(body.metadata).toMatchObject({ remainingItemCount: 6, continue: expect.any(String) });
  });
});

describe('resourceVersion', () => {
  test('a list has the newest revision of the store, not that of its newest item', async () => {
    await requests.send({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body: { metadata: { generateName: 's-' } } });
    expect((await list()).metadata.resourceVersion).toBe(String(server.store.revision()));
  });

  test('Exact is that very revision, NotOlderThan anything as new', async () => {
    const before = (await list()).metadata.resourceVersion as string;
    await create('late');
    const exact = await list(`?resourceVersion=${before}&resourceVersionMatch=Exact`);
    expect(exact.metadata.resourceVersion).toBe(before);
    expect(namesOf(exact)).not.toContain('late');
    for (const query of [
      `?resourceVersion=${before}&resourceVersionMatch=NotOlderThan`,
      `?resourceVersion=${before}`,
      '?resourceVersion=0',
    ])
      expect(namesOf(await list(query))).toContain('late');
    await requests.send({ method: 'DELETE', path: `${path}/late` });
  });

  test('Exact of one that is gone: 410', async () => {
    await server.store.compact(server.store.revision());
    const { body } = await requests.send({ path: `${path}?resourceVersion=2&resourceVersionMatch=Exact` });
    expect(body).toMatchObject({ code: 410, reason: 'Expired' });
  });

  test('one that is still to come: 504 that says when to ask again', async () => {
    const answer = await requests.send({ path: `${path}?resourceVersion=99999999` });
    expect(answer.body).toMatchObject({
      code: 504,
      reason: 'Timeout',
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
    });
    expect(answer.headers['retry-after']).toBe('1');
    expect((await requests.send({ path: `${path}/m-0?resourceVersion=99999999` })).code).toBe(504);
  });
});
