import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../lib/random.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import type { core } from '../../kinds/index.ts';
import type { Outcome } from './outcome.ts';
import { createProbes, type Probes, type ProbeSubject } from './run.ts';

const app = (probes: Partial<core.Container>): core.Container => ({ name: 'app', ...probes });
const tcp: core.Probe = { tcpSocket: { port: 80 }, periodSeconds: 10 };

function setUp(answer: () => Outcome['result']) {
  const clock = new VirtualClock();
  const began = clock.now();
  const asked: number[] = [];
  const failures: string[] = [];
  const results: Array<[number, string | undefined]> = [];
  const probes: Probes = createProbes({
    clock,
    random: seededRandom(1),
    run: async () => {
      asked.push(clock.now() - began);
      return { result: answer(), output: 'no' };
    },
    onResult: () => void results.push([clock.now() - began, JSON.stringify(probes.results.get('c1'))]),
    onFailure: (_uid, _probed, type, text) => void failures.push(`${type} ${text}`),
  });
  const subject = (container: core.Container, more: Partial<ProbeSubject> = {}): ProbeSubject => ({
    id: 'c1',
    address: '127.0.0.1',
    container,
    startedAt: began,
    hooked: true,
    ...more,
  });
  return { clock, probes, asked, failures, results, subject };
}

describe('probe timing', () => {
  test('liveness: after the delay, then each period; the third failure is told', async () => {
    const it = setUp(() => 'failure');
    it.probes.follow('u1', [it.subject(app({ livenessProbe: { ...tcp, initialDelaySeconds: 5 } }))], false);
    await it.clock.advance(40_000);
    expect(it.asked).toEqual([5_000, 15_000, 25_000]);
    expect(it.results).toEqual([[25_000, '{"liveness":"failure"}']]);
    expect(it.failures).toEqual(Array(3).fill('liveness failed: no'));
  });

  test('readiness: looked at impatiently at first, without a word', async () => {
    let up = false;
    const it = setUp(() => (up ? 'success' : 'failure'));
    it.probes.follow('u1', [it.subject(app({ readinessProbe: tcp }))], false);
    await it.clock.advance(100);
    up = true;
    await it.clock.advance(100);
    expect(it.asked).toEqual([0, 20, 70, 170]);
    expect([it.results, it.failures]).toEqual([[[170, '{"readiness":"success"}']], []]);
    await it.clock.advance(10_000);
    expect(it.asked.at(-1)).toBe(10_170);
  });

  test('a container that never gets ready is told of once a period', async () => {
    const it = setUp(() => 'failure');
    it.probes.follow('u1', [it.subject(app({ readinessProbe: tcp }))], false);
    await it.clock.advance(10_001);
    expect(it.failures).toEqual(['readiness failed: no']);
    await it.clock.advance(10_000);
    expect(it.failures).toHaveLength(2);
  });

  test('the others wait for startup', async () => {
    let up = false;
    const it = setUp(() => (up ? 'success' : 'failure'));
    const container = app({ startupProbe: { ...tcp, periodSeconds: 1, failureThreshold: 30 }, livenessProbe: tcp, readinessProbe: tcp });
    it.probes.follow('u1', [it.subject(container)], false);
    await it.clock.advance(5_000);
    expect(it.probes.results.get('c1')).toEqual({});
    up = true;
    await it.clock.advance(1_000);
    expect(it.probes.results.get('c1')).toEqual({ startup: 'success' });
    it.probes.follow('u1', [it.subject(container)], false);
    await it.clock.advance(10_000);
    expect(it.probes.results.get('c1')).toEqual({ startup: 'success', liveness: 'success', readiness: 'success' });
  });

  test('after a restart of the agent nothing is taken back, and probes are spread', async () => {
    const it = setUp(() => 'failure');
    it.probes.follow('u1', [it.subject(app({ readinessProbe: tcp }), { known: { started: true, ready: true } })], false);
    expect(it.probes.results.get('c1')).toEqual({ startup: 'success', readiness: 'success' });
    await it.clock.advance(10_000);
    expect(it.asked).toHaveLength(1);
    await it.clock.advance(20_000);
    expect(it.probes.results.get('c1')?.readiness).toBe('failure');
  });

  test('ends with its container, and is forgotten', async () => {
    const it = setUp(() => 'success');
    it.probes.follow('u1', [it.subject(app({ livenessProbe: tcp }))], false);
    await it.clock.advance(10_000);
    it.probes.follow('u1', [], false);
    await it.clock.advance(30_000);
    expect([it.asked, it.probes.results.size]).toEqual([[10_000], 0]);
  });

  test('a pod on its way out is no longer killed by its probes', async () => {
    const it = setUp(() => 'failure');
    const subject = it.subject(app({ livenessProbe: tcp, readinessProbe: { ...tcp, failureThreshold: 1 } }));
    it.probes.follow('u1', [subject], true);
    await it.clock.advance(30_000);
    expect(it.probes.results.get('c1')).toEqual({ readiness: 'failure' });
  });
});
