import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let admin: ReturnType<typeof asAdmin>;
const at = '/api/v1/namespaces/default';
const path = '/var/run/secrets/kubernetes.io/serviceaccount';
beforeAll(async () => {
  server = await openTestApi();
  admin = asAdmin(server);
  await admin
    .post(`${at}/serviceaccounts`)
    .send({ metadata: { name: 'default' } })
    .expect(201);
  await admin
    .post(`${at}/serviceaccounts`)
    .send({ metadata: { name: 'shy' }, automountServiceAccountToken: false, imagePullSecrets: [{ name: 'login' }] })
    .expect(201);
});
afterAll(() => server.close());

let count = 0;
const make = async (spec: object = {}, metadata: object = {}, code = 201, where = at): Promise<Json> => {
  const body = { metadata: { name: `p${++count}`, ...metadata }, spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec } };
  return (await admin.post(`${where}/pods`).send(body).expect(code)).body;
};

test('a pod gets a volume with token, CA and namespace in all of its containers', async () => {
  const { spec } = await make({ initContainers: [{ name: 'first', image: 'app:1' }] });
  const [volume] = spec.volumes;
  expect(volume).toEqual({
    name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/),
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  });
  for (const it of [...spec.initContainers, ...spec.containers])
    expect(it.volumeMounts).toEqual([{ name: volume.name, readOnly: true, mountPath: path }]);
  expect([spec.serviceAccountName, spec.serviceAccount]).toEqual(['default', 'default']);
});

const cases: Array<[name: string, spec: object, mounted: boolean]> = [
  ['the pod says no', { automountServiceAccountToken: false }, false],
  ['the account says no', { serviceAccountName: 'shy' }, false],
  ['the pod says yes, the account no', { serviceAccountName: 'shy', automountServiceAccountToken: true }, true],
];
for (const [name, spec, mounted] of cases) test(name, async () => expect(((await make(spec)).spec.volumes ?? []).length > 0).toBe(mounted));

test('whoever mounts something of their own there keeps it', async () => {
  const { spec } = await make({
    volumes: [{ name: 'own', emptyDir: {} }],
    containers: [{ name: 'app', image: 'app:1', volumeMounts: [{ name: 'own', mountPath: path }] }],
  });
  expect(spec.volumes.map((it: Json) => it.name)).toEqual(['own']);
});

test('the account’s logins to registries come along, unless the pod has its own', async () => {
  expect((await make({ serviceAccountName: 'shy' })).spec.imagePullSecrets).toEqual([{ name: 'login' }]);
  expect((await make({ serviceAccountName: 'shy', imagePullSecrets: [{ name: 'mine' }] })).spec.imagePullSecrets).toEqual([
    { name: 'mine' },
  ]);
});

describe('an account whose secrets are the only ones', () => {
  beforeAll(async () => {
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    await admin
      .post(`${at}/serviceaccounts`)
      .send({ metadata: { name: 'strict', annotations }, secrets: [{ name: 'own' }], imagePullSecrets: [{ name: 'login' }] })
      .expect(201);
  });
  const env = (name: string): object => ({ env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'k' } } }] });
  const from = (name: string): object => ({ envFrom: [{ secretRef: { name } }] });
  const app = (more: object): object => ({ name: 'app', image: 'app:1', ...more });
  const volume = (secretName: string): object => ({ volumes: [{ name: 'v', secret: { secretName } }] });
  const because = 'is not allowed because service account strict does not reference that';
  const refusals: Array<[what: string, spec: object, why: string]> = [
    ['a volume', volume('other'), `volume with secret.secretName="other" ${because} secret`],
    [
      'a variable',
      { containers: [app(env('other'))] },
      `container app with envVar KEY referencing secret.secretName="other" ${because} secret`,
    ],
    [
      'all of one',
      { containers: [app(from('other'))] },
      `container app with envFrom referencing secret.secretName="other" ${because} secret`,
    ],
    [
      'a variable of an init container',
      { initContainers: [app({ name: 'first', ...env('other') })] },
      `init container first with envVar KEY referencing secret.secretName="other" ${because} secret`,
    ],
    ['a login', { imagePullSecrets: [{ name: 'login' }, { name: 'own' }] }, `imagePullSecrets[1].name="own" ${because} imagePullSecret`],
  ];
  test.each(refusals)('refuses others: %s', async (_, spec, why) => {
    const { message } = await make({ serviceAccountName: 'strict', ...spec }, {}, 403);
    expect(message).toBe(`pods "p${count}" is forbidden: ${why}`);
  });
  test('takes its own, also in what is added later', async () => {
    await make({ serviceAccountName: 'strict', ...volume('own'), containers: [app({ ...env('own'), ...from('own') })] });
    const add = (more: object, code: number) =>
      admin
        .patch(`${at}/pods/p${count}/ephemeralcontainers`)
        .set('content-type', 'application/strategic-merge-patch+json')
        .send(JSON.stringify({ spec: { ephemeralContainers: [{ name: 'look', image: 'app:1', ...more }] } }))
        .expect(code);
    expect((await add(env('other'), 403)).body.message).toBe(
      `pods "p${count}" is forbidden: ephemeral container look with envVar KEY referencing secret.secretName="other" ${because} secret`,
    );
    await add(env('own'), 200);
  });
});

test('an account that is not there', async () => {
  const { message } = await make({ serviceAccountName: 'none' }, { name: 'lost' }, 403);
  expect(message).toBe('pods "lost" is forbidden: error looking up service account default/none: serviceaccount "none" not found');
});

test('the first pod of a namespace waits for its account', async () => {
  await admin
    .post('/api/v1/namespaces')
    .send({ metadata: { name: 'fresh' } })
    .expect(201);
  const pod = make({}, {}, 201, '/api/v1/namespaces/fresh');
  await admin
    .post('/api/v1/namespaces/fresh/serviceaccounts')
    .send({ metadata: { name: 'default' } })
    .expect(201);
  expect((await pod).spec.serviceAccountName).toBe('default');
  await admin
    .post('/api/v1/namespaces')
    .send({ metadata: { name: 'bare' } })
    .expect(201);
  await make({}, {}, 403, '/api/v1/namespaces/bare');
});

test('what shows a pod of a node stays as the node says, and names nothing that only the API has', async () => {
  const annotations = { 'kubernetes.io/config.mirror': 'x' };
  const { spec } = await make({ nodeName: 'n1' }, { annotations });
  expect([spec.serviceAccountName, spec.volumes]).toEqual([undefined, undefined]);
  const { message } = await make({ nodeName: 'n1', serviceAccountName: 'default' }, { name: 'm', annotations }, 403);
  expect(message).toBe('pods "m" is forbidden: a mirror pod may not reference service accounts');
  const secret = { volumes: [{ name: 'v', secret: { secretName: 's' } }] };
  expect((await make(secret, { name: 'm', annotations }, 403)).message).toBe(
    'pods "m" is forbidden: a mirror pod may not reference secrets',
  );
});
