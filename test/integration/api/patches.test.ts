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

const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

let made = 0;
/** A deployment of two containers, and patches of it. */
async function deployment() {
  const name = `d-${++made}`;
  const containers = [
    {
      name: 'app',
      image: 'app:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      ports: [{ containerPort: 80 }],
    },
    { name: 'side', image: 'side:1' },
  ];
  const template = { metadata: { labels: { app: name } }, spec: { containers } };
  const body = { metadata: { name, annotations: { note: 'x' } }, spec: { selector: { matchLabels: { app: name } }, template } };
  await api.post(deployments).send(body).expect(201);
  return async (type: string, patch: object, code = 200): Promise<Json> =>
    (await api.patch(`${deployments}/${name}`).type(type).send(JSON.stringify(patch)).expect(code)).body;
}
const containersOf = (it: Json): Json[] => it.spec.template.spec.containers;
const inTemplate = (spec: object): object => ({ spec: { template: { spec } } });

describe('strategic merge', () => {
  test('lists of objects merge by their key', async () => {
    const patch = await deployment();
    const after = await patch(strategic, inTemplate({ containers: [{ name: 'app', image: 'app:2', env: [{ name: 'B', value: '3' }] }] }));
    expect(containersOf(after).map((it) => it.image)).toEqual(['app:2', 'side:1']);
    expect(containersOf(after)[0].env).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '3' },
    ]);
  });

  test('$patch: delete takes an item out, replace puts the list in place', async () => {
    const patch = await deployment();
    const without = await patch(strategic, inTemplate({ containers: [{ name: 'side', $patch: 'delete' }] }));
    expect(containersOf(without).map((it) => it.name)).toEqual(['app']);
    const replaced = await patch(strategic, inTemplate({ containers: [{ name: 'only', image: 'o:1' }, { $patch: 'replace' }] }));
    expect(containersOf(replaced).map((it) => it.name)).toEqual(['only']);
  });

  test('$setElementOrder arranges, and null removes', async () => {
    const patch = await deployment();
    const order = { '$setElementOrder/containers': [{ name: 'side' }, { name: 'app' }], containers: [{ name: 'app', ports: null }] };
    const after = await patch(strategic, inTemplate(order));
    expect(containersOf(after).map((it) => it.name)).toEqual(['side', 'app']);
    expect(containersOf(after)[1]).not.toHaveProperty('ports');
  });

  test('$retainKeys of a strategy, as kubectl apply sends it', async () => {
    const patch = await deployment();
    const after = await patch(strategic, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } });
    expect(after.spec.strategy).toEqual({ type: 'Recreate' });
  });

  test('$deleteFromPrimitiveList takes values out of a plain list', async () => {
    const patch = await deployment();
    await patch(strategic, { metadata: { finalizers: ['example.com/a', 'example.com/b'] } });
    const after = await patch(strategic, { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } });
    expect(after.metadata.finalizers).toEqual(['example.com/b']);
  });
});

describe('merge', () => {
  test('objects merge, lists are replaced, null removes', async () => {
    const patch = await deployment();
    const after = await patch(merge, {
      metadata: { labels: { l: '1' }, annotations: { note: null } },
      ...inTemplate({ containers: [{ name: 'x', image: 'x:1' }] }),
    });
    expect(containersOf(after).map((it) => it.name)).toEqual(['x']);
    expect(after.metadata.labels).toEqual({ l: '1' });
    expect(after.metadata).not.toHaveProperty('annotations');
  });
});

describe('JSON patch', () => {
  test('all operations, in order', async () => {
    const patch = await deployment();
    const after = await patch(json, [
      { op: 'test', path: '/metadata/annotations/note', value: 'x' },
      { op: 'add', path: '/metadata/labels', value: { a: '1' } },
      { op: 'add', path: '/metadata/labels/example.com~1key', value: 'v' },
      { op: 'replace', path: '/spec/replicas', value: 4 },
      { op: 'remove', path: '/spec/template/spec/containers/1' },
      { op: 'copy', from: '/metadata/annotations/note', path: '/metadata/annotations/other' },
      { op: 'move', from: '/metadata/labels/a', path: '/metadata/labels/b' },
    ]);
    expect(after.metadata).toMatchObject({ labels: { b: '1', 'example.com/key': 'v' }, annotations: { note: 'x', other: 'x' } });
    expect(after.spec.replicas).toBe(4);
    expect(containersOf(after)).toHaveLength(1);
  });

  test('one operation that fails undoes all', async () => {
    const patch = await deployment();
    const refused = await patch(
      json,
      [
        { op: 'replace', path: '/spec/replicas', value: 9 },
        { op: 'test', path: '/kind', value: 'X' },
      ],
      422,
    );
    expect(refused.reason).toBe('Invalid');
    expect((await patch(merge, {})).spec.replicas).toBe(1);
  });
});

test('a patch that names a resourceVersion is conditioned on it', async () => {
  const patch = await deployment();
  const { metadata } = await patch(merge, { metadata: { labels: { a: '1' } } });
  await patch(merge, { metadata: { resourceVersion: metadata.resourceVersion, labels: { a: '2' } } });
  expect((await patch(merge, { metadata: { resourceVersion: metadata.resourceVersion, labels: { a: '3' } } }, 409)).reason).toBe(
    'Conflict',
  );
});

test('patches at once are all made', async () => {
  const patch = await deployment();
  await Promise.all(Array.from({ length: 20 }, (_, i) => patch(merge, { metadata: { labels: { [`l${i}`]: 'x' } } })));
  expect(Object.keys((await patch(merge, {})).metadata.labels)).toHaveLength(20);
});
