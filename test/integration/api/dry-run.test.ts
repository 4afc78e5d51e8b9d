import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAdmin } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await api
    .post(configMaps)
    .send({ metadata: { name: 'there' }, data: { a: '1' } })
    .expect(201);
});
afterAll(() => server.close());

const configMaps = '/api/v1/namespaces/default/configmaps';
const services = '/api/v1/namespaces/default/services';

/** Whatever is done in `run` leaves the store as it is. */
async function storesNothing(run: () => Promise<unknown>): Promise<void> {
  const before = server.store.revision();
  await run();
  expect(server.store.revision()).toBe(before);
}

test('creates as if, with all that the server fills in', async () => {
  await storesNothing(async () => {
    const { body } = await api
      .post(`${configMaps}?dryRun=All`)
      .send({ metadata: { generateName: 'x-' } })
      .expect(201);
    expect(body.metadata).toMatchObject({
      name: expect.stringMatching(/^x-.{5}$/),
      uid: expect.any(String),
      creationTimestamp: expect.any(String),
    });
    expect(body.metadata).not.toHaveProperty('resourceVersion');
  });
});

test('finds out what would be wrong', async () => {
  await storesNothing(async () => {
    await api
      .post(`${configMaps}?dryRun=All`)
      .send({ metadata: { name: 'there' } })
      .expect(409);
    await api
      .post(`${configMaps}?dryRun=All`)
      .send({ metadata: { name: 'UPPER' } })
      .expect(422);
    await api
      .post('/api/v1/namespaces/none/configmaps?dryRun=All')
      .send({ metadata: { name: 'x' } })
      .expect(404);
  });
});

test('replaces, patches, scales and deletes as if', async () => {
  await storesNothing(async () => {
    const put = await api
      .put(`${configMaps}/there?dryRun=All`)
      .send({ metadata: { name: 'there' }, data: { a: '2' } })
      .expect(200);
    expect(put.body.data).toEqual({ a: '2' });
    const patched = await api
      .patch(`${configMaps}/there?dryRun=All`)
      .type('application/merge-patch+json')
      .send({ data: { b: '2' } })
      .expect(200);
    expect(patched.body.data).toEqual({ a: '1', b: '2' });
    await api.delete(`${configMaps}/there?dryRun=All`).expect(200);
    await api
      .delete(`${configMaps}/there`)
      .send({ dryRun: ['All'] })
      .expect(200);
    await api.delete(`${configMaps}?dryRun=All`).expect(200);
    expect((await api.get(`${configMaps}/there`).expect(200)).body.data).toEqual({ a: '1' });
  });
});

test('takes no address: the next service gets what was shown', async () => {
  await storesNothing(() =>
    api
      .post(`${services}?dryRun=All`)
      .send({ metadata: { name: 's' }, spec: { clusterIP: '10.96.0.99', ports: [{ port: 1 }] } })
      .expect(201),
  );
  await api
    .post(services)
    .send({ metadata: { name: 'other' }, spec: { clusterIP: '10.96.0.99', ports: [{ port: 1 }] } })
    .expect(201);
});
