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
const create = async (metadata: object, rest: object = {}): Promise<Json> =>
  (
    await api
      .post(configMaps)
      .send({ metadata, ...rest })
      .expect(201)
  ).body;

describe('create', () => {
  test('the server fills in its part of the metadata, and nobody else does', async () => {
    const made = await create({
      name: 'mine',
      ...{ uid: 'own', creationTimestamp: '2000-01-01T00:00:00Z', generation: 7, selfLink: '/x' },
      ...{ deletionTimestamp: '2000-01-01T00:00:00Z', deletionGracePeriodSeconds: 5, managedFields: [] },
    });
    expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'mine', namespace: 'default' } });
    expect(made.metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made.metadata.resourceVersion).toBe(String(server.store.revision()));
    expect(made.metadata.creationTimestamp).toMatch(/^20(?!00)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    for (const field of ['generation', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields'])
      expect(made.metadata).not.toHaveProperty(field);
  });

  test('generateName: five letters of a harmless alphabet, and room for them', async () => {
    const made = await create({ generateName: 'job-' });
    expect(made.metadata.name).toMatch(/^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made.metadata.generateName).toBe('job-');
    expect((await create({ generateName: 'n'.repeat(80) })).metadata.name).toHaveLength(63);
    expect((await create({ generateName: 'job-', name: 'fixed' })).metadata.name).toBe('fixed');
  });

  test('what exists: 409 with whom it collides', async () => {
    await create({ name: 'twice' });
    const { body } = await api
      .post(configMaps)
      .send({ metadata: { name: 'twice' } })
      .expect(409);
    expect(body).toMatchObject({
      ...{ reason: 'AlreadyExists', message: 'configmaps "twice" already exists', details: { name: 'twice', kind: 'configmaps' } },
    });
  });

  test('YAML in, YAML out', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "yes"\n';
    const made = await api.post(configMaps).type('application/yaml').set('Accept', 'application/yaml').send(yaml).expect(201);
    expect(made.headers['content-type']).toBe('application/yaml');
    expect(made.text).toContain("data:\n  a: 'yes'\n");
  });

  test('an object that says nothing of its kind is taken to be of the path’s', async () => {
    expect((await create({ name: 'bare' }, { data: { a: '1' } })).kind).toBe('ConfigMap');
  });
});

describe('defaults, as upstream fills them in', () => {
  test('of a pod', async () => {
    const spec = {
      containers: [
        {
          name: 'c',
          image: 'nginx',
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          resources: { limits: { cpu: '1' } },
        },
      ],
      volumes: [{ name: 'e' }, { name: 'c', configMap: { name: 'x' } }, { name: 's', secret: { secretName: 'x' } }],
    };
    const { body } = await api
      .post('/api/v1/namespaces/default/pods')
      .send({ metadata: { name: 'defaulted' }, spec })
      .expect(201);
    expect(body.spec).toMatchObject({
      ...{ restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler' },
      ...{ serviceAccountName: 'default', enableServiceLinks: true, securityContext: {}, priority: 0 },
      volumes: [
        { emptyDir: {} },
        { configMap: { defaultMode: 420 } },
        { secret: { defaultMode: 420 } },
        { projected: { defaultMode: 420 } },
      ],
      tolerations: [{ key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 }, { key: 'node.kubernetes.io/unreachable' }],
    });
    expect(body.spec.containers[0]).toMatchObject({
      ...{ imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      livenessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        ...{ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
      },
      resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
    });
    expect(body.status).toMatchObject({ phase: 'Pending', qosClass: 'Burstable' });
    expect(body.metadata.generation).toBe(1);
  });

  test('of a deployment', async () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } };
    const { body } = await api
      .post('/apis/apps/v1/namespaces/default/deployments')
      .send({ metadata: { name: 'defaulted' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
      .expect(201);
    expect(body.spec).toMatchObject({
      ...{ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
    expect(body.spec.template.spec.containers[0].imagePullPolicy).toBe('IfNotPresent');
    expect(body.status).toEqual({});
  });

  test('of a service, with an address of its own and node ports that are free', async () => {
    const post = async (name: string, spec: object): Promise<Json> =>
      (await api.post('/api/v1/namespaces/default/services').send({ metadata: { name }, spec }).expect(201)).body;
    const plain = await post('plain', { ports: [{ port: 80 }] });
    expect(plain.spec).toMatchObject({
      ...{
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    });
    expect(plain.spec.clusterIP).toMatch(/^10\.96\./);
    expect(plain.spec.clusterIPs).toEqual([plain.spec.clusterIP]);
    expect(plain.status).toEqual({ loadBalancer: {} });
    const ported = await post('ported', { type: 'NodePort', ports: [{ port: 80 }] });
    expect(ported.spec.clusterIP).not.toBe(plain.spec.clusterIP);
    expect(ported.spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
    expect(ported.spec.externalTrafficPolicy).toBe('Cluster');
    expect((await post('headless', { clusterIP: 'None' })).spec.clusterIPs).toEqual(['None']);
    const taken = { type: 'NodePort', ports: [{ port: 80, nodePort: ported.spec.ports[0].nodePort }] };
    const { body } = await api
      .post('/api/v1/namespaces/default/services')
      .send({ metadata: { name: 'x' }, spec: taken })
      .expect(422);
    expect(body.message).toContain('provided port is already allocated');
  });

  test('of a claim, a volume, a class, a secret and a namespace', async () => {
    const claim = await api
      .post('/api/v1/namespaces/default/persistentvolumeclaims')
      .send({ metadata: { name: 'c' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
      .expect(201);
    expect(claim.body).toMatchObject({
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    });
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
    const volume = await api
      .post('/api/v1/persistentvolumes')
      .send({ metadata: { name: 'v' }, spec })
      .expect(201);
    expect(volume.body.spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    const made = await api
      .post('/apis/storage.k8s.io/v1/storageclasses')
      .send({ metadata: { name: 's' }, provisioner: 'x/y' })
      .expect(201);
    expect(made.body).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
    const secret = await api
      .post('/api/v1/namespaces/default/secrets')
      .send({ metadata: { name: 's' }, stringData: { a: 'b' } })
      .expect(201);
    expect(secret.body).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
    expect(secret.body).not.toHaveProperty('stringData');
    const namespace = await api
      .post('/api/v1/namespaces')
      .send({ metadata: { name: 'n' } })
      .expect(201);
    expect(namespace.body).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'n' } },
      ...{ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
    });
  });

  test('quantities come back in their shortest form', async () => {
    const resources = { limits: { cpu: '0.5', memory: '1024Mi' }, requests: { cpu: 0.25, memory: '1e6' } };
    const { body } = await api
      .post('/api/v1/namespaces/default/pods')
      .send({ metadata: { name: 'amounts' }, spec: { containers: [{ name: 'c', image: 'i', resources }] } })
      .expect(201);
    expect(body.spec.containers[0].resources).toEqual({ limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '250m', memory: '1e6' } });
  });
});

describe('read and replace', () => {
  test('what was stored is read back, byte for byte the same in every answer', async () => {
    const made = await create({ name: 'same', labels: { b: '1', a: '2' } }, { data: { z: '1', ä: '2' } }).catch(() => undefined);
    expect(made).toBeUndefined();
    const good = await create({ name: 'same', labels: { b: '1', a: '2' } }, { data: { z: '1', a: 'ä\u2028"' } });
    const one = await api.get(`${configMaps}/same`).expect(200);
    expect(one.body).toEqual(good);
    const { body } = await api.get(`${configMaps}?fieldSelector=metadata.name%3Dsame`).expect(200);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', items: [good] });
    expect(JSON.stringify(body.items[0])).toBe(one.text);
  });

  test('with a resourceVersion only over that very version', async () => {
    const made = await create({ name: 'optimistic' });
    const put = (resourceVersion: string | undefined, value: string) =>
      api.put(`${configMaps}/optimistic`).send({ ...made, metadata: { ...made.metadata, resourceVersion }, data: { value } });
    const second = await put(made.metadata.resourceVersion, '1').expect(200);
    expect(second.body.data).toEqual({ value: '1' });
    const late = await put(made.metadata.resourceVersion, '2').expect(409);
    expect(late.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "optimistic": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect((await put(undefined, '3').expect(200)).body.data).toEqual({ value: '3' });
  });

  test('what changes nothing writes nothing', async () => {
    const made = await create({ name: 'still' }, { data: { a: '1' } });
    const before = server.store.revision();
    const again = await api.put(`${configMaps}/still`).send(made).expect(200);
    expect(again.body).toEqual(made);
    expect(server.store.revision()).toBe(before);
  });

  test('the server keeps its own: uid, creation, generation, deletion', async () => {
    const made = await create({ name: 'kept' });
    const { body } = await api
      .put(`${configMaps}/kept`)
      .send({
        metadata: { name: 'kept', creationTimestamp: '2000-01-01T00:00:00Z', deletionTimestamp: '2000-01-01T00:00:00Z' },
        data: { a: '1' },
      })
      .expect(200);
    expect(body.metadata).toEqual({ ...made.metadata, resourceVersion: body.metadata.resourceVersion });
  });

  test('generation counts changes of the spec, not of metadata or status', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments/defaulted';
    const patch = async (sub: string, body: object): Promise<number> =>
      (await api.patch(`${path}${sub}`).type('application/merge-patch+json').send(body).expect(200)).body.metadata.generation;
    expect(await patch('', { metadata: { labels: { x: 'y' } } })).toBe(1);
    expect(await patch('/status', { status: { replicas: 3 } })).toBe(1);
    expect(await patch('', { spec: { replicas: 3 } })).toBe(2);
    expect(await patch('', { spec: { replicas: 3 } })).toBe(2);
  });

  test('PUT creates leases, endpoints, events and services that are not there, and nothing else', async () => {
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'me' } };
    await api.put('/apis/coordination.k8s.io/v1/namespaces/default/leases/l').send(lease).expect(201);
    await api
      .put('/apis/coordination.k8s.io/v1/namespaces/default/leases/l')
      .send({ ...lease, spec: { holderIdentity: 'you' } })
      .expect(200);
    await api
      .put(`${configMaps}/nowhere`)
      .send({ metadata: { name: 'nowhere' } })
      .expect(404);
  });

  test('an update of a service keeps its address and node port', async () => {
    const path = '/api/v1/namespaces/default/services/ported';
    const before = (await api.get(path)).body;
    const { body } = await api
      .put(path)
      .send({ metadata: { name: 'ported' }, spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] } })
      .expect(200);
    expect(body.spec.clusterIP).toBe(before.spec.clusterIP);
    expect(body.spec.ports[0]).toMatchObject({ nodePort: before.spec.ports[0].nodePort, targetPort: 8080 });
    const plain = await api
      .patch(path)
      .type('application/merge-patch+json')
      .send({ spec: { type: 'ClusterIP' } })
      .expect(200);
    expect(plain.body.spec.ports[0]).not.toHaveProperty('nodePort');
    expect(plain.body.spec).not.toHaveProperty('externalTrafficPolicy');
  });

  test('HEAD is GET without the body', async () => {
    const { text, headers } = await api.head(`${configMaps}/still`).expect(200);
    expect(text ?? '').toBe('');
    expect(Number(headers['content-length'])).toBeGreaterThan(100);
  });
});

test('keys that JavaScript has a meaning for are data', async () => {
  const data = Object.fromEntries(
    ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', '__defineGetter__'].map((it) => [it, it]),
  );
  const made = await create({ name: 'words', labels: { constructor: 'x', toString: 'y' }, annotations: { valueOf: 'z' } }, { data });
  expect(made.data).toEqual(data);
  const put = await api
    .put(`${configMaps}/words`)
    .send({ ...made, data: { ...data, toString: 'other' } })
    .expect(200);
  expect(put.body.data.toString).toBe('other');
  const patch = (type: string, body: object) => api.patch(`${configMaps}/words`).type(type).send(JSON.stringify(body)).expect(200);
  await patch('application/merge-patch+json', { data: { valueOf: 'merged', constructor: null } });
  await patch('application/strategic-merge-patch+json', { data: { hasOwnProperty: 'strategic' } });
  const { body } = await patch('application/json-patch+json', [
    { op: 'test', path: '/data/toString', value: 'other' },
    { op: 'test', path: '/metadata/labels', value: { constructor: 'x', toString: 'y' } },
    { op: 'replace', path: '/data/toString', value: 'patched' },
  ]);
  expect(body.data).toEqual({ ...data, toString: 'patched', valueOf: 'merged', hasOwnProperty: 'strategic', constructor: undefined });
  const chosen = await api.get(configMaps).query({ labelSelector: 'constructor=x,!valueOf' }).expect(200);
  expect(chosen.body.items).toHaveLength(1);
  await api.delete(`${configMaps}/words`).expect(200);
});

test('a pod names classes that are there', async () => {
  const pod = (name: string, spec: object) =>
    api.post('/api/v1/namespaces/default/pods').send({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
  const { body } = await pod('critical', { priorityClassName: 'system-node-critical' }).expect(201);
  expect(body.spec.priority).toBe(2_000_001_000);
  const refused = await pod('x', { priorityClassName: 'mine' }).expect(403);
  expect(refused.body.message).toBe('pods "x" is forbidden: no PriorityClass with name mine was found');
  await pod('x', { priorityClassName: 'system-node-critical', priority: 5 }).expect(403);
  const runtime = await pod('x', { runtimeClassName: 'gvisor' }).expect(403);
  expect(runtime.body.message).toContain('RuntimeClass "gvisor" not found');
});

test('a claim grows where its class lets it', async () => {
  const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
  for (const [name, allowVolumeExpansion] of [
    ['grows', true],
    ['stays', false],
  ] as const) {
    await api
      .post('/apis/storage.k8s.io/v1/storageclasses')
      .send({ metadata: { name }, provisioner: 'x/y', allowVolumeExpansion })
      .expect(201);
    const spec = { storageClassName: name, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await api.post(claims).send({ metadata: { name }, spec }).expect(201);
    const patch = (sub: string, body: object) => api.patch(`${claims}/${name}${sub}`).type('application/merge-patch+json').send(body);
    const size = (storage: string): object => ({ spec: { resources: { requests: { storage } } } });
    expect([403, 422]).toContain((await patch('', size('2Gi'))).status);
    await patch('', { spec: { volumeName: 'v' } }).expect(200);
    await patch('/status', { status: { phase: 'Bound', capacity: { storage: '1Gi' } } }).expect(200);
    await patch('', size('2Gi')).expect(allowVolumeExpansion ? 200 : 403);
    await patch('', size('500Mi')).expect(422);
    const moved = await patch('', { spec: { volumeName: 'other' } }).expect(422);
    expect(moved.body.message).toContain('spec is immutable after creation');
  }
});

test('events are one store seen by two groups', async () => {
  const at = '2026-01-02T03:04:05.000006Z';
  const made = await api
    .post('/apis/events.k8s.io/v1/namespaces/default/events')
    .send({
      metadata: { name: 'e' },
      ...{ eventTime: at, reportingController: 'x.example/y', reportingInstance: 'y-1', action: 'Do', reason: 'Done', type: 'Normal' },
      ...{ note: 'it is done', regarding: { kind: 'Pod', namespace: 'default', name: 'p' } },
    })
    .expect(201);
  expect(made.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'it is done', eventTime: at });
  const { body } = await api.get('/api/v1/namespaces/default/events/e').expect(200);
  expect(body).toMatchObject({
    ...{ apiVersion: 'v1', kind: 'Event', message: 'it is done', eventTime: at, reportingComponent: 'x.example/y' },
    involvedObject: { kind: 'Pod', name: 'p' },
  });
  const chosen = await api.get('/api/v1/events?fieldSelector=involvedObject.name%3Dp%2Creason%3DDone').expect(200);
  expect(chosen.body.items).toHaveLength(1);
});

test('an object created in one request is seen by the next, whichever of forty it is', async () => {
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      await create({ name: `swift-${i}` });
      await api.get(`${configMaps}/swift-${i}`).expect(200);
    }),
  );
  expect((await api.get(configMaps)).body.items.filter((it: Json) => it.metadata.name.startsWith('swift-'))).toHaveLength(40);
});

test('tolerations that the server has added come back when a list without them is written', async () => {
  const pods = '/api/v1/namespaces/default/pods';
  const tolerations = [{ key: 'a', operator: 'Exists' }];
  const spec = { tolerations, containers: [{ name: 'a', image: 'b' }] };
  await api
    .post(pods)
    .send({ metadata: { name: 'tolerant' }, spec })
    .expect(201);
  const { body } = await api
    .patch(`${pods}/tolerant`)
    .set('content-type', 'application/merge-patch+json')
    .send(JSON.stringify({ spec: { tolerations } }))
    .expect(200);
  expect(body.spec.tolerations).toHaveLength(3);
});
