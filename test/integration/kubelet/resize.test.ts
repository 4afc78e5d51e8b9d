import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type core, pod as podKind } from '../../../src/kinds/index.ts';
import { findCondition } from '../../../src/meta/condition.ts';
import type { ContainerState } from '../../../src/runtime/index.ts';
import { startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node.close());

type Requirements = core.ResourceRequirements;
const both = (cpu: string, memory: string): Requirements => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const requests = (cpu: string): Requirements => ({ requests: { cpu } });

const containerOf = (pod: string): ContainerState | undefined =>
  node.runtime
    .all()
    .filter((it) => it.labels['io.kubernetes.pod.name'] === pod && it.labels['io.kubernetes.container.name'] === 'app')
    .at(-1);
const conditionOf = async (pod: string, type: string): Promise<core.PodCondition | undefined> =>
  findCondition((await node.get(pod))?.status?.conditions, type);

/** Resolves when the pod runs and no resize is under way. */
const settled = (name: string): Promise<core.ContainerStatus> =>
  node.seen(`${name} to run as asked`, async () => {
    const pod = await node.get(name);
    const status = pod?.status?.containerStatuses?.[0];
    const busy = pod?.status?.conditions?.some((it) => it.type.startsWith('PodResize'));
    const isNew = pod?.status?.observedGeneration === pod?.metadata.generation;
    return status?.state?.running && !busy && isNew && status;
  });

async function make(name: string, resources: Requirements, more: Partial<core.Container> = {}): Promise<void> {
  await node.create(name, { containers: [{ name: 'app', image: 'web:1', resources, ...more }] });
  await settled(name);
}

async function resize(name: string, resources: Requirements): Promise<void> {
  const body = { spec: { containers: [{ name: 'app', resources }] } };
  await node.client.patch(podKind, { namespace: 'default', name }, { type: 'strategic', body }, { subresource: 'resize' });
}

describe('a resize', () => {
  test('is made while the container runs, and told of', async () => {
    await make('grow', both('100m', '64Mi'));
    const before = containerOf('grow');
    expect(before?.limits).toEqual({ cpuShares: 102, nanoCpus: 1e8, memoryBytes: 64 << 20 });
    await resize('grow', both('200m', '128Mi'));
    const status = await node.seen('the new amounts', async () => {
      const now = await settled('grow');
      return now.resources?.limits?.['cpu'] === '200m' && now;
    });
    expect(containerOf('grow')).toMatchObject({ id: before?.id, limits: { cpuShares: 204, nanoCpus: 2e8, memoryBytes: 128 << 20 } });
    expect(status).toMatchObject({
      restartCount: 0,
      resources: both('200m', '128Mi'),
      allocatedResources: { cpu: '200m', memory: '128Mi' },
    });
    const told = (await node.eventsOf('grow')).filter((it) => it.includes('Resize'));
    const summary =
      '{"containers":[{"name":"app","resources":{"limits":{"cpu":"200m","memory":"128Mi"},"requests":{"cpu":"200m","memory":"128Mi"}}}],"generation":2}';
    expect(told.map((it) => it.replace(/\{.*/, ''))).toEqual([
      'Normal ResizeStarted Pod resize started: ',
      'Normal ResizeCompleted Pod resize completed: ',
    ]);
    expect(JSON.parse(told[0]?.replace(/^[^{]*/, '') ?? '')).toEqual(JSON.parse(summary));
  });

  test('restarts the container where it says so', async () => {
    await make('anew', both('100m', '64Mi'), { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] });
    await resize('anew', both('200m', '64Mi'));
    expect((await settled('anew')).restartCount).toBe(0);
    await resize('anew', both('200m', '32Mi'));
    const status = await node.seen('the restart', async () => {
      const now = await settled('anew');
      return now.restartCount === 1 && now;
    });
    expect(status.resources).toEqual(both('200m', '32Mi'));
    expect(containerOf('anew')?.limits.memoryBytes).toBe(32 << 20);
    expect(await node.eventsOf('anew')).toContain('Normal Killing Container app resize requires restart');
  });

  test('of what the node does not have is infeasible, and taken back without a trace', async () => {
    await make('vast', requests('100m'));
    await resize('vast', requests('900'));
    const condition = await node.seen('the refusal', () => conditionOf('vast', 'PodResizePending'));
    expect(condition).toMatchObject({
      ...{ status: 'True', reason: 'Infeasible', observedGeneration: 2 },
      message: "Node didn't have enough capacity: cpu, requested: 900000, capacity: 2000",
    });
    const status = (await node.get('vast'))?.status?.containerStatuses?.[0];
    expect([status?.resources, status?.allocatedResources]).toEqual([requests('100m'), { cpu: '100m' }]);
    await resize('vast', requests('100m'));
    await settled('vast');
    expect(containerOf('vast')?.limits.cpuShares).toBe(102);
  });

  test('waits for room, and is made when another pod goes', async () => {
    await make('large', requests('1'));
    await make('small', requests('100m'));
    await resize('small', requests('1500m'));
    const condition = await node.seen('the wait', () => conditionOf('small', 'PodResizePending'));
    expect(condition?.reason).toBe('Deferred');
    expect(condition?.message).toMatch(/^Node didn't have enough resource: cpu, requested: 1500, used: \d+, capacity: 2000$/);
    expect(containerOf('small')?.limits.cpuShares).toBe(102);
    // What another node agent takes over waits as well.
    await node.restart();
    await node.remove('large', 0);
    for (const name of ['grow', 'anew', 'vast']) await node.remove(name, 0);
    await settled('small');
    await node.seen('the room taken', () => containerOf('small')?.limits.cpuShares === 1536);
  });

  test('to less memory than is in use waits until it is not', async () => {
    await make('hungry', both('10m', '64Mi'));
    const { usage } = node.runtime.streams;
    const using = (memory: number) => async () => ({ at: 0, cpuNanoseconds: 0, memoryWorkingSetBytes: memory, memoryRssBytes: memory });
    node.runtime.streams.usage = using(50 << 20);
    await resize('hungry', both('10m', '32Mi'));
    const condition = await node.seen('the fault', async () => {
      const it = await conditionOf('hungry', 'PodResizeInProgress');
      return it?.reason === 'Error' && it;
    });
    expect(condition.message).toBe(`attempting to set the memory limit of container app (${32 << 20}) below current usage (${50 << 20})`);
    expect(containerOf('hungry')?.limits.memoryBytes).toBe(64 << 20);
    node.runtime.streams.usage = using(10 << 20);
    await node.advance(16);
    await settled('hungry');
    expect(containerOf('hungry')?.limits.memoryBytes).toBe(32 << 20);
    node.runtime.streams.usage = usage;
    await node.remove('hungry', 0);
  });

  test('that the engine refuses is told of and tried again', async () => {
    await make('stubborn', both('10m', '64Mi'));
    node.runtime.refuseUpdate = 'device or resource busy';
    await resize('stubborn', both('10m', '32Mi'));
    const condition = await node.seen('the fault', async () => {
      const it = await conditionOf('stubborn', 'PodResizeInProgress');
      return it?.reason === 'Error' && it;
    });
    expect(condition).toMatchObject({ status: 'True', message: 'device or resource busy', observedGeneration: 2 });
    const status = (await node.get('stubborn'))?.status?.containerStatuses?.[0];
    expect([status?.resources?.limits, status?.allocatedResources]).toEqual([
      { cpu: '10m', memory: '64Mi' },
      { cpu: '10m', memory: '32Mi' },
    ]);
    node.runtime.refuseUpdate = '';
    await node.advance(16);
    await settled('stubborn');
    expect(containerOf('stubborn')?.limits.memoryBytes).toBe(32 << 20);
  });
});

test('another image restarts the container alone, whatever the restart policy', async () => {
  await node.create('image', { restartPolicy: 'Never', containers: [{ name: 'app', image: 'web:1' }] });
  const first = await settled('image');
  const body = { spec: { containers: [{ name: 'app', image: 'web:2' }] } };
  await node.client.patch(podKind, { namespace: 'default', name: 'image' }, { type: 'strategic', body });
  const second = await node.seen('the other image', async () => {
    const now = await settled('image');
    return now.containerID !== first.containerID && now;
  });
  expect([second.image, second.restartCount, second.lastState?.terminated?.reason]).toEqual(['web:2', 1, 'Completed']);
  expect(await node.eventsOf('image')).toContain('Normal Killing Container app definition changed, will be restarted');
});

test('a pod that asks for resources as a whole is resized as a whole', async () => {
  await node.create('whole', { resources: both('100m', '64Mi'), containers: [{ name: 'app', image: 'web:1' }] });
  await settled('whole');
  expect(containerOf('whole')?.limits).toMatchObject({ nanoCpus: 1e8, memoryBytes: 64 << 20 });
  const body = { spec: { resources: both('50m', '96Mi') } };
  await node.client.patch(podKind, { namespace: 'default', name: 'whole' }, { type: 'strategic', body }, { subresource: 'resize' });
  await settled('whole');
  await node.seen('the new limits', () => containerOf('whole')?.limits.memoryBytes === 96 << 20);
  const { resources, allocatedResources, containerStatuses } = (await node.get('whole'))?.status ?? {};
  expect([resources, allocatedResources, containerStatuses?.[0]?.restartCount]).toEqual([
    both('50m', '96Mi'),
    { cpu: '50m', memory: '96Mi' },
    0,
  ]);
  // Another agent finds nothing to do.
  const events = (await node.eventsOf('whole')).length;
  await node.restart();
  await node.advance(2);
  expect((await node.eventsOf('whole')).length).toBe(events);
});
