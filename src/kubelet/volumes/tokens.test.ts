import { expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import { createClient, createMemoryTransport } from '../../client/index.ts';
import { serviceAccount } from '../../kinds/index.ts';
import { hours, minutes, seconds } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { StatusError } from '../../meta/status-error.ts';
import { createTokens } from './tokens.ts';

function bench() {
  const clock = new VirtualClock();
  const random = seededRandom(5);
  const transport = createMemoryTransport({ clock, random });
  transport.seed(serviceAccount, { metadata: { name: 'default', namespace: 'default' } });
  return { clock, transport, tokens: createTokens({ client: createClient(transport), clock, random }) };
}
const pod = podForTests({ serviceAccountName: 'default' });
const hour = { audience: '', expirationSeconds: 3600 };

test('one token serves until a fifth of its life is left', async () => {
  const { clock, tokens } = bench();
  const first = await tokens.source(pod, hour);
  const dueAt = tokens.dueAt(pod.metadata.uid) as number;
  expect(dueAt - clock.now()).toBeGreaterThan(minutes(48) - seconds(10));
  expect(dueAt - clock.now()).toBeLessThanOrEqual(minutes(48));
  await clock.advance(minutes(47));
  expect(await tokens.source(pod, hour)).toBe(first);
  await clock.advance(minutes(1));
  expect(await tokens.source(pod, hour)).not.toBe(first);
});

test('a long one is replaced after a day', async () => {
  const { clock, tokens } = bench();
  await tokens.source(pod, { audience: 'vault', expirationSeconds: 3600 * 24 * 365 });
  expect((tokens.dueAt(pod.metadata.uid) as number) - clock.now()).toBeLessThanOrEqual(hours(24));
});

test('audiences and lives are told apart, and forgotten with the pod', async () => {
  const { tokens } = bench();
  const all = [hour, { ...hour, audience: 'vault' }, { ...hour, expirationSeconds: 7200 }];
  expect(new Set(await Promise.all(all.map((it) => tokens.source(pod, it)))).size).toBe(3);
  tokens.forget(pod.metadata.uid);
  expect(tokens.dueAt(pod.metadata.uid)).toBeUndefined();
});

test('the old one is kept while a new one cannot be had, and asked for again', async () => {
  const { clock, transport, tokens } = bench();
  const first = await tokens.source(pod, hour);
  await clock.advance(minutes(50));
  transport.failWith(() => new StatusError('ServiceUnavailable', 'down'));
  expect(await tokens.source(pod, hour)).toBe(first);
  expect(tokens.dueAt(pod.metadata.uid)).toBe(clock.now() + seconds(60));
  await clock.advance(minutes(11));
  transport.failWith(() => new StatusError('ServiceUnavailable', 'down'));
  await expect(tokens.source(pod, hour)).rejects.toThrow('down');
});
