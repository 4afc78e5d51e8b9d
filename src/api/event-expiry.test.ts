import { expect, test } from 'vitest';
import { configMap, event, namespace } from '../kinds/index.ts';
import { minutes } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { seededRandom } from '../lib/random.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { openMemoryStore } from '../store/index.ts';
import { admissionOf } from './admission/admission.ts';
import { createContext } from './context.ts';
import { expireEvents } from './event-expiry.ts';
import { localTransport } from './local.ts';

test('events go an hour after they were last told, and nothing else does', async () => {
  const clock = new VirtualClock();
  const api = createContext({ store: openMemoryStore(), clock, random: seededRandom(1), log: silentLog, admission: admissionOf([]) });
  const local = localTransport(api);
  const time = (): string => new Date(clock.now()).toISOString().replace(/\.\d+/, '');
  const tell = (name: string): Promise<object> =>
    local.create(event, {
      metadata: { name, namespace: 'default' },
      involvedObject: { namespace: 'default', name: 'p' },
      lastTimestamp: time(),
    });
  const names = async (): Promise<string[]> => (await local.list(event, {})).items.map((it) => it.metadata.name);
  await local.create(namespace, { metadata: { name: 'default' } });
  await local.create(configMap, { metadata: { name: 'm', namespace: 'default' } });
  const stop = expireEvents(api, minutes(60));
  const pass = async (span: number): Promise<void> => {
    for (let i = 0; i < span; i++) {
      clock.advance(minutes(1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await tell('once');
  await tell('again');
  await pass(40);
  await local.patch(event, { namespace: 'default', name: 'again' }, { type: 'merge', body: { count: 2, lastTimestamp: time() } });
  await tell('late');
  expect(await names()).toEqual(['again', 'late', 'once']);
  await pass(25);
  expect(await names()).toEqual(['again', 'late']);
  await pass(40);
  expect(await names()).toEqual([]);
  expect((await local.list(configMap, {})).items).toHaveLength(1);
  await tell('after');
  stop();
  await pass(90);
  expect(await names()).toEqual(['after']);
});
