import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds } from '../../../src/kinds/index.ts';
import { asAdmin, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
});
afterAll(() => server.close());

const get = async (path: string, accept = 'application/json'): Promise<Json> =>
  (await api.get(path).set('Accept', accept).expect(200)).body;

describe('piece by piece', () => {
  test('/api and /apis', async () => {
    expect(await get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const { kind, groups } = await get('/apis');
    expect(kind).toBe('APIGroupList');
    expect(groups.map((it: Json) => it.name)).toEqual(expect.arrayContaining(['apps', 'storage.k8s.io', 'authorization.k8s.io']));
    expect(groups[0]).toMatchObject({ preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } });
    expect(await get('/apis/apps')).toMatchObject({ kind: 'APIGroup', name: 'apps' });
  });

  test('every kind is listed where it is served', async () => {
    for (const kind of kinds) {
      const { resources } = await get(kind.group ? `/apis/${kind.apiVersion}` : '/api/v1');
      expect(resources).toContainEqual(
        expect.objectContaining({
          name: kind.plural,
          kind: kind.kind,
          namespaced: kind.namespaced,
          singularName: kind.singular,
          verbs: kind.verbs,
        }),
      );
    }
  });

  test('subresources are listed with what they take', async () => {
    const { resources } = await get('/apis/apps/v1');
    expect(resources).toContainEqual(
      expect.objectContaining({
        name: 'deployments/scale',
        group: 'autoscaling',
        version: 'v1',
        kind: 'Scale',
        verbs: ['get', 'patch', 'update'],
      }),
    );
    const names = (await get('/api/v1')).resources.map((it: Json) => it.name);
    for (const name of [
      'pods/status',
      'pods/log',
      'pods/exec',
      'pods/attach',
      'pods/portforward',
      'pods/binding',
      'pods/eviction',
      'namespaces/finalize',
    ])
      expect(names).toContain(name);
    expect(names).not.toContain('configmaps/status');
  });
});

describe('in one answer', () => {
  for (const version of ['v2', 'v2beta1']) {
    test(version, async () => {
      const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
      const answer = await api.get('/apis').set('Accept', accept).expect(200);
      expect(answer.headers['content-type']).toBe(`application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
      const { kind, apiVersion, items } = answer.body;
      expect([kind, apiVersion]).toEqual(['APIGroupDiscoveryList', `apidiscovery.k8s.io/${version}`]);
      const apps = items.find((it: Json) => it.metadata.name === 'apps').versions[0];
      expect(apps).toMatchObject({ version: 'v1', freshness: 'Current' });
      expect(apps.resources.find((it: Json) => it.resource === 'deployments')).toMatchObject({
        ...{ scope: 'Namespaced', singularResource: 'deployment', shortNames: ['deploy'], categories: ['all'] },
        responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
        subresources: [
          { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
          { subresource: 'status' },
        ],
      });
      expect((await get('/api', accept)).items[0].versions[0].resources.map((it: Json) => it.resource)).toContain('pods');
    });
  }
});

test('deletecollection is not offered where it is not allowed', async () => {
  const { resources } = await get('/api/v1');
  expect(resources.find((it: Json) => it.name === 'namespaces').verbs).not.toContain('deletecollection');
});
