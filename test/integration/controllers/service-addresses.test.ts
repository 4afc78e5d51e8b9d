import { afterEach, expect, test } from 'vitest';
import { ipAddresses } from '../../../src/controllers/ip-address/reconcile.ts';
import { serviceCidrs } from '../../../src/controllers/service-cidr/reconcile.ts';
import { ipAddress, service, serviceCidr } from '../../../src/kinds/index.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const make = (name: string, spec: object = {}) =>
  plane.client.create(service, { metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 80 }], ...spec } });
const isReady = async (name: string) =>
  (await plane.client.get(serviceCidr, { name }))?.status?.conditions?.find((it) => it.type === 'Ready')?.status;

test('every address of a Service has an object that says whose it is', async () => {
  plane = await startControlPlane([ipAddresses, serviceCidrs]);
  const { client } = plane;
  const made = await make('web');
  const address = made.spec.clusterIP ?? '';
  const found = await plane.seen('the address', () => client.get(ipAddress, { name: address }));
  expect(found.spec).toEqual({ parentRef: { resource: 'services', namespace: 'default', name: 'web' } });
  expect(found.metadata.labels).toEqual({
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  });
  await client.delete(ipAddress, { name: address });
  await plane.seen('the address again', () => client.get(ipAddress, { name: address }));
  await client.delete(service, { namespace: 'default', name: 'web' });
  await plane.seen('no address', async () => !(await client.get(ipAddress, { name: address })));
  await make('again', { clusterIP: address });
  await plane.seen('it is another’s', async () => (await client.get(ipAddress, { name: address }))?.spec.parentRef.name === 'again');
});

test('another range: used when it is ready, kept as long as somebody has an address of it', async () => {
  plane = await startControlPlane([ipAddresses, serviceCidrs]);
  const { client } = plane;
  await client.create(serviceCidr, { metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } });
  await plane.seen('the cluster’s own range', async () => (await isReady('kubernetes')) === 'True');
  await expect(make('early', { clusterIP: '10.99.0.5' })).rejects.toThrow('is not in the valid range');
  await client.create(serviceCidr, { metadata: { name: 'more' }, spec: { cidrs: ['10.99.0.0/28'] } });
  await plane.seen('the new range', async () => (await isReady('more')) === 'True');
  await make('web', { clusterIP: '10.99.0.5' });
  await expect(make('two', { clusterIP: '10.99.0.5' })).rejects.toThrow('provided IP is already allocated');
  await plane.seen('the address', () => client.get(ipAddress, { name: '10.99.0.5' }));
  await client.delete(serviceCidr, { name: 'more' });
  await plane.seen('it is held', async () => (await isReady('more')) === 'False');
  await expect(make('late', { clusterIP: '10.99.0.6' })).rejects.toThrow('is not in the valid range');
  await client.delete(service, { namespace: 'default', name: 'web' });
  await plane.seen('it is gone', async () => !(await client.get(serviceCidr, { name: 'more' })));
});

test('an address that somebody has set aside is not given out', async () => {
  plane = await startControlPlane([ipAddresses, serviceCidrs]);
  const parentRef = { group: 'example.com', resource: 'things', name: 'x' };
  await plane.client.create(ipAddress, { metadata: { name: '10.96.0.7' }, spec: { parentRef } });
  await expect(make('web', { clusterIP: '10.96.0.7' })).rejects.toThrow('provided IP is already allocated');
});

test('two hundred Services made at once have two hundred addresses and ports', async () => {
  plane = await startControlPlane([]);
  const made = await Promise.all(Array.from({ length: 200 }, (_, i) => make(`s-${i}`, { type: 'NodePort' })));
  expect(new Set(made.map((it) => it.spec.clusterIP)).size).toBe(200);
  expect(new Set(made.map((it) => it.spec.ports?.[0]?.nodePort)).size).toBe(200);
});
