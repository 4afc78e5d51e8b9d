import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
const path = '/apis/apps/v1/namespaces/default/deployments/web';
const pods = '/api/v1/namespaces/default/pods';
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await api
    .post('/apis/apps/v1/namespaces/default/deployments')
    .send({
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec } },
    })
    .expect(201);
  await api
    .post(pods)
    .send({ metadata: { name: 'p' }, spec })
    .expect(201);
});
afterAll(() => server.close());
const get = async (sub = ''): Promise<Json> => (await api.get(`${path}${sub}`).expect(200)).body;

describe('scale', () => {
  test('shows replicas, and the selector as text', async () => {
    expect(await get('/scale')).toMatchObject({
      ...{ kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'web', namespace: 'default', uid: (await get()).metadata.uid } },
      ...{ spec: { replicas: 1 }, status: { replicas: 0, selector: 'app=web' } },
    });
  });

  test('is put and patched, down to 0', async () => {
    const scale = await get('/scale');
    const put = await api
      .put(`${path}/scale`)
      .send({ ...scale, spec: { replicas: 5 } })
      .expect(200);
    expect(put.body.spec.replicas).toBe(5);
    expect((await get()).spec.replicas).toBe(5);
    await api
      .put(`${path}/scale`)
      .send({ ...scale, spec: { replicas: 6 } })
      .expect(409);
    for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json'])
      await api
        .patch(`${path}/scale`)
        .type(type)
        .send(JSON.stringify({ spec: { replicas: 0 } }))
        .expect(200);
    const zero = await get('/scale');
    expect(zero.spec).toEqual({ replicas: 0 });
    await api
      .patch(`${path}/scale`)
      .type('application/json-patch+json')
      .send(JSON.stringify([{ op: 'replace', path: '/spec/replicas', value: 2 }]))
      .expect(200);
    expect((await get()).spec.replicas).toBe(2);
  });

  test('changes nothing else, and counts as a change of the spec', async () => {
    const before = await get();
    await api
      .put(`${path}/scale`)
      .send({ metadata: { name: 'web', labels: { x: 'y' } }, spec: { replicas: 9 } })
      .expect(200);
    const after = await get();
    expect(after.metadata).not.toHaveProperty('labels');
    expect(after.metadata.generation).toBe(before.metadata.generation + 1);
  });
});

describe('status', () => {
  test('changes by its own route alone', async () => {
    const pod = (await api.get(`${pods}/p`)).body;
    const put = await api
      .put(`${pods}/p`)
      .send({ ...pod, status: { phase: 'Failed' } })
      .expect(200);
    expect(put.body.status.phase).toBe('Pending');
    const status = { ...pod, spec: { containers: [{ name: 'other', image: 'x' }] }, status: { phase: 'Running', podIP: '10.0.0.1' } };
    const { body } = await api.put(`${pods}/p/status`).send(status).expect(200);
    expect(body.status).toMatchObject({ phase: 'Running', podIP: '10.0.0.1' });
    expect(body.spec.containers[0].name).toBe('c');
    expect(body.metadata.generation).toBe(1);
  });

  test('patches of it merge conditions by type, the way controllers send them', async () => {
    const patch = (conditions: object[]) =>
      api
        .patch(`${pods}/p/status`)
        .type('application/strategic-merge-patch+json')
        .send(JSON.stringify({ status: { conditions } }))
        .expect(200);
    await patch([{ type: 'Ready', status: 'False' }]);
    await patch([{ type: 'PodScheduled', status: 'True' }]);
    const { body } = await patch([{ type: 'Ready', status: 'True' }]);
    expect(body.status.conditions.map((it: Json) => `${it.type}=${it.status}`).sort()).toEqual(['PodScheduled=True', 'Ready=True']);
  });

  test('is read by its own path too', async () => {
    expect((await api.get(`${pods}/p/status`).expect(200)).body.kind).toBe('Pod');
  });

  test('is dropped from what is created', async () => {
    const { body } = await api
      .post('/apis/apps/v1/namespaces/default/deployments')
      .send({ ...(await get()), metadata: { name: 'other' }, status: { replicas: 7 } })
      .expect(201);
    expect(body.status).toEqual({});
  });
});

test('binding places a pod once', async () => {
  const bind = (node: string) =>
    api
      .post(`${pods}/p/binding`)
      .send({ kind: 'Binding', apiVersion: 'v1', metadata: { name: 'p' }, target: { kind: 'Node', name: node } });
  await bind('n1').expect(201);
  const pod = (await api.get(`${pods}/p`)).body;
  expect(pod.spec.nodeName).toBe('n1');
  expect(pod.status.conditions.some((it: Json) => it.type === 'PodScheduled' && it.status === 'True')).toBe(true);
  const { body } = await bind('n2').expect(409);
  expect(body.message).toContain('pod p is already assigned to node "n1"');
});
