import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type Transport } from '../../../src/client/index.ts';
import { node as nodeKind } from '../../../src/kinds/index.ts';
import { asAdmin, type Json } from '../../fixtures/api/requests.ts';
import { openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';
import { run } from '../../fixtures/cluster/kubectl.ts';
import { kubectls } from '../../fixtures/kubectl.ts';

let server: StreamingApi;
let api: ReturnType<typeof asAdmin>;
const root = '/apis/metrics.k8s.io/v1beta1';
const at = Date.UTC(2026, 4, 1, 10);

beforeAll(async () => {
  server = await openStreamingApi();
  api = asAdmin(server);
  const client = createClient(server.api.local as unknown as Transport);
  const made = await client.create(nodeKind, { metadata: { name: 'n1', labels: { place: 'here' } }, spec: {} });
  await client.changeStatus(nodeKind, made, (draft) => {
    draft.status = { capacity: { cpu: '4', memory: '8Gi' }, allocatable: { cpu: '4', memory: '8Gi' } };
  });
  // A node whose agent is not here.
  await client.create(nodeKind, { metadata: { name: 'n2' }, spec: {} });
  const [web, db] = [await server.addPod('web'), await server.addPod('db'), await server.addPod('fresh')];
  await server.addPod('waiting', {}, { phase: 'Pending' });
  server.node.uses = {
    ...{ at, window: 15_250, node: { nanocores: 1_234_567_890, memoryBytes: 2 * 1024 ** 3 } },
    pods: [
      {
        ...{ uid: web.metadata.uid, at, window: 15_000 },
        containers: [
          { name: 'main', nanocores: 250_000_000, memoryBytes: 100 * 1024 ** 2 },
          { name: 'helper', nanocores: 1_500_001, memoryBytes: 1_000_001 },
        ],
      },
      { uid: db.metadata.uid, at, window: 15_000, containers: [{ name: 'main', nanocores: 500_000_000, memoryBytes: 64 * 1024 ** 2 }] },
    ],
  };
});
afterAll(() => server.close());

const get = async (path: string, accept = 'application/json', code = 200): Promise<Json> =>
  (await api.get(`${root}${path}`).set('Accept', accept).expect(code)).body;
const table = 'application/json;as=Table;g=meta.k8s.io;v=v1';

describe('metrics.k8s.io', () => {
  test('is in discovery', async () => {
    const groups = (await api.get('/apis').set('Accept', 'application/json').expect(200)).body.groups;
    expect(groups.map((it: Json) => it.name)).toContain('metrics.k8s.io');
    expect((await get('')).resources).toEqual([
      expect.objectContaining({ name: 'nodes', kind: 'NodeMetrics', namespaced: false, verbs: ['get', 'list'] }),
      expect.objectContaining({ name: 'pods', kind: 'PodMetrics', namespaced: true, verbs: ['get', 'list'] }),
    ]);
  });

  test('a pod: its containers, each with what it uses', async () => {
    expect(await get('/namespaces/default/pods/web')).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'web', namespace: 'default', creationTimestamp: expect.stringMatching(/Z$/) },
      timestamp: '2026-05-01T10:00:00Z',
      window: '15s',
      containers: [
        { name: 'helper', usage: { cpu: '1500001n', memory: '1000001' } },
        { name: 'main', usage: { cpu: '250m', memory: '100Mi' } },
      ],
    });
  });

  test('a node', async () => {
    expect(await get('/nodes/n1')).toMatchObject({
      ...{ kind: 'NodeMetrics', timestamp: '2026-05-01T10:00:00Z', window: '15.25s', usage: { cpu: '1234567890n', memory: '2Gi' } },
      metadata: { name: 'n1', labels: { place: 'here' } },
    });
  });

  test('lists have what there is to tell, in order of the names, of everywhere or one namespace', async () => {
    const list = await get('/pods');
    expect([list.kind, list.items.map((it: Json) => it.metadata.name)]).toEqual(['PodMetricsList', ['db', 'web']]);
    expect((await get('/namespaces/other/pods')).items).toEqual([]);
    expect((await get('/nodes')).items.map((it: Json) => it.metadata.name)).toEqual(['n1']);
  });

  test('selectors', async () => {
    expect((await get('/nodes?labelSelector=place%3Dhere')).items).toHaveLength(1);
    expect((await get('/nodes?labelSelector=place%21%3Dhere')).items).toHaveLength(0);
    expect((await get('/pods?fieldSelector=metadata.name%3Dweb')).items).toHaveLength(1);
    await get('/pods?fieldSelector=spec.nodeName%3Dn1', undefined, 400);
  });

  test('as a table', async () => {
    const { columnDefinitions, rows } = await get('/pods', table);
    expect(columnDefinitions.map((it: Json) => [it.name, it.format])).toEqual([
      ['Name', 'name'],
      ['cpu', 'quantity'],
      ['memory', 'quantity'],
      ['Window', 'duration'],
    ]);
    expect(rows.map((it: Json) => it.cells)).toEqual([
      ['db', '500m', '64Mi', '15s'],
      ['web', '251500001n', '105857601', '15s'],
    ]);
  });

  test('of what there is not, or nothing is known of', async () => {
    expect((await get('/namespaces/default/pods/none', undefined, 404)).message).toBe('pods "none" not found');
    expect((await get('/namespaces/default/pods/fresh', undefined, 404)).message).toBe(
      'podmetrics.metrics.k8s.io "default/fresh" not found',
    );
    expect((await get('/nodes/n2', undefined, 404)).message).toBe('nodemetrics.metrics.k8s.io "n2" not found');
    await get('/namespaces/default/pods/web/status', undefined, 404);
    await api.post(`${root}/namespaces/default/pods`).send({}).expect(405);
    await api.delete(`${root}/nodes/n1`).expect(405);
  });

  test('a node that fails has nothing to tell', async () => {
    server.node.failures.set('usage', new Error('the engine is gone'));
    try {
      expect((await get('/pods')).items).toEqual([]);
    } finally {
      server.node.failures.clear();
    }
  });
});

for (const { version, path } of kubectls())
  describe(`kubectl ${version} top`, () => {
    const top = async (...args: string[]): Promise<string[][]> => {
      const { code, stdout, stderr } = await run(path, [`--kubeconfig=${server.kubeconfig}`, 'top', ...args]);
      if (code !== 0) throw new Error(stderr);
      return stdout
        .trim()
        .split('\n')
        .map((it) => it.trim().split(/ {2,}/));
    };

    test('nodes', async () => {
      const [head, first, second] = await top('nodes');
      expect(head?.[0]).toBe('NAME');
      expect(head?.[1]).toMatch(/^CPU\(cores\)/);
      expect(first?.slice(0, 5)).toEqual(['n1', '1235m', '30%', '2048Mi', '25%']);
      expect(second?.slice(0, 2)).toEqual(['n2', '<unknown>']);
    });

    test('pods', async () => {
      expect(await top('pods')).toEqual([
        ['NAME', 'CPU(cores)', 'MEMORY(bytes)'],
        ['db', '500m', '64Mi'],
        ['web', '252m', '100Mi'],
      ]);
      expect((await top('pods', '--sort-by=memory', '-A')).map((it) => it[1])).toEqual(['NAME', 'web', 'db']);
      expect(await top('pod', 'web', '--containers')).toEqual([
        ['POD', 'NAME', 'CPU(cores)', 'MEMORY(bytes)'],
        ['web', 'helper', '2m', '0Mi'],
        ['web', 'main', '250m', '100Mi'],
      ]);
    });
  });
