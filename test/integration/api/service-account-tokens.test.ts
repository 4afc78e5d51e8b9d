import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, asAnyone, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';
import { kubectlOf } from '../../fixtures/cluster/kubectl.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';

let server: TestApi;
let admin: ReturnType<typeof asAdmin>;
let anyone: ReturnType<typeof asAnyone>;
const at = '/api/v1/namespaces/default';
const pod = (name: string, more: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'app', image: 'app:1' }], ...more },
});

beforeAll(async () => {
  server = await openTestApi();
  admin = asAdmin(server);
  anyone = asAnyone(server);
  for (const name of ['default', 'robot']) await admin.post(`${at}/serviceaccounts`).send({ metadata: { name } }).expect(201);
  const subjects = [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }];
  const rules = [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }];
  const roles = '/apis/rbac.authorization.k8s.io/v1';
  await admin
    .post(`${roles}/clusterroles`)
    .send({ metadata: { name: 'reads' }, rules })
    .expect(201);
  await admin
    .post(`${roles}/clusterrolebindings`)
    .send({ metadata: { name: 'reads' }, roleRef: { kind: 'ClusterRole', name: 'reads' }, subjects })
    .expect(201);
});
afterAll(() => server.close());

const ask = async (spec: object, code = 201, account = 'robot'): Promise<Json> =>
  (await admin.post(`${at}/serviceaccounts/${account}/token`).send({ spec }).expect(code)).body;
const tokenOf = async (spec: object = {}, account?: string): Promise<string> => (await ask(spec, 201, account)).status.token;
const bearing = (token: string, path: string) => anyone.get(path).set('Authorization', `Bearer ${token}`);
const review = async (spec: object): Promise<Json> =>
  (await admin.post('/apis/authentication.k8s.io/v1/tokenreviews').send({ spec }).expect(201)).body.status;

describe('TokenRequest', () => {
  test('gives a token for an hour, meant for the API server', async () => {
    const { kind, apiVersion, metadata, spec, status } = await ask({});
    expect([kind, apiVersion, metadata.name]).toEqual(['TokenRequest', 'authentication.k8s.io/v1', 'robot']);
    expect(spec).toMatchObject({ audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 3600 });
    const life = Date.parse(status.expirationTimestamp) - Date.now();
    expect(life).toBeGreaterThan(3_590_000);
    expect(life).toBeLessThanOrEqual(3_600_000);
  });

  const refused: Array<[name: string, spec: object, code: number, message: string | RegExp]> = [
    [
      'a life that is too short',
      { expirationSeconds: 599 },
      422,
      /spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes$/,
    ],
    ['a life that is too long', { expirationSeconds: 2 ** 32 + 1 }, 422, /may not specify a duration larger than 2\^32 seconds$/],
    [
      'another kind of object',
      { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } },
      400,
      'cannot bind token to object of type /v1, Kind=ConfigMap',
    ],
    ['a pod that is not there', { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'none' } }, 404, 'pods "none" not found'],
    [
      'a pod of another account',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'others' } },
      400,
      'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
    ],
    [
      'an earlier pod of the name',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'mine', uid: 'was' } },
      409,
      'Operation cannot be fulfilled on Pod "mine": the UID in the bound object reference (was) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ];
  beforeAll(async () => {
    await admin.post(`${at}/pods`).send(pod('others')).expect(201);
    await admin
      .post(`${at}/pods`)
      .send(pod('mine', { serviceAccountName: 'robot' }))
      .expect(201);
  });
  for (const [name, spec, code, message] of refused)
    test(`refused: ${name}`, async () => {
      const { message: said } = await ask(spec, code);
      if (typeof message === 'string') expect(said).toBe(message);
      else expect(said).toMatch(message);
    });

  test('refused: an account that is not there', async () =>
    expect((await ask({}, 404, 'none')).message).toBe('serviceaccounts "none" not found'));
});

describe('whoever comes with a token', () => {
  const me = async (token: string): Promise<Json> => {
    const answer = await anyone
      .post('/apis/authentication.k8s.io/v1/selfsubjectreviews')
      .set('Authorization', `Bearer ${token}`)
      .send({})
      .expect(201);
    return answer.body.status.userInfo;
  };

  test('is the account', async () => {
    const token = await tokenOf({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'mine' } });
    expect(await me(token)).toMatchObject({
      username: 'system:serviceaccount:default:robot',
      uid: expect.any(String),
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/pod-name': ['mine'], 'authentication.kubernetes.io/pod-uid': [expect.any(String)] },
    });
    const { items } = (await bearing(token, `${at}/pods`).expect(200)).body;
    expect(items.map((it: Json) => it.metadata.name)).toEqual(['mine', 'others']);
    expect((await bearing(token, `${at}/secrets`).expect(403)).body.message).toBe(
      'secrets is forbidden: User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
  });

  test('is nobody when it is meant for others', async () => {
    const token = await tokenOf({ audiences: ['vault'] });
    expect((await bearing(token, '/api').expect(401)).body).toMatchObject({ reason: 'Unauthorized', message: 'Unauthorized' });
    expect(await review({ token, audiences: ['vault', 'other'] })).toMatchObject({ authenticated: true, audiences: ['vault'] });
  });

  test('is nobody once the pod has gone', async () => {
    await admin
      .post(`${at}/pods`)
      .send(pod('short', { serviceAccountName: 'robot' }))
      .expect(201);
    const token = await tokenOf({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'short' } });
    await bearing(token, '/api').expect(200);
    await admin.delete(`${at}/pods/short?gracePeriodSeconds=0`).expect(200);
    await bearing(token, '/api').expect(401);
    expect(await review({ token })).toEqual({ user: {}, error: '[invalid bearer token, service account token has been invalidated]' });
  });

  test('is nobody once the account has gone, and stays nobody when another one of that name comes', async () => {
    await admin
      .post(`${at}/serviceaccounts`)
      .send({ metadata: { name: 'brief' } })
      .expect(201);
    const token = await tokenOf({}, 'brief');
    await bearing(token, '/api').expect(200);
    await admin.delete(`${at}/serviceaccounts/brief`).expect(200);
    await bearing(token, '/api').expect(401);
    await admin
      .post(`${at}/serviceaccounts`)
      .send({ metadata: { name: 'brief' } })
      .expect(201);
    await bearing(token, '/api').expect(401);
  });

  test('whose certificate comes first needs no good token', async () => {
    await admin.get('/api').set('Authorization', 'Bearer nonsense').expect(200);
  });
});

describe('TokenReview', () => {
  test('says whose a token is', async () => {
    expect(await review({ token: await tokenOf() })).toEqual({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:default:robot',
        uid: expect.any(String),
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
      },
      audiences: ['https://kubernetes.default.svc.cluster.local'],
    });
  });
  test('knows none of others', async () => {
    expect(await review({ token: 'nonsense' })).toEqual({ user: {}, error: 'invalid bearer token' });
    const { body } = await admin.post('/apis/authentication.k8s.io/v1/tokenreviews').send({ spec: {} }).expect(400);
    expect(body.message).toBe('token is required for TokenReview in authentication');
  });
});

test('others can check a token by what the issuer publishes', async () => {
  const token = await tokenOf({ audiences: ['vault'] });
  await anyone.get('/openid/v1/jwks').expect(403);
  const { body: about } = await bearing(await tokenOf(), '/.well-known/openid-configuration').expect(200);
  expect(about).toEqual({
    issuer: 'https://kubernetes.default.svc.cluster.local',
    jwks_uri: 'https://kubernetes.default.svc.cluster.local/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
  const answer = await bearing(await tokenOf(), '/openid/v1/jwks')
    .buffer(true)
    .parse(textOf)
    .expect(200);
  expect(answer.headers['content-type']).toBe('application/jwk-set+json');
  const { keys } = JSON.parse(answer.body) as { keys: Array<JsonWebKey & { kid: string }> };
  const [head = '', body = '', signature = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
  const key = createPublicKey({ key: keys.find((it) => it.kid === kid) as JsonWebKey, format: 'jwk' });
  expect(verify('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))).toBe(
    true,
  );
});

const textOf = (answer: unknown, done: (error: Error | null, text: string) => void): void => {
  const response = answer as NodeJS.ReadableStream;
  let text = '';
  response.on('data', (chunk) => {
    text += chunk;
  });
  response.on('end', () => done(null, text));
};

const found = kubectlsOf('create token', ['1.27', '1.33']);
describe.skipIf(found.length === 0).each([...found])('kubectl $version', ({ version, path }) => {
  test('create token, auth whoami', async () => {
    const run = kubectlOf(path, server.kubeconfig);
    const token = (
      await run.ok(['create', 'token', 'robot', '--duration', '20m', '--bound-object-kind', 'Pod', '--bound-object-name', 'mine'])
    ).trim();
    expect((await review({ token })).user.username).toBe('system:serviceaccount:default:robot');
    if (Number(version.split('.')[1]) < 28) return;
    expect(await run.ok(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe('kubernetes-admin');
  });
});
