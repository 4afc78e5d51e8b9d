import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
const pods = '/api/v1/namespaces/default/pods';
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
  const made: Array<[name: string, labels: object, spec: object]> = [
    ['a', { app: 'web', tier: 'front', weight: '5' }, { nodeName: 'n1' }],
    ['b', { app: 'web', weight: '10' }, { nodeName: 'n2', restartPolicy: 'Never' }],
    ['c', { app: 'db', 'example.com/x': '' }, {}],
    ['d', {}, {}],
  ];
  for (const [name, labels, spec] of made)
    await api
      .post(pods)
      .send({ metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
      .expect(201);
});
afterAll(() => server.close());

const chosen = async (query: Record<string, string>): Promise<string> =>
  (await api.get(pods).query(query).expect(200)).body.items.map((it: Json) => it.metadata.name).join('');

const labels: Array<[selector: string, want: string]> = [
  ['', 'abcd'],
  ['app=web', 'ab'],
  ['app==web', 'ab'],
  ['app!=web', 'cd'],
  ['app', 'abc'],
  ['!app', 'd'],
  ['app in (web,db)', 'abc'],
  ['app in ( web , other )', 'ab'],
  ['app notin (web)', 'cd'],
  ['app=web,tier=front', 'a'],
  ['app=web,!tier', 'b'],
  ['example.com/x', 'c'],
  ['example.com/x=', 'c'],
  ['weight>5', 'b'],
  ['weight<10', 'a'],
  ['app in (db),app in (web)', ''],
];
for (const [selector, want] of labels)
  test(`labels: ${selector || '(all)'}`, async () => expect(await chosen({ labelSelector: selector })).toBe(want));

const fields: Array<[selector: string, want: string]> = [
  ['metadata.name=a', 'a'],
  ['metadata.name!=a', 'bcd'],
  ['metadata.namespace=default', 'abcd'],
  ['metadata.namespace=other', ''],
  ['spec.nodeName=n1', 'a'],
  ['spec.nodeName=', 'cd'],
  ['spec.nodeName!=', 'ab'],
  ['spec.restartPolicy=Never', 'b'],
  ['status.phase=Pending,spec.nodeName=n2', 'b'],
  ['status.phase!=Pending', ''],
];
for (const [selector, want] of fields)
  test(`fields: ${selector}`, async () => expect(await chosen({ fieldSelector: selector })).toBe(want));

test('labels and fields together', async () =>
  expect(await chosen({ labelSelector: 'app=web', fieldSelector: 'spec.nodeName=n2' })).toBe('b'));

test('a name is looked for in all namespaces', async () => {
  const { body } = await api.get('/api/v1/pods').query({ fieldSelector: 'metadata.name=c' }).expect(200);
  expect(body.items.map((it: Json) => it.metadata.name)).toEqual(['c']);
});
