import { beforeEach, expect, test } from 'vitest';
import { serviceForTests } from '../../test/fixtures/proxy/services.ts';
import { silentLog } from '../lib/log.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { createPorts, type Wish } from './ports.ts';
import type { Listener } from './table.ts';
import type { ListenFault, Traffic } from './traffic.ts';

/** Ports that are only a list; those in `taken` cannot be had. */
function memoryTraffic() {
  const open = new Map<string, Listener>();
  const taken = new Map<string, ListenFault>();
  const traffic: Traffic = {
    async put(it) {
      const fault = taken.get(it.id);
      if (!fault) open.set(it.id, it);
      return fault;
    },
    async remove(id) {
      open.delete(id);
    },
    describe: () => [],
    async close() {
      open.clear();
    },
  };
  return { open, taken, traffic };
}

let clock: VirtualClock;
let events: string[];
let changed: string[];
let engine: ReturnType<typeof memoryTraffic>;
let ports: ReturnType<typeof createPorts>;
beforeEach(() => {
  clock = new VirtualClock();
  events = [];
  changed = [];
  engine = memoryTraffic();
  const record = ({ metadata }: { metadata: { name: string } }, type: string, reason: string, message: string): void =>
    void events.push(`${metadata.name}: ${type} ${reason} ${message}`);
  ports = createPorts(engine.traffic, { recorder: { record }, clock, log: silentLog });
  ports.whenChanged((name) => changed.push(name));
});

const listener = (port: number, more: Partial<Listener> = {}): Listener => ({
  ...{ id: `TCP 127.0.0.1:${port}`, protocol: 'TCP', address: '127.0.0.1', port, via: 'node port', group: 'g', endpoints: [] },
  ...more,
});
const wish = (name: string, listeners: Listener[], day = 1): Wish => ({
  name: `Service default/${name}`,
  object: serviceForTests({}, { name, creationTimestamp: `2026-01-0${day}T00:00:00Z` }),
  listeners,
});

test('a port that is taken is told once, tried again and again, and had when it is free', async () => {
  engine.taken.set('TCP 127.0.0.1:30080', { reason: 'taken', message: 'EADDRINUSE' });
  await ports.set([wish('web', [listener(30080), listener(30081)])]);
  const told =
    'web: Warning PortNotAvailable node port 30080/TCP cannot be served on 127.0.0.1: it is in use by another program on this host';
  expect([events, [...engine.open.keys()]]).toEqual([[told], ['TCP 127.0.0.1:30081']]);
  await clock.advance(10_000);
  expect(events).toEqual([told]);
  expect(ports.complaintsOf('Service default/web').map((it) => it.why)).toEqual(['it is in use by another program on this host']);
  engine.taken.clear();
  changed = [];
  await clock.advance(60_000);
  expect([...engine.open.keys()].sort()).toEqual(['TCP 127.0.0.1:30080', 'TCP 127.0.0.1:30081']);
  expect([changed, ports.complaintsOf('Service default/web')]).toEqual([['Service default/web'], []]);
});

test('of two services that want one port the older has it; the other is told, and gets it when that one goes', async () => {
  await ports.set([wish('late', [listener(80)], 2), wish('early', [listener(80)], 1)]);
  expect(events).toEqual([
    'late: Warning PortNotAvailable node port 80/TCP cannot be served on 127.0.0.1: it is in use by Service default/early',
  ]);
  await ports.set([{ name: 'Service default/early', object: undefined, listeners: [] }]);
  expect([engine.open.size, ports.complaintsOf('Service default/late')]).toEqual([1, []]);
});

test('an address that is not there is told only when it stays away', async () => {
  const fault = { reason: 'no address' as const, message: 'EADDRNOTAVAIL' };
  engine.taken.set('TCP 10.96.0.5:80', fault).set('TCP 192.0.2.1:80', fault);
  const cluster = listener(80, { id: 'TCP 10.96.0.5:80', address: '10.96.0.5', via: 'cluster IP' });
  const external = listener(80, { id: 'TCP 192.0.2.1:80', address: '192.0.2.1', via: 'external IP' });
  await ports.set([wish('web', [cluster, external])]);
  await clock.advance(2_000);
  expect(events).toEqual([]);
  await clock.advance(20_000);
  expect(events).toEqual(['web: Warning PortNotAvailable cluster IP 80/TCP cannot be served on 10.96.0.5: this host has no such address']);
});

test('what is no longer wanted is closed, and no longer complained of', async () => {
  engine.taken.set('TCP 127.0.0.1:30080', { reason: 'taken', message: '' });
  await ports.set([wish('web', [listener(30080), listener(30081)])]);
  await ports.set([wish('web', [])]);
  expect([engine.open.size, ports.complaintsOf('Service default/web')]).toEqual([0, []]);
  engine.taken.clear();
  await clock.advance(60_000);
  expect(engine.open.size).toBe(0);
});

test('nothing is tried any more after the end', async () => {
  engine.taken.set('TCP 127.0.0.1:30080', { reason: 'taken', message: '' });
  await ports.set([wish('web', [listener(30080)])]);
  ports.close();
  engine.taken.clear();
  await clock.advance(60_000);
  expect(engine.open.size).toBe(0);
});
