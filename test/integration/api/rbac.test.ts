import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, asAnyone, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';
import { kubectlOf } from '../../fixtures/cluster/kubectl.ts';
import { kubectls } from '../../fixtures/kubectl.ts';

let server: TestApi;
let admin: ReturnType<typeof asAdmin>;
let token: string;
const at = '/api/v1/namespaces/default';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const here = `${rbac}/namespaces/default`;
const bearing = (method: 'get' | 'post' | 'delete', path: string) => asAnyone(server)[method](path).set('Authorization', `Bearer ${token}`);
const robot = { kind: 'ServiceAccount', name: 'robot', namespace: 'default' };

beforeAll(async () => {
  server = await openTestApi();
  admin = asAdmin(server);
  for (const name of ['default', 'robot']) await admin.post(`${at}/serviceaccounts`).send({ metadata: { name } }).expect(201);
  token = (await admin.post(`${at}/serviceaccounts/robot/token`).send({}).expect(201)).body.status.token;
});
afterAll(() => server.close());

const bind = async (name: string, role: string, kind = 'Role'): Promise<void> => {
  await admin
    .post(`${here}/rolebindings`)
    .send({ metadata: { name }, roleRef: { kind, name: role }, subjects: [robot] })
    .expect(201);
};
const mayI = async (resourceAttributes: object): Promise<boolean> =>
  (await bearing('post', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews').send({ spec: { resourceAttributes } }).expect(201)).body
    .status.allowed;

test('an account may do what roles bound to it say, where they say it, from then on and until then', async () => {
  const { body } = await bearing('get', `${at}/pods`).expect(403);
  expect(body.message).toBe(
    'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  await admin
    .post(`${here}/roles`)
    .send({ metadata: { name: 'reader' }, rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }] })
    .expect(201);
  await bind('reads', 'reader');
  await bearing('get', `${at}/pods`).expect(200);
  await bearing('get', '/api/v1/namespaces/kube-system/pods').expect(403);
  await bearing('get', '/api/v1/pods').expect(403);
  await bearing('get', `${at}/pods?watch=1`).expect(403);
  expect([await mayI({ verb: 'list', resource: 'pods', namespace: 'default' }), await mayI({ verb: 'list', resource: 'pods' })]).toEqual([
    true,
    false,
  ]);
  const review = await bearing('post', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews')
    .send({ spec: { namespace: 'default' } })
    .expect(201);
  expect(review.body.status.resourceRules).toContainEqual({ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] });
  await admin.delete(`${here}/rolebindings/reads`).expect(200);
  await bearing('get', `${at}/pods`).expect(403);
});

test('a cluster role bound in a namespace counts there', async () => {
  await admin
    .post(`${rbac}/clusterroles`)
    .send({ metadata: { name: 'pod-reader' }, rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }] })
    .expect(201);
  await bind('reads-here', 'pod-reader', 'ClusterRole');
  await bearing('get', `${at}/pods`).expect(200);
  await bearing('get', '/api/v1/pods').expect(403);
  await admin
    .post(`${rbac}/clusterrolebindings`)
    .send({ metadata: { name: 'all' }, roleRef: { kind: 'ClusterRole', name: 'pod-reader' }, subjects: [robot] })
    .expect(201);
  await bearing('get', '/api/v1/pods').expect(200);
});

describe('nobody gives away what they do not have', () => {
  beforeAll(async () => {
    const rules = [{ verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'] }];
    // Every verb would be escalate and bind as well.
    rules[0] = { ...rules[0], verbs: ['create', 'update', 'get'] } as (typeof rules)[0];
    await admin
      .post(`${here}/roles`)
      .send({ metadata: { name: 'role-writer' }, rules })
      .expect(201);
    await bind('writes-roles', 'role-writer');
  });
  test('roles', async () => {
    const secrets = { metadata: { name: 'more' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }] };
    const { body } = await bearing('post', `${here}/roles`).send(secrets).expect(403);
    expect(body.message).toBe(
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "system:serviceaccount:default:robot" (groups=["system:serviceaccounts" "system:serviceaccounts:default" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    );
    await bearing('post', `${here}/roles`)
      .send({ metadata: { name: 'same' }, rules: [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }] })
      .expect(201);
  });
  test('bindings', async () => {
    const to = (name: string): object => ({ metadata: { name }, roleRef: { kind: 'ClusterRole', name }, subjects: [robot] });
    await bearing('post', `${here}/rolebindings`).send(to('cluster-admin')).expect(403);
    await bearing('post', `${here}/rolebindings`).send(to('pod-reader')).expect(201);
    await bearing('post', `${here}/rolebindings`).send(to('none')).expect(404);
  });
});

test('what a binding refers to cannot change; faults are told', async () => {
  const { body: was } = await admin.get(`${here}/rolebindings/writes-roles`).expect(200);
  const { body } = await admin
    .put(`${here}/rolebindings/writes-roles`)
    .send({ ...was, roleRef: { ...was.roleRef, name: 'reader' } })
    .expect(422);
  expect(body.message).toContain('cannot change roleRef');
  await admin
    .post(`${here}/roles`)
    .send({ metadata: { name: 'bad' }, rules: [{ apiGroups: [''], resources: ['pods'] }] })
    .expect(422);
  await admin
    .post(`${rbac}/clusterroles`)
    .send({ metadata: { name: 'system:x:y' }, rules: [] })
    .expect(201);
});

test('every cluster has upstream’s roles', async () => {
  const { items } = (await admin.get(`${rbac}/clusterroles?labelSelector=kubernetes.io/bootstrapping%3Drbac-defaults`).expect(200))
    .body as { items: Json[] };
  expect(items.map((it) => it.metadata.name)).toEqual(
    expect.arrayContaining(['admin', 'cluster-admin', 'edit', 'system:basic-user', 'system:discovery', 'view']),
  );
});

const path = kubectls().at(-1)?.path;
test.skipIf(!path)('kubectl makes roles and bindings, and asks what may be done as somebody', async () => {
  const kubectl = kubectlOf(path as string, server.kubeconfig);
  await kubectl.ok(['create', 'role', 'cm', '--verb=get,list', '--resource=configmaps']);
  await kubectl.ok(['create', 'rolebinding', 'cm', '--role=cm', '--serviceaccount=default:robot']);
  expect((await kubectl.ok(['auth', 'can-i', 'list', 'configmaps', '--as=system:serviceaccount:default:robot'])).trim()).toBe('yes');
  expect((await kubectl(['auth', 'can-i', 'delete', 'configmaps', '--as=system:serviceaccount:default:robot'])).stdout.trim()).toBe('no');
  expect(await kubectl.ok(['get', 'rolebinding', 'cm', '-o', 'wide'])).toMatch(
    /^NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\ncm +Role\/cm +\S+ +default\/robot\n$/,
  );
  expect(await kubectl.ok(['get', 'role', 'cm'])).toMatch(/^NAME +CREATED AT\ncm +\d{4}-\d\d-\d\dT/);
});
