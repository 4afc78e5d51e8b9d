import { afterEach, expect, test } from 'vitest';
import { endpointSlices } from '../../../src/controllers/endpointslice/reconcile.ts';
import { endpointsOfServices } from '../../../src/controllers/endpoints/reconcile.ts';
import { swaps } from '../../../src/controllers/swap/reconcile.ts';
import { endpointSlice, endpoints, event, lease, service, type Swap, swapAnnotation } from '../../../src/kinds/index.ts';
import { seconds, toMicroTime } from '../../../src/lib/clock.ts';
import { type ControlPlane, createNode, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const swap: Swap = { port: 'http', address: '10.244.0.1', number: 40_000, node: 'n1', to: 'localhost:3000', lease: 'swap-web-x' };

async function start(): Promise<void> {
  plane = await startControlPlane([endpointSlices, endpointsOfServices, swaps], (client) => createNode(client, 'n1'));
  const { client } = plane;
  await createPod(client, 'a', { ip: '10.244.0.5', metadata: { labels: { app: 'web' } } });
  await client.create(service, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'admin', port: 81, targetPort: 8081 },
      ],
    },
  });
  await plane.seen('the pod', async () => (await ways()).length === 2);
}

const ways = async (): Promise<string[]> =>
  (await plane.client.list(endpointSlice, { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' })).items
    .flatMap((it) => (it.endpoints ?? []).flatMap((one) => (it.ports ?? []).map((port) => `${port.name} ${one.addresses[0]}:${port.port}`)))
    .sort();
const reasons = async (): Promise<string[]> =>
  (await plane.client.list(event, { namespace: 'default' })).items.map((it) => it.reason ?? '');

async function begin(): Promise<void> {
  const { client, clock } = plane;
  const at = toMicroTime(clock.now());
  await client.create(lease, { metadata: { name: swap.lease, namespace: 'default' }, spec: { leaseDurationSeconds: 5, renewTime: at } });
  await client.change(service, { namespace: 'default', name: 'web' }, ({ metadata }) => {
    metadata.annotations = { [swapAnnotation]: JSON.stringify(swap) };
  });
  await plane.seen('the swap', async () => (await ways()).includes('http 10.244.0.1:40000'));
}

test('a port that is swapped leads to the host, the others stay with the pods; given back, all is as before', async () => {
  await start();
  await begin();
  expect(await ways()).toEqual(['admin 10.244.0.5:8081', 'http 10.244.0.1:40000']);
  await plane.seen('the same in Endpoints', async () => {
    const found = await plane.client.get(endpoints, { namespace: 'default', name: 'web' });
    return found?.subsets?.some((it) => it.addresses?.[0]?.ip === '10.244.0.1' && it.ports?.[0]?.port === 40_000);
  });
  await plane.client.delete(lease, { namespace: 'default', name: swap.lease });
  await plane.seen('the pod again', async () => (await ways()).join() === 'admin 10.244.0.5:8081,http 10.244.0.5:8080');
  expect((await plane.client.get(service, { namespace: 'default', name: 'web' }))?.metadata.annotations?.[swapAnnotation]).toBeUndefined();
  await plane.seen('events', async () => (await reasons()).includes('SwapEnded'));
  expect(await reasons()).toContain('Swapped');
});

test('one whose maker falls silent ends by itself; one that is kept lasts', async () => {
  await start();
  await begin();
  const { client, clock } = plane;
  await plane.advance(seconds(4));
  await client.change(lease, { namespace: 'default', name: swap.lease }, (draft) => {
    draft.spec = { ...draft.spec, renewTime: toMicroTime(clock.now()) };
  });
  await plane.advance(seconds(3));
  expect(await ways()).toContain('http 10.244.0.1:40000');
  await plane.advance(seconds(3));
  await plane.seen('the pod again', async () => (await ways()).includes('http 10.244.0.5:8080'));
  expect(await client.get(lease, { namespace: 'default', name: swap.lease })).toBeUndefined();
});
