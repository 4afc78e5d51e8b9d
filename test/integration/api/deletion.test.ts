import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
});
afterAll(() => server.close());

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const create = async (metadata: object): Promise<Json> => (await api.post(configMaps).send({ metadata }).expect(201)).body;
const merge = (path: string, body: object) => api.patch(path).type('application/merge-patch+json').send(body);

describe('at once', () => {
  test('the answer is a Status with whom it was', async () => {
    const { metadata } = await create({ name: 'a' });
    const { body } = await api.delete(`${configMaps}/a`).expect(200);
    expect(body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'a', kind: 'configmaps', uid: metadata.uid } });
    const { body: gone } = await api.delete(`${configMaps}/a`).expect(404);
    expect(gone).toMatchObject({ reason: 'NotFound', message: 'configmaps "a" not found', details: { name: 'a', kind: 'configmaps' } });
  });

  test('of some kinds the answer is the object', async () => {
    await api
      .post('/api/v1/namespaces/default/services')
      .send({ metadata: { name: 's' }, spec: { ports: [{ port: 1 }] } })
      .expect(201);
    const { body } = await api.delete('/api/v1/namespaces/default/services/s').expect(200);
    expect(body).toMatchObject({ kind: 'Service', metadata: { name: 's' } });
  });

  test('preconditions hold it back', async () => {
    const { metadata } = await create({ name: 'b' });
    const wrong = await api
      .delete(`${configMaps}/b`)
      .send({ preconditions: { uid: 'other' } })
      .expect(409);
    expect(wrong.body.message).toContain(`Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`);
    await api
      .delete(`${configMaps}/b`)
      .send({ preconditions: { resourceVersion: '1' } })
      .expect(409);
    const { uid, resourceVersion } = metadata;
    await api
      .delete(`${configMaps}/b`)
      .send({ kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } })
      .expect(200);
  });

  test('options come as YAML and in the query too', async () => {
    await create({ name: 'c' });
    await api.delete(`${configMaps}/c?dryRun=All`).expect(200);
    await api.delete(`${configMaps}/c`).type('application/yaml').send('dryRun: [All]\n').expect(200);
    await api.get(`${configMaps}/c`).expect(200);
    await api.delete(`${configMaps}/c?gracePeriodSeconds=0&propagationPolicy=Background`).expect(200);
    await api.get(`${configMaps}/c`).expect(404);
  });
});

describe('finalizers', () => {
  test('hold the object until the last one is gone', async () => {
    await create({ name: 'held', finalizers: ['example.com/a', 'example.com/b'] });
    const { body } = await api.delete(`${configMaps}/held`).expect(200);
    expect(body.metadata).toMatchObject({ name: 'held', deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 });
    const again = await api.delete(`${configMaps}/held`).expect(200);
    expect(again.body.metadata.deletionTimestamp).toBe(body.metadata.deletionTimestamp);
    const added = await merge(`${configMaps}/held`, {
      metadata: { finalizers: ['example.com/a', 'example.com/b', 'example.com/c'] },
    }).expect(422);
    expect(added.body.message).toContain('no new finalizers can be added if the object is being deleted');
    await merge(`${configMaps}/held`, { metadata: { finalizers: ['example.com/b'] } }).expect(200);
    await api.get(`${configMaps}/held`).expect(200);
    await merge(`${configMaps}/held`, { metadata: { finalizers: null } }).expect(200);
    await api.get(`${configMaps}/held`).expect(404);
  });

  test('propagation policies become the collector’s finalizers', async () => {
    for (const [policy, finalizer] of [
      ['Foreground', 'foregroundDeletion'],
      ['Orphan', 'orphan'],
    ]) {
      await create({ name: 'owner' });
      const { body } = await api.delete(`${configMaps}/owner`).send({ propagationPolicy: policy }).expect(200);
      expect(body.metadata.finalizers).toEqual([finalizer]);
      await merge(`${configMaps}/owner`, { metadata: { finalizers: null } }).expect(200);
      await api.get(`${configMaps}/owner`).expect(404);
    }
    await create({ name: 'owner', finalizers: ['orphan'] });
    await api.delete(`${configMaps}/owner`).send({ propagationPolicy: 'Background' }).expect(200);
    await api.get(`${configMaps}/owner`).expect(404);
    await create({ name: 'owner' });
    const old = await api.delete(`${configMaps}/owner`).send({ orphanDependents: true }).expect(200);
    expect(old.body.metadata.finalizers).toEqual(['orphan']);
  });
});

describe('pods', () => {
  const pod = async (name: string, spec: object = {}): Promise<Json> =>
    (
      await api
        .post(pods)
        .send({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
        .expect(201)
    ).body;

  test('one that was never placed goes at once', async () => {
    await pod('loose');
    await api.delete(`${pods}/loose`).expect(200);
    await api.get(`${pods}/loose`).expect(404);
  });

  test('one on a node stays for its grace, which may be shortened and never lengthened', async () => {
    await pod('placed', { nodeName: 'n1', terminationGracePeriodSeconds: 20 });
    const first = (await api.delete(`${pods}/placed`).expect(200)).body;
    expect(first.metadata).toMatchObject({ deletionGracePeriodSeconds: 20, deletionTimestamp: expect.any(String), generation: 2 });
    const longer = (await api.delete(`${pods}/placed?gracePeriodSeconds=60`).expect(200)).body;
    expect(longer.metadata.deletionGracePeriodSeconds).toBe(20);
    const shorter = (await api.delete(`${pods}/placed`).send({ gracePeriodSeconds: 5 }).expect(200)).body;
    expect(shorter.metadata.deletionGracePeriodSeconds).toBe(5);
    expect(Date.parse(shorter.metadata.deletionTimestamp)).toBeLessThan(Date.parse(first.metadata.deletionTimestamp));
    await api.delete(`${pods}/placed?gracePeriodSeconds=0`).expect(200);
    await api.get(`${pods}/placed`).expect(404);
  });

  test('an eviction deletes', async () => {
    await pod('evicted');
    const { body } = await api
      .post(`${pods}/evicted/eviction`)
      .send({ kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name: 'evicted' } })
      .expect(201);
    expect(body).toMatchObject({ kind: 'Status', status: 'Success' });
    await api.get(`${pods}/evicted`).expect(404);
  });
});

describe('many at once', () => {
  test('those of a selection, and the answer lists them', async () => {
    for (const [name, app] of [
      ['m1', 'x'],
      ['m2', 'y'],
      ['m3', 'x'],
    ])
      await create({ name, labels: { app } });
    const { body } = await api.delete(`${configMaps}?labelSelector=app%3Dx`).expect(200);
    expect(body).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'm1' } }, { metadata: { name: 'm3' } }] });
    await api.get(`${configMaps}/m2`).expect(200);
    await api.delete(`${configMaps}?dryRun=All`).expect(200);
    await api.get(`${configMaps}/m2`).expect(200);
  });
});

describe('namespaces', () => {
  test('wait for their finalizer, refuse new objects meanwhile, and go with /finalize', async () => {
    await api
      .post('/api/v1/namespaces')
      .send({ metadata: { name: 'old' } })
      .expect(201);
    const { body } = await api.delete('/api/v1/namespaces/old').expect(200);
    expect(body).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) }, status: { phase: 'Terminating' } });
    const refused = await api
      .post('/api/v1/namespaces/old/configmaps')
      .send({ metadata: { name: 'x' } })
      .expect(403);
    expect(refused.body).toMatchObject({
      message: 'configmaps "x" is forbidden: unable to create new content in namespace old because it is being terminated',
      details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
    });
    await api
      .put('/api/v1/namespaces/old/finalize')
      .send({ ...body, spec: { finalizers: [] } })
      .expect(200);
    await api.get('/api/v1/namespaces/old').expect(404);
  });
});
