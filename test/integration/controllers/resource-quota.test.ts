import { afterEach, beforeEach, expect, test } from 'vitest';
import { resourceQuotas } from '../../../src/controllers/resource-quota/reconcile.ts';
import { configMap, pod, resourceQuota } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { type ControlPlane, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane([resourceQuotas]);
});
afterEach(() => plane.close());

const key = { namespace: 'default', name: 'tight' };
const used = async () => (await plane.client.get(resourceQuota, key))?.status?.used;

test('the status says what is used, and follows', async () => {
  await plane.client.create(resourceQuota, {
    metadata: key,
    spec: { hard: { pods: '10', 'requests.cpu': '4', 'count/configmaps': '5', secrets: '1' } },
  });
  await plane.settle();
  expect((await plane.client.get(resourceQuota, key))?.status).toEqual({
    hard: { pods: '10', 'requests.cpu': '4', 'count/configmaps': '5', secrets: '1' },
    used: { pods: '0', 'requests.cpu': '0', 'count/configmaps': '0', secrets: '0' },
  });
  const spec = { containers: [{ name: 'app', image: 'nginx', resources: { requests: { cpu: '750m' } } }] };
  const first = await createPod(plane.client, 'a', { ip: '10.0.0.1', spec });
  await createPod(plane.client, 'b', { ip: '10.0.0.2', spec });
  await plane.client.create(configMap, { metadata: { namespace: 'default', name: 'c' } });
  await plane.advance(seconds(2));
  expect(await used()).toEqual({ pods: '2', 'requests.cpu': '1500m', 'count/configmaps': '1', secrets: '0' });
  await plane.client.changeStatus(pod, first, (it) => {
    it.status = { ...it.status, phase: 'Succeeded' };
  });
  await plane.client.delete(configMap, { namespace: 'default', name: 'c' });
  await plane.client.change(resourceQuota, key, (it) => {
    it.spec.hard = { pods: '3' };
  });
  await plane.advance(seconds(2));
  expect(await used()).toEqual({ pods: '1' });
});
