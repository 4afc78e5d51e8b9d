import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await api
    .post('/api/v1/namespaces/default/pods')
    .send({ metadata: { name: 'p', labels: { a: 'b' } }, spec })
    .expect(201);
  await api
    .post('/api/v1/nodes')
    .send({ metadata: { name: 'n' } })
    .expect(201);
});
afterAll(() => server.close());

// What kubectl sends.
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const table = async (path: string): Promise<Json> => (await api.get(path).set('Accept', asTable).expect(200)).body;
const headers = (it: Json, wide: boolean): string[] =>
  it.columnDefinitions.filter((one: Json) => wide || one.priority === 0).map((one: Json) => one.name);

test('pods: the columns of kubectl get and of -o wide', async () => {
  const found = await table('/api/v1/namespaces/default/pods');
  expect(found).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
  expect(headers(found, false)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age']);
  expect(headers(found, true)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP', 'Node', 'Nominated Node', 'Readiness Gates']);
  expect(found.rows[0].cells.slice(0, 4)).toEqual(['p', '0/1', 'Pending', '0']);
  expect(found.rows[0].object).toMatchObject({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { name: 'p', labels: { a: 'b' } },
  });
  expect(found.rows[0].object).not.toHaveProperty('spec');
});

test('rows carry as much of the object as is asked for', async () => {
  const path = '/api/v1/namespaces/default/pods';
  expect((await table(`${path}?includeObject=Object`)).rows[0].object).toMatchObject({
    kind: 'Pod',
    spec: { containers: [{ name: 'c' }] },
  });
  expect((await table(`${path}?includeObject=None`)).rows[0]).not.toHaveProperty('object');
});

test('one object is a table of one row', async () => {
  const found = await table('/api/v1/namespaces/default/pods/p');
  expect(found.rows).toHaveLength(1);
  expect(found.metadata.resourceVersion).toBeTruthy();
});

test('every kind has a table whose cells fit its columns', async () => {
  const { resources } = (await api.get('/api/v1')).body;
  const paths = resources.filter((it: Json) => it.verbs.includes('list')).map((it: Json) => `/api/v1/${it.name}`);
  for (const group of (await api.get('/apis')).body.groups) {
    const { groupVersion } = group.preferredVersion;
    for (const it of (await api.get(`/apis/${groupVersion}`)).body.resources)
      if (it.verbs.includes('list')) paths.push(`/apis/${groupVersion}/${it.name}`);
  }
  expect(paths.length).toBeGreaterThan(15);
  for (const path of paths) {
    const found = await table(path);
    expect(found.kind, path).toBe('Table');
    for (const row of found.rows) expect(row.cells, path).toHaveLength(found.columnDefinitions.length);
  }
});

test('metadata alone', async () => {
  const one = await api.get('/api/v1/nodes/n').set('Accept', 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1').expect(200);
  expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'n' } });
  const many = await api.get('/api/v1/nodes').set('Accept', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1').expect(200);
  expect(many.body).toMatchObject({
    kind: 'PartialObjectMetadataList',
    items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'n' } }],
  });
});

test('a client that can take a list as well gets it where it prefers it', async () => {
  const { body } = await api
    .get('/api/v1/nodes')
    .set('Accept', 'application/json,application/json;as=Table;g=meta.k8s.io;v=v1')
    .expect(200);
  expect(body.kind).toBe('NodeList');
});

test('a question has no table', async () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const asked = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
  const { body } = await api.post(path).set('Accept', asTable).send(asked).expect(406);
  expect(body).toMatchObject({ reason: 'NotAcceptable', message: expect.stringContaining('does not support being converted to a Table') });
});
