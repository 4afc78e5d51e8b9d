import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
});
afterAll(() => server.close());

/** Every $ref of a document. */
function refsIn(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref') found.add(inner as string);
    else refsIn(inner, found);
  }
  return found;
}

describe('version 3', () => {
  test('an index of documents that are there, by a hash of their content', async () => {
    const { paths } = (await api.get('/openapi/v3').expect(200)).body as Json;
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/storage.k8s.io/v1']));
    for (const { serverRelativeURL } of Object.values(paths) as Json[]) {
      expect(serverRelativeURL).toMatch(/\?hash=[0-9A-F]{128}$/);
      await api.get(serverRelativeURL).expect(200);
    }
  });

  test('documents are whole: every reference leads somewhere', async () => {
    for (const path of ['api/v1', 'apis/apps/v1', 'apis/events.k8s.io/v1']) {
      const { body } = await api.get(`/openapi/v3/${path}`).expect(200);
      for (const ref of refsIn(body)) expect(body.components.schemas, ref).toHaveProperty([ref.replace('#/components/schemas/', '')]);
    }
  });

  test('a schema says what apply and explain need', async () => {
    const { body } = await api.get('/openapi/v3/apis/apps/v1').expect(200);
    const schemas = body.components.schemas as Json;
    expect(schemas['io.k8s.api.apps.v1.Deployment']).toMatchObject({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Deployment', version: 'v1' }],
    });
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec'].required).toEqual(['selector', 'template']);
    expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
      ...{ type: 'array', 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' },
    });
    const patch = body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
    expect(patch.parameters.map((it: Json) => it.name)).toEqual(expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation']));
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', kind: 'Deployment', version: 'v1' });
    expect(Object.keys(patch.requestBody.content)).toContain('application/apply-patch+yaml');
  });

  test('a schema says how fields are owned', async () => {
    const schemas = (await api.get('/openapi/v3/api/v1').expect(200)).body.components.schemas as Json;
    expect(schemas['io.k8s.api.core.v1.Container'].properties.ports).toMatchObject({
      ...{ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'] },
    });
    expect(schemas['io.k8s.api.core.v1.ContainerPort'].properties.protocol.default).toBe('TCP');
    expect(schemas['io.k8s.api.core.v1.Container'].properties.args['x-kubernetes-list-type']).toBe('atomic');
    expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.nodeSelector['x-kubernetes-map-type']).toBe('atomic');
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']['x-kubernetes-map-type']).toBe('atomic');
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'].properties.finalizers['x-kubernetes-list-type']).toBe('set');
    expect(schemas['io.k8s.api.core.v1.PersistentVolumeSpec'].properties.claimRef['x-kubernetes-map-type']).toBe('granular');
  });
});

describe('version 2', () => {
  test('in JSON, whole', async () => {
    const { body } = await api.get('/openapi/v2').expect(200);
    expect(body).toMatchObject({ swagger: '2.0' });
    for (const ref of refsIn(body)) expect(body.definitions, ref).toHaveProperty([ref.replace('#/definitions/', '')]);
  });

  test('in protobuf, under a media type that Go can read', async () => {
    const answer = await api
      .get('/openapi/v2')
      .set('Accept', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf')
      .buffer(true)
      .expect(200);
    expect(answer.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  });
});
