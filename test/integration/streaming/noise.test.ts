import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/lib/random.ts';
import { eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';
import { spdy, talk } from '../../fixtures/api/upgrade.ts';

/** Clients that send what nobody should, in any order, and leave at any time: nothing may be left behind, nothing may break. */
const base = '/api/v1/namespaces/default/pods/web';
const exec = `${base}/exec?stdin=1&stdout=1&stderr=1&command=cat`;

let api: StreamingApi;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
});
afterAll(() => api.close());

const upTo = (random: Random, limit: number): number => Math.floor(random.next() * limit);
const one = <T>(random: Random, list: readonly T[]): T => list[upTo(random, list.length)] as T;
const noise = (random: Random, limit: number): Buffer => Buffer.from(Array.from({ length: upTo(random, limit) }, () => upTo(random, 256)));

async function overSpdy(random: Random, forward: boolean): Promise<void> {
  const client = await spdy(api, forward ? `${base}/portforward` : exec, [forward ? 'portforward.k8s.io' : 'v4.channel.k8s.io']);
  client.cut = one(random, [Number.POSITIVE_INFINITY, 1, 7, 100]);
  const types = ['error', 'stdin', 'stdout', 'stderr', 'data', 'resize', 'other'];
  const stream = (): number => 1 + 2 * upTo(random, 5);
  const acts: Array<() => unknown> = [
    () =>
      client.open({
        streamtype: one(random, types),
        port: one(random, ['1', 'x', String(api.api.port)]),
        requestid: String(upTo(random, 3)),
      }),
    () => client.open({ streamtype: one(random, types), port: '1' }, true),
    () => client.send(stream(), noise(random, 5000), upTo(random, 3) === 0),
    () => client.reset(stream()),
    () => client.ping(upTo(random, 9)),
    () => client.control(upTo(random, 12), upTo(random, 3), noise(random, 40)),
    () => client.write(noise(random, 50)),
  ];
  for (let left = upTo(random, 14); left > 0; left--) {
    await one(random, acts)();
    if (upTo(random, 4) === 0) await sleep(upTo(random, 4));
  }
  client.end();
}

async function overWebSocket(random: Random, forward: boolean): Promise<void> {
  const protocol = one(random, ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ...(forward ? [] : ['v5.channel.k8s.io'])]);
  const { socket, closed } = await talk(api, forward ? `${base}/portforward?ports=${api.api.port},1` : exec, protocol);
  for (let left = upTo(random, 14); left > 0; left--) {
    socket.send(one(random, [noise(random, 500), Buffer.of(255, upTo(random, 5)), 'text']));
    if (upTo(random, 4) === 0) await sleep(upTo(random, 4));
  }
  if (upTo(random, 2) === 0) socket.close();
  else socket.terminate();
  await closed;
}

test.each([1, 2, 3, 4])('noise (%i)', async (seed) => {
  const random = seededRandom(seed);
  for (let round = 0; round < 5; round++) {
    const clients = Array.from({ length: 6 }, () => one(random, [overSpdy, overWebSocket])(random, upTo(random, 2) === 0));
    await Promise.all(clients);
  }
  await eventually('the end of all', () => !['exec', 'forward'].some((it) => api.node.open.has(it)));
  expect(api.errors).toEqual([]);
});
