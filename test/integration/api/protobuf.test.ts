import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { protobufOf } from '../../fixtures/api/protobuf.ts';
import { type Json, type RawRequests, rawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let requests: RawRequests;
beforeAll(async () => {
  server = await openTestApi();
  requests = rawRequests(server);
  await requests.send({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body: { metadata: { name: 'default' } } });
});
afterAll(async () => {
  requests.close();
  await server.close();
});

const type = 'application/vnd.kubernetes.protobuf';
const podSpec = {
  containers: [
    {
      name: 'c',
      image: 'nginx:1.25',
      command: ['run', '--flag=ü'],
      env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
      ports: [{ name: 'http', containerPort: 8080, protocol: 'UDP' }],
      resources: { limits: { cpu: '500m', memory: '64Mi' } },
      readinessProbe: { httpGet: { path: '/ready', port: 'http', scheme: 'HTTP' }, initialDelaySeconds: 3 },
      livenessProbe: { tcpSocket: { port: 8080 }, failureThreshold: 5 },
      securityContext: { runAsUser: 0, allowPrivilegeEscalation: false },
    },
  ],
  volumes: [{ name: 'v', configMap: { name: 'cm', optional: false, items: [{ key: 'k', path: 'p', mode: 256 }] } }],
  nodeSelector: { disk: 'ssd' },
  terminationGracePeriodSeconds: 0,
  automountServiceAccountToken: false,
};
const objects: Array<[path: string, message: string, object: Json]> = [
  [
    '/api/v1/namespaces/default/pods',
    'core/v1.Pod',
    { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p', labels: { a: 'b', c: '' } }, spec: podSpec },
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    'apps/v1.Deployment',
    {
      ...{ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd', annotations: { note: 'x' } } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'd' } },
        strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: '10%' } },
        template: { metadata: { labels: { app: 'd' } }, spec: { ...podSpec, terminationGracePeriodSeconds: 5 } },
      },
    },
  ],
  [
    '/api/v1/namespaces/default/services',
    'core/v1.Service',
    {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 's' },
      spec: { clusterIP: '10.96.0.77', selector: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }] },
    },
  ],
  [
    '/api/v1/namespaces/default/secrets',
    'core/v1.Secret',
    { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' }, data: { a: 'AP8=', b: '' }, type: 'x/y' },
  ],
  [
    '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    'coordination/v1.Lease',
    {
      ...{ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name: 'l' } },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000678Z', leaseTransitions: 0 },
    },
  ],
  [
    '/api/v1/namespaces/default/persistentvolumeclaims',
    'core/v1.PersistentVolumeClaim',
    {
      ...{ kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata: { name: 'c' } },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } },
    },
  ],
];

for (const [path, message, object] of objects) {
  test(`${object.kind}: the same as in JSON`, async () => {
    const asked = `${path}?dryRun=All`;
    const asJson = await requests.send({ method: 'POST', path: asked, body: object });
    const asProtobuf = await requests.send({ method: 'POST', path: asked, type, body: protobufOf(message, object) });
    expect([asJson.code, asProtobuf.code], asProtobuf.text).toEqual([201, 201]);
    // The second may be over between the two.
    const plain = (it: Json): Json => {
      const { uid: _, creationTimestamp: __, managedFields, ...metadata } = it.metadata;
      return { ...it, metadata: { ...metadata, managedFields: managedFields.map(({ time: ___, ...rest }: Json) => rest) } };
    };
    expect(plain(asProtobuf.body)).toEqual(plain(asJson.body));
  });
}

test('answers to who would rather have protobuf are JSON', async () => {
  const [path, message, object] = objects[3] as (typeof objects)[number];
  const headers = { Accept: 'application/vnd.kubernetes.protobuf,application/json' };
  const made = await requests.send({ method: 'POST', path, type, headers, body: protobufOf(message, object) });
  expect(made.headers['content-type']).toBe('application/json');
  expect(made.body.data).toEqual({ a: 'AP8=', b: '' });
  const put = await requests.send({
    method: 'PUT',
    path: `${path}/s`,
    type,
    body: protobufOf(message, { ...object, data: { a: 'AA==' } }),
  });
  expect(put.body.data).toEqual({ a: 'AA==' });
});

test('options of a deletion come in protobuf too', async () => {
  const { body } = await requests.send({
    method: 'POST',
    path: '/api/v1/namespaces/default/configmaps',
    body: { metadata: { name: 'gone' } },
  });
  const path = '/api/v1/namespaces/default/configmaps/gone';
  const options = (uid: string): Buffer =>
    protobufOf('meta/v1.DeleteOptions', {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      preconditions: { uid },
    });
  expect((await requests.send({ method: 'DELETE', path, type, body: options('other') })).code).toBe(409);
  expect((await requests.send({ method: 'DELETE', path, type, body: options(body.metadata.uid) })).code).toBe(200);
});

test('a review comes in protobuf, as kubectl auth can-i sends it', async () => {
  const review = {
    ...{ kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1' },
    spec: { resourceAttributes: { verb: 'create', resource: 'pods', namespace: 'default' } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { body } = await requests.send({
    method: 'POST',
    path,
    type,
    body: protobufOf('authorization/v1.SelfSubjectAccessReview', review),
  });
  expect(body).toMatchObject({ kind: 'SelfSubjectAccessReview', status: { allowed: true } });
});

test('bodies with broken bytes are read as something else or refused, and never break the server', async () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  for (const [at, places] of fc.sample(fc.tuple(fc.nat({ max: objects.length - 1 }), flips), { seed: 20_261_124, numRuns: 300 })) {
    const [path, message, object] = objects[at] as (typeof objects)[number];
    const body = protobufOf(message, object);
    for (const [place, byte] of places) body[4 + (place % (body.length - 4))] = byte;
    const answer = await requests.send({ method: 'POST', path: `${path}?dryRun=All`, type, body });
    expect(answer.code, `${object.kind} ${JSON.stringify(places)} ${answer.text}`).toBeLessThan(500);
    expect(server.errors).toEqual([]);
  }
});
