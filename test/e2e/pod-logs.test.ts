import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';

// Three files of 20 KB each, and lines of 50 bytes: about 1200 of them stay, stamps and frames of the engine counted.
const opened = await startDockerNode('pod-logs', undefined, { containerLogs: { maxBytes: 20_000, count: 3 } });
const node = opened as DockerNode;
const here = opened ? describe : describe.skip;
afterAll(() => opened?.close());

const lines = 3_000;
const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "$i ${'x'.repeat(44)}"; [ $((i % 100)) = 0 ] && sleep 0.1; done; echo end; sleep 3600`;

here('a log that is rotated', () => {
  test('is short on disk, shows its newest lines without a gap, and can be followed across', { timeout: 90_000 }, async () => {
    const { metadata } = await node.create('talker', {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'app', image: node.image, command: ['sh', '-c', script] }],
    });
    await node.line('talker', 'Running app=running');
    const ref = { namespace: 'default', pod: 'talker', uid: metadata.uid, container: 'app' };
    const stop = new AbortController();
    const followed: string[] = [];
    const stream = await node.kubelet().connection.logs(ref, { follow: true, previous: false, timestamps: false }, stop.signal);
    stream.on('error', () => {}).on('data', (chunk: Buffer) => followed.push(chunk.toString()));
    await node.seen('the end, by who follows', () => followed.join('').includes('end\n'), 60_000);
    stop.abort();
    const heard = numbers(followed.join('').split('\n'));
    expect([heard[0], heard.length, gaps(heard)]).toEqual([1, lines, []]);

    const log = async (tailLines?: number): Promise<string[]> => {
      const options = { follow: false, previous: false, timestamps: false, ...(tailLines !== undefined && { tailLines }) };
      return (await text(await node.kubelet().connection.logs(ref, options, new AbortController().signal))).trim().split('\n');
    };
    const kept = numbers(await log());
    expect([kept.at(-1), gaps(kept)]).toEqual([lines, []]);
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.length).toBeLessThan(lines / 2);
    expect((await log(2)).map((it) => it.split(' ')[0])).toEqual([String(lines), 'end']);
  });
});

const numbers = (all: readonly string[]): number[] => all.map((it) => Number.parseInt(it, 10)).filter((it) => !Number.isNaN(it));
/** Where a number does not follow the one before. */
const gaps = (all: readonly number[]): string[] =>
  all.flatMap((it, i) => (i > 0 && it !== (all[i - 1] ?? 0) + 1 ? [`${all[i - 1]} ${it}`] : []));
