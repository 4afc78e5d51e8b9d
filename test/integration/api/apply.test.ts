import { AppsV1Api, CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClient, createHttpsTransport, type Transport } from '../../../src/client/index.ts';
import { configMap, deployment, pod } from '../../../src/kinds/index.ts';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
});
afterAll(async () => {
  expect(server.errors).toEqual([]);
  await server.close();
});

const type = 'application/apply-patch+yaml';
const apply = (path: string, body: string | object, query = 'fieldManager=one') =>
  api
    .patch(`${path}?${query}`)
    .type(type)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const managersOf = (object: Json): string[] =>
  (object.metadata.managedFields ?? []).map((it: Json) => `${it.manager} ${it.operation}${it.subresource ? ` ${it.subresource}` : ''}`);
const fieldsOf = (object: Json, manager: string): Json =>
  object.metadata.managedFields.find((it: Json) => it.manager === manager)?.fieldsV1;

let count = 0;
let name = '';
beforeEach(() => {
  name = `it-${++count}`;
});
const web = (spec: object = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } },
    ...spec,
  },
});
const settings = (data: object, metadata: object = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

describe('apply', () => {
  test('creates with 201, then answers 200; the same again writes nothing', async () => {
    const { body: made } = await apply(`${deployments}/${name}`, web({ replicas: 2 })).expect(201);
    expect(made.metadata).toMatchObject({ name, namespace: 'default', generation: 1 });
    expect(made.spec).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
    const { body: again } = await apply(`${deployments}/${name}`, web({ replicas: 2 })).expect(200);
    expect(again).toEqual(made);
    const { body: changed } = await apply(`${deployments}/${name}`, web({ replicas: 3 })).expect(200);
    expect(changed.metadata.generation).toBe(2);
    expect(changed.spec.replicas).toBe(3);
  });

  test('reads YAML, and what it leaves to the URL', async () => {
    const { body } = await apply(
      `${configMaps}/${name}`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata: {a: "yes"}\n`,
    ).expect(201);
    expect(body.data).toEqual({ a: 'yes' });
    const nameless = { apiVersion: 'v1', kind: 'ConfigMap', data: { b: '1' } };
    expect((await apply(`${configMaps}/${name}`, nameless, 'fieldManager=two').expect(200)).body.data).toEqual({ a: 'yes', b: '1' });
  });

  test('a key that stands twice is warned of, in YAML and in JSON', async () => {
    const yaml = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: "1"}\ndata: {a: "2"}\n`;
    const { headers, body } = await apply(`${configMaps}/${name}`, yaml).expect(201);
    expect(headers.warning).toContain('key already set in map');
    expect(body.data).toEqual({ a: '2' });
    const json = `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"2","a":"3"}}`;
    expect((await apply(`${configMaps}/${name}`, json).expect(200)).headers.warning).toContain('duplicate field');
    await apply(`${configMaps}/${name}`, '{apiVersion: v1, kind: ConfigMap, data: {a: x}}').expect(200);
  });

  test('a conflict is told with its causes; force takes over', async () => {
    await apply(`${deployments}/${name}`, web({ replicas: 1 })).expect(201);
    const { body } = await apply(`${deployments}/${name}`, web({ replicas: 2 }), 'fieldManager=two').expect(409);
    expect(body).toMatchObject({
      status: 'Failure',
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.replicas',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.replicas' }] },
    });
    const { body: forced } = await apply(`${deployments}/${name}`, web({ replicas: 2 }), 'fieldManager=two&force=true').expect(200);
    expect(forced.spec.replicas).toBe(2);
    expect(fieldsOf(forced, 'one')['f:spec']).not.toHaveProperty('f:replicas');
  });

  test('a dry run changes nothing', async () => {
    await apply(`${configMaps}/${name}`, settings({ a: '1' }), 'fieldManager=one&dryRun=All').expect(201);
    await api.get(`${configMaps}/${name}`).expect(404);
    await apply(`${configMaps}/${name}`, settings({ a: '1' })).expect(201);
    const { body } = await apply(`${configMaps}/${name}`, settings({ a: '2' }), 'fieldManager=one&dryRun=All').expect(200);
    expect(body.data).toEqual({ a: '2' });
    expect((await api.get(`${configMaps}/${name}`)).body.data).toEqual({ a: '1' });
  });

  test('a revision that is named must be the newest', async () => {
    const { body } = await apply(`${configMaps}/${name}`, settings({ a: '1' })).expect(201);
    const { resourceVersion } = body.metadata;
    await apply(`${configMaps}/${name}`, settings({ a: '2' }, { resourceVersion })).expect(200);
    await apply(`${configMaps}/${name}`, settings({ a: '3' }, { resourceVersion })).expect(409);
  });

  test('many at once are all applied', async () => {
    const each = (i: number) => apply(`${configMaps}/${name}`, settings({ [`k${i}`]: 'x' }), `fieldManager=m${i}`);
    const codes = (await Promise.all(Array.from({ length: 8 }, (_, i) => each(i)))).map((it) => it.status);
    expect(codes.filter((it) => it === 201)).toHaveLength(1);
    const { body } = await api.get(`${configMaps}/${name}`);
    expect(Object.keys(body.data)).toHaveLength(8);
    expect(managersOf(body)).toHaveLength(8);
  });

  test('a status is applied apart', async () => {
    const { body: made } = await api
      .post(pods)
      .send({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'x' }] } })
      .expect(201);
    const condition = (status: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      status: { conditions: [{ type: 'mine.example.com/gate', status }] },
    });
    const { body } = await apply(`${pods}/${name}/status`, condition('True'), 'fieldManager=gate').expect(200);
    expect(body.status.conditions).toContainEqual({ type: 'mine.example.com/gate', status: 'True' });
    expect(body.spec).toEqual(made.spec);
    expect(managersOf(body)).toContain('gate Apply status');
    expect(fieldsOf(body, 'gate')).toEqual({
      'f:status': { 'f:conditions': { 'k:{"type":"mine.example.com/gate"}': { '.': {}, 'f:type': {}, 'f:status': {} } } },
    });
    await apply(`${pods}/nobody/status`, { ...condition('True'), metadata: {} }, 'fieldManager=gate').expect(404);
  });

  test('a Scale is applied, and owned by its field in the object', async () => {
    await apply(`${deployments}/${name}`, web({ replicas: 1 })).expect(201);
    const asked = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name }, spec: { replicas: 4 } };
    await apply(`${deployments}/${name}/scale`, asked, 'fieldManager=hpa').expect(409);
    const { body } = await apply(`${deployments}/${name}/scale`, asked, 'fieldManager=hpa&force=1').expect(200);
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    const { body: object } = await api.get(`${deployments}/${name}`);
    expect(fieldsOf(object, 'hpa')).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(managersOf(object).sort()).toEqual(['hpa Apply scale', 'one Apply']);
  });
});

const refused: Array<[name: string, body: string | object, query: string, code: number, message: string]> = [
  ['without a manager', '{}', '', 422, 'fieldManager: Required value: is required for apply patch'],
  ['without a kind', { metadata: {} }, 'fieldManager=m', 400, 'invalid object type: /, Kind='],
  ['of another kind', { apiVersion: 'v1', kind: 'Secret' }, 'fieldManager=m', 400, 'invalid object type: /v1, Kind=Secret'],
  ['of a list', '[]', 'fieldManager=m', 400, 'error decoding YAML'],
  ['of broken YAML', 'a: [', 'fieldManager=m', 400, 'yaml'],
  [
    'with managedFields',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { managedFields: [] } },
    'fieldManager=m',
    400,
    'metadata.managedFields must be nil',
  ],
  [
    'of another name',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } },
    'fieldManager=m',
    400,
    'does not match the name on the URL',
  ],
  [
    'into another namespace',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'other' } },
    'fieldManager=m',
    400,
    'does not match the namespace on the request',
  ],
  [
    'of nothing without a name',
    { apiVersion: 'v1', kind: 'ConfigMap' },
    'fieldManager=m',
    400,
    'was undeterminable: name must be provided',
  ],
  [
    'of an unknown field',
    { apiVersion: 'v1', kind: 'ConfigMap', dato: {} },
    'fieldManager=m',
    400,
    'failed to create typed patch object (default/refused; v1, Kind=ConfigMap): .dato: field not declared in schema',
  ],
  [
    'of the same item twice',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { finalizers: ['a/b', 'a/b'] } },
    'fieldManager=m',
    400,
    '.metadata.finalizers: duplicate entries for key [="a/b"]',
  ],
  [
    'of a key twice, strictly',
    'apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\n',
    'fieldManager=m&fieldValidation=Strict',
    400,
    'key already set in map',
  ],
  [
    'of an uid',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'refused', uid: 'x' } },
    'fieldManager=m',
    409,
    'uid mismatch: the provided object specified uid x, and no existing object was found',
  ],
];
test.each(refused)('an apply %s is refused', async (_, body, query, code, message) => {
  const answer = await apply(`${configMaps}/refused`, body, query);
  expect([answer.status, answer.body.message]).toEqual([code, expect.stringContaining(message)]);
  await api.get(`${configMaps}/refused`).expect(404);
});

describe('managedFields', () => {
  test('name who wrote: by parameter, else by the program', async () => {
    await api
      .post(configMaps)
      .set('User-Agent', 'helm/v3.1 (linux)')
      .send(settings({ a: '1' }))
      .expect(201);
    const { body } = await api
      .patch(`${configMaps}/${name}?fieldManager=me`)
      .type('application/merge-patch+json')
      .send({ data: { b: '1' } });
    expect(managersOf(body)).toEqual(['helm Update', 'me Update']);
    expect(fieldsOf(body, 'helm')).toEqual({ 'f:data': { '.': {}, 'f:a': {} } });
    expect(body.metadata.managedFields[0]).toMatchObject({
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      time: expect.stringMatching(/^\d{4}.*Z$/),
    });
  });

  test('survive a client that sends the object back, with them or without', async () => {
    const { body: made } = await api
      .post(configMaps)
      .send(settings({ a: '1' }))
      .expect(201);
    expect((await api.put(`${configMaps}/${name}`).send(made)).body).toEqual(made);
    const { managedFields: _, ...metadata } = made.metadata;
    expect((await api.put(`${configMaps}/${name}`).send({ ...made, metadata })).body).toEqual(made);
    const broken = { ...made.metadata, managedFields: [{ manager: 'x', operation: 'Steal', apiVersion: 'v1' }] };
    expect((await api.put(`${configMaps}/${name}`).send({ ...made, metadata: broken })).body).toEqual(made);
  });

  test.each([[[]], [[{}]]])('%j forgets them, and only an apply begins anew', async (managedFields) => {
    await apply(`${configMaps}/${name}`, settings({ a: '1' })).expect(201);
    const patch = (body: object) => api.patch(`${configMaps}/${name}?fieldManager=me`).type('application/merge-patch+json').send(body);
    const { body } = await patch({ metadata: { managedFields } });
    expect(body.metadata).not.toHaveProperty('managedFields');
    expect((await patch({ data: { b: '1' } })).body.metadata).not.toHaveProperty('managedFields');
    const { body: applied } = await apply(`${configMaps}/${name}`, settings({ a: '1' })).expect(200);
    expect(managersOf(applied)).toEqual(['one Apply', 'before-first-apply Update']);
  });

  test('may be rewritten, as kubectl does when it moves an object over', async () => {
    const { body: made } = await api
      .post(`${configMaps}?fieldManager=kubectl-client-side-apply`)
      .send(settings({ a: '1' }))
      .expect(201);
    const { resourceVersion, managedFields } = made.metadata;
    const operations = [
      { op: 'replace', path: '/metadata/managedFields', value: [{ ...managedFields[0], manager: 'kubectl', operation: 'Apply' }] },
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    ];
    const { body } = await api.patch(`${configMaps}/${name}`).type('application/json-patch+json').send(operations).expect(200);
    expect(body.metadata.managedFields).toEqual([{ ...managedFields[0], manager: 'kubectl', operation: 'Apply' }]);
    const { body: applied } = await apply(`${configMaps}/${name}`, settings({ b: '1' }), 'fieldManager=kubectl').expect(200);
    expect(applied.data).toEqual({ b: '1' });
  });

  test('cannot be set through a subresource', async () => {
    const { body: made } = await api
      .post(`${pods}?fieldManager=me`)
      .send({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'x' }] } })
      .expect(201);
    const asked = { ...made, metadata: { ...made.metadata, managedFields: [] }, status: { ...made.status, message: 'hello' } };
    const { body } = await api.put(`${pods}/${name}/status?fieldManager=node`).send(asked).expect(200);
    expect(managersOf(body)).toEqual(['me Update', 'node Update status']);
    expect(fieldsOf(body, 'node')).toEqual({ 'f:status': { 'f:message': {} } });
  });

  test('know nothing of what the server sets by itself', async () => {
    const spec = { ports: [{ port: 80 }], selector: { app: 'web' } };
    const { body } = await api.post('/api/v1/namespaces/default/services?fieldManager=me').send({ metadata: { name }, spec }).expect(201);
    expect(body.spec.clusterIP).toBeTruthy();
    expect(fieldsOf(body, 'me')['f:spec']).not.toHaveProperty('f:clusterIP');
    expect(fieldsOf(body, 'me')['f:spec']['f:ports']).toEqual({
      '.': {},
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} },
    });
  });

  test('stay in the stored bytes, for lists and watches too', async () => {
    const { body: made } = await api
      .post(configMaps)
      .send(settings({ a: 'ü"\\' }))
      .expect(201);
    const { body } = await api.get(`${configMaps}?fieldSelector=metadata.name=${name}`);
    expect(body.items[0].metadata).toEqual(made.metadata);
  });

  test('speak of events in the version they were written in', async () => {
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const event = {
      metadata: { name },
      eventTime: '2026-01-01T00:00:00.000000Z',
      ...{ type: 'Normal', action: 'a', reason: 'r', note: 'n', reportingController: 'c', reportingInstance: 'i' },
      regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
    };
    const { body } = await api.post(`${path}?fieldManager=me`).send(event).expect(201);
    expect(body.metadata.managedFields[0]).toMatchObject({ apiVersion: 'events.k8s.io/v1', fieldsV1: { 'f:note': {} } });
    const { body: old } = await api
      .patch(`/api/v1/namespaces/default/events/${name}?fieldManager=old`)
      .type('application/merge-patch+json')
      .send({ message: 'other' })
      .expect(200);
    expect(fieldsOf(old, 'me')).not.toHaveProperty('f:note');
    expect(fieldsOf(old, 'old')).toEqual({ 'f:message': {} });
  });
});

describe('clients', () => {
  const transports: Array<[name: string, open: () => Transport & { close?: () => void }]> = [
    ['in the process', () => server.api.local],
    [
      'over the network',
      () =>
        createHttpsTransport({
          server: server.url,
          certificateAuthority: server.pki.caCertificate,
          clientCertificate: server.pki.admin.cert,
          clientKey: server.pki.admin.key,
        }),
    ],
  ];
  test.each(transports)('%s apply, as somebody', async (_, open) => {
    const transport = open();
    const client = createClient(transport, { fieldManager: 'me' });
    const config = { metadata: { name, namespace: 'default' }, data: { a: '1' } };
    const made = await client.apply(configMap, config);
    expect(made.data).toEqual({ a: '1' });
    const other = createClient(transport, { fieldManager: 'other' });
    await expect(other.apply(configMap, { ...config, data: { a: '2' } })).rejects.toMatchObject({ reason: 'Conflict', code: 409 });
    expect((await other.apply(configMap, { ...config, data: { a: '2' } }, { force: true })).data).toEqual({ a: '2' });
    expect(managersOf(await client.apply(configMap, { ...config, data: {} }))).toEqual(['other Apply']);
    transport.close?.();
  });

  test('change leaves the records of others alone', async () => {
    await apply(`${deployments}/${name}`, web({ replicas: 1 })).expect(201);
    const client = createClient(server.api.local, { fieldManager: 'kube-controller-manager' });
    const key = { namespace: 'default', name };
    await client.changeStatus(deployment, key, (it) => {
      it.status = { ...it.status, replicas: 1 };
    });
    const changed = await client.change(deployment, key, (it) => {
      it.metadata.annotations = { 'deployment.kubernetes.io/revision': '1' };
    });
    expect(managersOf(changed)).toEqual(['one Apply', 'kube-controller-manager Update', 'kube-controller-manager Update status']);
    expect(await client.change(deployment, key, () => {})).toEqual(changed);
  });

  test('a pod that is bound tells nothing of it', async () => {
    const client = createClient(server.api.local, { fieldManager: 'kube-scheduler' });
    await api
      .post(`${pods}?fieldManager=me`)
      .send({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'x' }] } })
      .expect(201);
    await client.post(pod, { namespace: 'default', name }, 'binding', { target: { kind: 'Node', name: 'n1' } });
    expect(managersOf(await client.get(pod, { namespace: 'default', name }))).toEqual(['me Update']);
  });

  test('a library by others applies', async () => {
    const config = new KubeConfig();
    config.loadFromFile(server.kubeconfig);
    const asApply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
    const apps = config.makeApiClient(AppsV1Api);
    const ask = { name, namespace: 'default', fieldManager: 'library' };
    const made = await apps.patchNamespacedDeployment({ ...ask, body: web({ replicas: 1 }) }, asApply);
    expect(made.spec?.replicas).toBe(1);
    await expect(
      apps.patchNamespacedDeployment({ ...ask, fieldManager: 'another', body: web({ replicas: 2 }) }, asApply),
    ).rejects.toMatchObject({ code: 409 });
    const forced = await apps.patchNamespacedDeployment(
      { ...ask, fieldManager: 'another', force: true, body: web({ replicas: 2 }) },
      asApply,
    );
    // They stand in the order of their times, which may be one second or two.
    expect(forced.metadata?.managedFields?.map((it) => it.manager).sort()).toEqual(['another', 'library']);
    const core = config.makeApiClient(CoreV1Api);
    const map = await core.patchNamespacedConfigMap({ ...ask, body: settings({ a: '1' }) }, asApply);
    const back = await core.replaceNamespacedConfigMap({ name, namespace: 'default', body: map });
    expect(back.metadata?.resourceVersion).toBe(map.metadata?.resourceVersion);
  });
});
