import { expect, test } from 'vitest';
import { podOf, serviceOf } from '../../test/fixtures/controllers/objects.ts';
import { createTriggerTimes } from './trigger-time.ts';

const pod = (name: string, at: string) =>
  podOf(name, { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }] } });

test('the earliest change since the last look; for a new Service its creation', () => {
  const times = createTriggerTimes();
  const service = serviceOf('web');
  expect(times.next(service, [pod('a', '2026-01-01T00:01:00Z')])).toBe('2026-01-01T00:00:00Z');
  expect(times.next(service, [pod('a', '2026-01-01T00:01:00Z')])).toBeUndefined();
  const both = [pod('a', '2026-01-01T00:03:00Z'), pod('b', '2026-01-01T00:02:00Z')];
  expect(times.next(service, both)).toBe('2026-01-01T00:02:00Z');
  times.forget('default/web');
  expect(times.next(service, both)).toBe('2026-01-01T00:00:00Z');
});
