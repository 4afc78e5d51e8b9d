import { createSocket } from 'node:dgram';
import packet from 'dns-packet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClient, createInformers, createMemoryTransport, type MemoryTransport } from '../../../src/client/index.ts';
import { type Dns, type DnsConfig, startDns } from '../../../src/dns/index.ts';
import { namespace, service } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';

let transport: MemoryTransport;
let abort: AbortController;
let dns: Dns;
const servers: Array<{ close(): void }> = [];

/** A name server that says which one it is. */
async function elsewhere(address: string, port = 0): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  servers.push(socket);
  socket.on('message', (raw, from) => {
    const { id = 0, questions = [] } = packet.decode(raw);
    const answers = [{ type: 'A' as const, name: questions[0]?.name ?? '', ttl: 60, data: address }];
    socket.send(packet.encode({ type: 'response', id, questions, answers }), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  return socket.address().port;
}

async function start(config: Partial<DnsConfig>): Promise<void> {
  const informers = createInformers(createClient(transport), { clock: systemClock, log: silentLog, signal: abort.signal });
  dns = await startDns(
    { domain: 'cluster.local', addresses: ['127.0.0.1'], port: 0, resolvConf: '/nonexistent', ...config },
    { informers, clock: systemClock, random: seededRandom(1), log: silentLog, metrics: createMetrics(), signal: abort.signal },
  );
}

beforeEach(() => {
  abort = new AbortController();
  transport = createMemoryTransport({ clock: systemClock, random: seededRandom(2) });
  transport.seed(namespace, { metadata: { name: 'default' } });
});
afterEach(() => {
  abort.abort();
  for (const it of servers.splice(0)) it.close();
});

type Asker = { ask(name: string): Promise<string>; close(): void };

/** Sends questions from one port, many at a time, each once; an answer that does not come in five seconds is lost. */
function asker(): Asker {
  const port = dns.listening().find((it) => it.by === 'udp')?.port ?? 0;
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  const waiting = new Map<number, (text: string) => void>();
  let next = 0;
  socket.on('message', (raw) => {
    const { id = 0, questions = [], answers = [] } = packet.decode(raw);
    const data = answers.flatMap((it) => (it.type === 'A' ? [it.data] : [])).join();
    waiting.get(id)?.(`${questions[0]?.name} ${data}`);
  });
  return {
    ask(name) {
      const id = next++ % 0x10000;
      return new Promise((resolve) => {
        const late = setTimeout(() => resolve(`${name} lost`), 5000);
        waiting.set(id, (text) => {
          clearTimeout(late);
          waiting.delete(id);
          resolve(text);
        });
        socket.send(
          packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [{ type: 'A', name }] }),
          port,
          '127.0.0.1',
        );
      });
    },
    close: () => socket.close(),
  };
}

test('stub domains: the longest that fits is asked, the rest asks others', async () => {
  const port = await elsewhere('127.0.0.2');
  await elsewhere('127.0.0.3', port);
  await start({ upstreamPort: port, stubDomains: { 'Corp.example.': ['127.0.0.2'], 'eu.corp.example': ['127.0.0.3'] } });
  const it = asker();
  const answers = await Promise.all(
    ['corp.example', 'a.b.corp.example', 'x.eu.corp.example', 'neucorp.example'].map((name) => it.ask(name)),
  );
  it.close();
  expect(answers).toEqual(['corp.example 127.0.0.2', 'a.b.corp.example 127.0.0.2', 'x.eu.corp.example 127.0.0.3', 'neucorp.example ']);
});

test('the host has a name', async () => {
  await start({ hosts: { 'host.docker.internal': '10.244.0.1' } });
  const it = asker();
  expect(await it.ask('host.docker.internal')).toBe('host.docker.internal 10.244.0.1');
  it.close();
});

test('50,000 questions, 100 at a time: none is lost, none is wrong', async () => {
  for (let i = 0; i < 100; i++)
    transport.seed(service, {
      metadata: { name: `s${i}`, namespace: 'default' },
      spec: { clusterIP: `10.96.1.${i}`, clusterIPs: [`10.96.1.${i}`] },
    });
  const port = await elsewhere('127.0.0.2');
  await start({ upstreamPort: port, stubDomains: { 'corp.example': ['127.0.0.2'] } });
  const it = asker();
  const wrong: string[] = [];
  let asked = 0;
  const worker = async (): Promise<void> => {
    while (asked < 50_000) {
      const i = asked++;
      // One in ten is for another server, of fifty names: its answers are kept.
      const [name, want] =
        i % 10 === 0 ? [`n${(i / 10) % 50}.corp.example`, '127.0.0.2'] : [`s${i % 100}.default.svc.cluster.local`, `10.96.1.${i % 100}`];
      const answer = await it.ask(name);
      if (answer !== `${name} ${want}`) wrong.push(`${name}: ${answer}`);
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  it.close();
  expect(wrong.slice(0, 5)).toEqual([]);
});
