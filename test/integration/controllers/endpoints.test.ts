import { afterEach, expect, test } from 'vitest';
import { endpointsOfServices } from '../../../src/controllers/endpoints/reconcile.ts';
import { endpointSlices } from '../../../src/controllers/endpointslice/reconcile.ts';
import { mirroredEndpoints } from '../../../src/controllers/endpointslice-mirroring/reconcile.ts';
import { endpointSlice, endpoints, pod, service } from '../../../src/kinds/index.ts';
import { type ControlPlane, createNode, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const start = async (): Promise<void> => {
  plane = await startControlPlane([endpointSlices, endpointsOfServices, mirroredEndpoints], (client) => createNode(client, 'n1'));
};
const slices = async (name: string) => {
  const labelSelector = `kubernetes.io/service-name=${name}`;
  return (await plane.client.list(endpointSlice, { namespace: 'default', labelSelector })).items;
};
const addresses = async (name: string) =>
  (await slices(name)).flatMap((it) => it.endpoints ?? []).map((it) => `${it.addresses[0]}${it.conditions?.ready ? '' : ' not ready'}`);

test('a Service shows its pods as they become ready, go, and are no more', async () => {
  await start();
  const { client } = plane;
  await createPod(client, 'a', { ip: '10.244.0.5', metadata: { labels: { app: 'web' } } });
  const b = await createPod(client, 'b', { ip: '10.244.0.6', ready: false, metadata: { labels: { app: 'web' } } });
  await client.create(service, {
    metadata: { name: 'web', namespace: 'default', labels: { team: 'blue' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await plane.seen('both pods', async () => (await addresses('web')).length === 2);
  const [slice, ...others] = await slices('web');
  expect(others).toEqual([]);
  expect(slice?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  expect(slice?.metadata.labels).toEqual({
    team: 'blue',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
  expect(slice?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Service', name: 'web', controller: true });
  expect(slice?.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
  expect(await addresses('web')).toEqual(['10.244.0.5', '10.244.0.6 not ready']);
  const shown = await plane.seen('endpoints', () => client.get(endpoints, { namespace: 'default', name: 'web' }));
  expect(shown.subsets).toMatchObject([
    { addresses: [{ ip: '10.244.0.5', nodeName: 'n1' }], notReadyAddresses: [{ ip: '10.244.0.6' }], ports: [{ port: 8080 }] },
  ]);

  await client.changeStatus(pod, b, (draft) => {
    draft.status = { ...draft.status, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' }] };
  });
  await plane.seen('b is ready', async () => (await addresses('web')).includes('10.244.0.6'));
  const [after] = await slices('web');
  expect(after?.metadata.annotations).toEqual({ 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:01:00Z' });

  await client.delete(pod, { namespace: 'default', name: 'a' });
  const going = await plane.seen('a goes', async () => (await slices('web'))[0]?.endpoints?.find((it) => it.conditions?.terminating));
  expect(going.conditions).toEqual({ ready: false, serving: true, terminating: true });
  await plane.seen('a has left the Endpoints', async () => {
    const now = await client.get(endpoints, { namespace: 'default', name: 'web' });
    return now?.subsets?.[0]?.addresses?.length === 1 && !now.subsets[0].notReadyAddresses;
  });
  await client.delete(pod, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
  await plane.seen('a is no more', async () => (await addresses('web')).length === 1);

  await client.delete(service, { namespace: 'default', name: 'web' });
  await plane.seen('no endpoints', async () => !(await client.get(endpoints, { namespace: 'default', name: 'web' })));
});

test('slices hold a hundred endpoints and come back when deleted', async () => {
  await start();
  const { client } = plane;
  for (let i = 0; i < 230; i++) await createPod(client, `p${i}`, { ip: `10.244.1.${i}`, metadata: { labels: { app: 'big' } } });
  await client.create(service, {
    metadata: { name: 'big', namespace: 'default' },
    spec: { selector: { app: 'big' }, ports: [{ port: 80 }] },
  });
  const sizes = async () => (await slices('big')).map((it) => it.endpoints?.length ?? 0).sort((a, b) => a - b);
  await plane.seen('three slices', async () => (await addresses('big')).length === 230);
  expect(await sizes()).toEqual([30, 100, 100]);
  const [first] = await slices('big');
  await client.delete(endpointSlice, { namespace: 'default', name: first?.metadata.name ?? '' });
  await plane.seen('all again', async () => new Set(await addresses('big')).size === 230);
  expect((await sizes()).length).toBe(3);
});

test('a Service without pods has an empty slice; without selector none, but what people write is mirrored', async () => {
  await start();
  const { client } = plane;
  const ports = [{ port: 80 }];
  await client.create(service, { metadata: { name: 'idle', namespace: 'default' }, spec: { selector: { app: 'no' }, ports } });
  await client.create(service, { metadata: { name: 'own', namespace: 'default' }, spec: { ports } });
  const [empty] = await plane.seen('an empty slice', async () => {
    const found = await slices('idle');
    return found.length > 0 && found;
  });
  expect([empty?.endpoints, empty?.ports ?? []]).toEqual([[], []]);
  await client.create(endpoints, {
    metadata: { name: 'own', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 9376 }] }],
  });
  await plane.seen('mirrored', async () => (await addresses('own'))[0] === '192.0.2.7');
  const [mirror] = await slices('own');
  expect(mirror?.metadata.labels?.['endpointslice.kubernetes.io/managed-by']).toBe('endpointslicemirroring-controller.k8s.io');
  await client.change(endpoints, { namespace: 'default', name: 'own' }, (draft) => {
    draft.metadata.labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  });
  await plane.seen('no longer mirrored', async () => (await slices('own')).length === 0);
});

test('a pod whose node is not there yet is shown when it comes', async () => {
  await start();
  const { client } = plane;
  await createPod(client, 'a', {
    ip: '10.244.9.5',
    metadata: { labels: { app: 'web' } },
    spec: { nodeName: 'late', containers: [{ name: 'c', image: 'i' }] },
  });
  await client.create(service, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await plane.settle();
  expect(await addresses('web')).toEqual([]);
  await createNode(client, 'late');
  await plane.seen('it is shown', async () => (await addresses('web')).length === 1);
});
