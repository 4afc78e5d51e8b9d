import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { core } from '../../src/kinds/index.ts';
import { type DockerNode, type NodeOptions, startDockerNode } from '../fixtures/kubelet/docker-node.ts';

const options: NodeOptions = {};
const opened = await startDockerNode('eviction', undefined, options);
const node = opened as DockerNode;
const here = opened ? describe : describe.skip;
const unused = 'evicted.invalid/unused:1';
const foreign = 'evicted.invalid/foreign:1';
afterAll(async () => {
  await opened?.docker('rmi', foreign).catch(() => {});
  await opened?.close();
});

const app = (script: string, more: Partial<core.Container> = {}): Partial<core.PodSpec> => ({
  terminationGracePeriodSeconds: 30,
  containers: [{ name: 'app', image: node.image, command: ['sh', '-c', script], ...more }],
});
const tagged = (name: string): Promise<boolean> =>
  node.docker('image', 'inspect', name).then(
    () => true,
    () => false,
  );

here('a disk that is nearly full', () => {
  test('costs unused images first, then a pod, which has time to end while the node can wait', { timeout: 60_000 }, async () => {
    const politely = "trap 'sleep 1.5; exit 0' TERM; while :; do sleep 0.1; done";
    await node.create('greedy', app(`head -c 3000000 /dev/zero > /big; ${politely}`));
    await node.create('vital', { ...app(politely), priorityClassName: 'system-node-critical', terminationGracePeriodSeconds: 0 });
    for (const name of ['greedy', 'vital']) await node.line(name, 'Running app=running');
    // As if it had been pulled here long ago; the other one has been made by somebody else.
    for (const name of [unused, foreign]) await node.docker('tag', node.image, name);
    const id = await node.docker('image', 'inspect', '--format', '{{.Id}}', unused);
    writeFileSync(join(node.rootDir, 'pulled-images.json'), JSON.stringify({ [unused]: { id, at: 0 } }));

    // No disk has so much left.
    options.thresholds = { hard: '', soft: 'nodefs.available<99.99%', softGrace: 'nodefs.available=1s' };
    Object.assign(options, { mostGraceSeconds: 10, collection: { high: 99, low: 1 } });
    await node.restart();
    await node.line('greedy', /^Failed/, 40_000);
    const { status } = (await node.get('greedy')) ?? {};
    const message = expect.stringMatching(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+\w*, available: \d+\w*\. Container app was using \d+\w*, request is 0, has larger consumption of ephemeral-storage\. $/,
    );
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
    await node.seen('it has ended by itself', async () => (await node.get('greedy'))?.status?.containerStatuses?.[0]?.state?.terminated);
    expect((await node.get('greedy'))?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
    expect([await tagged(unused), await tagged(foreign), await tagged(node.image)]).toEqual([false, true, true]);
    expect(await node.events('docker-node')).toContain('Warning EvictionThresholdMet Attempting to reclaim ephemeral-storage');
    await node.line('vital', 'Running app=running');
    // Nobody else is taken meanwhile.
    await node.create('late', {});
    await node.line('late', /^Failed/);
    expect((await node.get('late'))?.status?.message).toBe('Pod was rejected: The node had condition: [DiskPressure]. ');
  });
});
