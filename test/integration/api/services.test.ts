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

const services = '/api/v1/namespaces/default/services';
let made = 0;
const create = async (spec: object): Promise<Json> =>
  (
    await api
      .post(services)
      .send({ metadata: { name: `s-${++made}` }, spec })
      .expect(201)
  ).body;
const patch = async (it: Json, spec: object, code = 200): Promise<Json> =>
  (await api.patch(`${services}/${it.metadata.name}`).type('application/merge-patch+json').send({ spec }).expect(code)).body;
const ports = [{ port: 80 }];

describe('changes of type', () => {
  test('to ExternalName and back: the address goes, and another comes', async () => {
    const it = await create({ ports });
    const external = await patch(it, { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null });
    expect(external.spec).not.toHaveProperty('clusterIP');
    expect(external.spec).not.toHaveProperty('clusterIPs');
    const back = await patch(it, { type: 'ClusterIP', externalName: null });
    expect(back.spec.clusterIP).toMatch(/^10\.96\./);
    expect(back.spec.clusterIPs).toEqual([back.spec.clusterIP]);
  });

  test('from ClusterIP through NodePort to LoadBalancer: address and port stay', async () => {
    const it = await create({ ports });
    const ported = await patch(it, { type: 'NodePort' });
    const { nodePort } = ported.spec.ports[0];
    expect(nodePort).toBeGreaterThanOrEqual(30_000);
    const balanced = await patch(it, { type: 'LoadBalancer' });
    expect(balanced.spec).toMatchObject({ clusterIP: it.spec.clusterIP, ports: [{ nodePort }], allocateLoadBalancerNodePorts: true });
    const given = await api
      .patch(`${services}/${it.metadata.name}/status`)
      .type('application/merge-patch+json')
      .send({ status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }, { hostname: 'lb.test' }, { ip: '10.0.0.2', ipMode: 'Proxy' }] } } })
      .expect(200);
    expect(given.body.status.loadBalancer.ingress).toEqual([
      { ip: '10.0.0.1', ipMode: 'VIP' },
      { hostname: 'lb.test' },
      { ip: '10.0.0.2', ipMode: 'Proxy' },
    ]);
    const plain = await patch(it, { type: 'ClusterIP' });
    expect(plain.spec.ports[0]).not.toHaveProperty('nodePort');
    expect(plain.spec).not.toHaveProperty('allocateLoadBalancerNodePorts');
    expect(plain.status).toEqual({ loadBalancer: {} });
  });

  test('an address that is set stays', async () => {
    const it = await create({ ports });
    const refused = await patch(it, { clusterIP: '10.96.0.50' }, 422);
    expect(refused.message).toContain('may not change once set');
    expect((await patch(it, { clusterIP: null })).spec.clusterIP).toBe(it.spec.clusterIP);
  });
});

describe('what is scarce', () => {
  test('comes back when its service goes', async () => {
    const spec = { type: 'NodePort', clusterIP: '10.96.0.60', ports: [{ port: 80, nodePort: 31_234 }] };
    const first = await create(spec);
    const { body } = await api
      .post(services)
      .send({ metadata: { name: 'late' }, spec: { ports, clusterIP: '10.96.0.60' } })
      .expect(422);
    expect(body.message).toContain('failed to allocate IP 10.96.0.60: provided IP is already allocated');
    await api.delete(`${services}/${first.metadata.name}`).expect(200);
    await create(spec);
  });

  test('is not lost by what is refused', async () => {
    const spec = {
      type: 'NodePort',
      ports: [
        { port: 80, nodePort: 31_235 },
        { port: 81, nodePort: 31_235 },
      ],
    };
    await api
      .post(services)
      .send({ metadata: { name: 'faulty' }, spec })
      .expect(422);
    await api
      .post(services)
      .send({ metadata: { name: 'UPPER' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31_235 }] } })
      .expect(422);
    await create({ type: 'NodePort', ports: [{ port: 80, nodePort: 31_235 }] });
  });

  test('goes to one of those who ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        api.post(services).send({ metadata: { name: `race-${i}` }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31_999 }] } }),
      ),
    );
    expect(answers.map((it) => it.status).sort()).toEqual([201, ...Array(9).fill(422)]);
  });

  test('is each time another one', async () => {
    const some = await Promise.all(Array.from({ length: 50 }, () => create({ type: 'NodePort', ports })));
    expect(new Set(some.map((it) => it.spec.clusterIP)).size).toBe(50);
    expect(new Set(some.map((it) => it.spec.ports[0].nodePort)).size).toBe(50);
  });

  test('the same node port serves TCP and UDP', async () => {
    const spec = (protocol: string): object => ({ type: 'NodePort', ports: [{ port: 53, protocol, nodePort: 31_053 }] });
    await create(spec('TCP'));
    await create(spec('UDP'));
  });
});

test('what the cluster itself needs comes back when it is deleted', async () => {
  await server.api.announce('10.244.0.1', '10.96.0.1');
  const own = [
    '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
    `${services}/kubernetes`,
    '/api/v1/namespaces/default/endpoints/kubernetes',
    '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes',
  ];
  for (const path of own) {
    const { uid } = (await api.get(path).expect(200)).body.metadata;
    await api.delete(path).expect(200);
    await expect.poll(async () => (await api.get(path)).body.metadata?.uid ?? uid, { timeout: 10_000 }).not.toBe(uid);
  }
  expect((await api.get(`${services}/kubernetes`).expect(200)).body.spec.clusterIP).toBe('10.96.0.1');
});
