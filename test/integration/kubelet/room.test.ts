import { afterEach, beforeEach, expect, test } from 'vitest';
import { node as nodeKind } from '../../../src/kinds/index.ts';
import { lineOf, startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

const gi = 1024 ** 3;
let node: TestNode;
beforeEach(async () => {
  node = await startTestNode();
});
afterEach(() => node.close());

const line = (name: string, want: string): Promise<unknown> =>
  node.seen(`${name}: ${want}`, async () => {
    const pod = await node.get(name);
    return pod && lineOf(pod) === want;
  });
const condition = async (type: string): Promise<string> => {
  const found = (await node.client.get(nodeKind, { name: 'n1' }))?.status?.conditions?.find((it) => it.type === type);
  return `${found?.status} ${found?.reason} ${found?.message}`;
};
const asking = (memory: string) => ({ containers: [{ name: 'app', image: 'busybox', resources: { requests: { memory } } }] });

test('when memory runs short one pod after the other goes, and the node says so until it has had enough for a while', async () => {
  await node.create('important', { priority: 1000, ...asking('1Mi') });
  await node.create('small', { ...asking('1Mi') });
  await node.create('vital', { priority: 2_000_000_000 });
  for (const name of ['important', 'small', 'vital']) await line(name, 'Running app=running');
  node.room.set('memory.available', { available: gi / 1024, capacity: 4 * gi });
  await node.advance(2);
  const message = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 1Mi. ';
  await node.seen('small is evicted', async () => (await node.get('small'))?.status?.reason === 'Evicted');
  const { status } = (await node.get('small')) ?? {};
  expect(status).toMatchObject({ phase: 'Failed', message });
  expect(status?.conditions?.find((it) => it.type === 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'TerminationByKubelet',
    message,
  });
  expect(await node.eventsOf('small')).toContain(`Warning Evicted ${message}`);
  await node.seen(
    'the condition',
    async () => (await condition('MemoryPressure')) === 'True KubeletHasInsufficientMemory kubelet has insufficient memory available',
  );
  await node.seen('the event', async () =>
    (await node.eventsOf('n1')).includes('Normal NodeHasInsufficientMemory Node n1 status is now: NodeHasInsufficientMemory'),
  );
  expect(await node.eventsOf('n1')).toContain('Warning EvictionThresholdMet Attempting to reclaim memory');
  // Whoever has not said what it needs is not taken now.
  await node.create('late', {});
  await node.seen(
    'late is refused',
    async () => (await node.get('late'))?.status?.message === 'Pod was rejected: The node had condition: [MemoryPressure]. ',
  );
  expect((await node.get('late'))?.status?.containerStatuses).toBeUndefined();

  node.room.delete('memory.available');
  await node.advance(15);
  expect(await condition('MemoryPressure')).toMatch(/^True/);
  await line('vital', 'Running app=running');
  await node.advance(300);
  await node.seen('the end of it', async () => (await condition('MemoryPressure')).startsWith('False KubeletHasSufficientMemory'));
  await node.create('later', {});
  await line('later', 'Running app=running');
});

test('a pod that was evicted stays so under a new agent', async () => {
  await node.create('p', {});
  await line('p', 'Running app=running');
  node.room.set('nodefs.available', { available: 1, capacity: 100 * gi });
  await node.advance(2);
  await node.seen('p is evicted', async () => (await node.get('p'))?.status?.reason === 'Evicted');
  await node.seen('its container has ended', () => node.runtime.all().every((it) => it.status !== 'running'));
  node.room.clear();
  await node.restart();
  await node.advance(5);
  const { status } = (await node.get('p')) ?? {};
  expect([status?.phase, status?.reason, status?.conditions?.filter((it) => it.type === 'DisruptionTarget').length]).toEqual([
    'Failed',
    'Evicted',
    1,
  ]);
});

test('two pods bound by hand to the same port of the node: the second one is refused', async () => {
  const taking = { containers: [{ name: 'app', image: 'busybox', ports: [{ containerPort: 80, hostPort: 8080 }] }] };
  await node.create('first', taking);
  await line('first', 'Running app=running');
  await node.create('second', taking);
  await node.seen('second is refused', async () => (await node.get('second'))?.status?.reason === 'NodePorts');
  await node.remove('first', 0);
  await node.seen('first is gone', async () => (await node.get('first')) === undefined);
  await node.create('third', taking);
  await line('third', 'Running app=running');
});
