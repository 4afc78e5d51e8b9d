import { expect, test } from 'vitest';
import { event, pod } from '../kinds/index.ts';
import { minutes } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import type { KubeObject } from '../meta/types.ts';
import { createClient } from './client.ts';
import { createEventRecorder } from './event-recorder.ts';
import { createMemoryTransport } from './memory-transport.ts';

function setUp() {
  const clock = new VirtualClock();
  const server = createMemoryTransport({ clock, random: seededRandom(1) });
  const client = createClient(server);
  const recorder = createEventRecorder(client, { component: 'kubelet', host: 'n1', clock, log: silentLog });
  const about = server.seed<KubeObject>(pod, { metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [] } });
  const events = async () => {
    await clock.advance(1);
    return (await client.list(event)).items;
  };
  return { clock, server, client, recorder, about, events };
}

test('an event says who, what, when and about whom', async () => {
  const { recorder, about, events, clock } = setUp();
  recorder.record(about, 'Normal', 'Started', 'Started container web', { fieldPath: 'spec.containers{web}' });
  const [it] = await events();
  const at = '2026-01-01T00:00:00Z';
  expect(it).toMatchObject({
    involvedObject: {
      kind: 'Pod',
      apiVersion: 'v1',
      namespace: 'shop',
      name: 'web',
      uid: about.metadata.uid,
      fieldPath: 'spec.containers{web}',
    },
    type: 'Normal',
    reason: 'Started',
    message: 'Started container web',
    source: { component: 'kubelet', host: 'n1' },
    reportingComponent: 'kubelet',
    reportingInstance: 'n1',
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  });
  expect(it?.metadata.namespace).toBe('shop');
  expect(it?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(Number.parseInt(it?.metadata.name.slice(4, 14) ?? '', 16)).toBeGreaterThan(0);
  expect(clock.now()).toBeGreaterThan(0);
});

test('a repeat raises the count of the same event; another message is another event', async () => {
  const { recorder, about, events, clock } = setUp();
  recorder.record(about, 'Warning', 'BackOff', 'Back-off restarting');
  await clock.advance(minutes(1));
  recorder.record(about, 'Warning', 'BackOff', 'Back-off restarting');
  recorder.record(about, 'Warning', 'BackOff', 'Back-off pulling');
  const all = await events();
  expect(all.map((it) => [it.message, it.count, it.firstTimestamp, it.lastTimestamp])).toEqual([
    ['Back-off restarting', 2, '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'],
    ['Back-off pulling', 1, '2026-01-01T00:01:00Z', '2026-01-01T00:01:00Z'],
  ]);
});

test('one that was deleted is told anew, with its count', async () => {
  const { recorder, about, events, client } = setUp();
  recorder.record(about, 'Warning', 'BackOff', 'x');
  const [first] = await events();
  await client.delete(event, first?.metadata ?? { name: '' });
  recorder.record(about, 'Warning', 'BackOff', 'x');
  expect((await events()).map((it) => it.count)).toEqual([2]);
});

test('more than 25 about one object are dropped, then one in five minutes; other objects are not affected', async () => {
  const { recorder, about, events, clock, server } = setUp();
  for (let i = 0; i < 40; i++) recorder.record(about, 'Warning', 'Unhealthy', 'probe failed');
  expect((await events()).map((it) => it.count)).toEqual([25]);
  await clock.advance(minutes(5));
  recorder.record(about, 'Warning', 'Unhealthy', 'probe failed');
  expect((await events()).map((it) => it.count)).toEqual([41]);
  const other = server.seed<KubeObject>(pod, { metadata: { name: 'db', namespace: 'shop' }, spec: { containers: [] } });
  recorder.record(other, 'Warning', 'Unhealthy', 'probe failed');
  expect(await events()).toHaveLength(2);
});

test('from ten different messages of one reason on, they share one event', async () => {
  const { recorder, about, events } = setUp();
  for (let i = 0; i < 15; i++) recorder.record(about, 'Warning', 'Failed', `attempt ${i}`);
  const all = await events();
  expect(all).toHaveLength(10);
  expect(all.map((it) => [it.message, it.count]).at(-1)).toEqual(['(combined from similar events): attempt 14', 6]);
});

test('a server that fails or hangs costs the caller nothing and memory stays bounded', async () => {
  const { recorder, about, events, server } = setUp();
  server.failWith(() => new Error('down'));
  for (let i = 0; i < 5000; i++) recorder.record(about, 'Normal', 'Pulled', `image ${i}`);
  server.failWith(undefined);
  expect((await events()).length).toBeLessThan(30);
});
