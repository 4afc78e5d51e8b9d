import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packet from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient, createInformers, createMemoryTransport, type MemoryTransport } from '../../../src/client/index.ts';
import { type Dns, type DnsConfig, startDns } from '../../../src/dns/index.ts';
import { endpointSlice, namespace, service } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';

/** A name server on the loopback that does as told, over UDP and TCP on one port. */
type Elsewhere = { port: number; asked: string[]; close(): void };
type Behaviour = (query: packet.DecodedPacket, by: 'udp' | 'tcp') => Partial<packet.Packet> | 'silence';

async function startElsewhere(behave: Behaviour, address = '127.0.0.1', port = 0): Promise<Elsewhere> {
  const asked: string[] = [];
  const reply = (raw: Buffer, by: 'udp' | 'tcp'): Buffer | undefined => {
    const query = packet.decode(raw);
    asked.push(`${by} ${query.questions?.[0]?.type} ${query.questions?.[0]?.name}`);
    const response = behave(query, by);
    if (response === 'silence') return undefined;
    return packet.encode({ id: query.id ?? 0, type: 'response', questions: query.questions ?? [], ...response });
  };
  const udp: Socket = createSocket('udp4');
  udp.on('message', (raw, from) => {
    const response = reply(raw, 'udp');
    if (response) udp.send(response, from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, address, resolve));
  const { port: bound } = udp.address();
  const tcp: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const response = reply(chunk.subarray(2), 'tcp');
      if (!response) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    });
  });
  const listens = await new Promise<boolean>((resolve) =>
    tcp.once('error', () => resolve(false)).listen(bound, address, () => resolve(true)),
  );
  if (!listens && port === 0) {
    // A port that is free for UDP may be taken for TCP: another one, then.
    udp.close();
    return startElsewhere(behave, address);
  }
  expect(listens).toBe(true);
  return {
    ...{ port: bound, asked },
    close() {
      udp.close();
      tcp.close();
    },
  };
}

let transport: MemoryTransport;
let abort: AbortController;
let dir: string;
let dns: Dns;
let elsewhere: Elsewhere;
let behave: Behaviour;
let metrics: ReturnType<typeof createMetrics>;

const start = async (config: Partial<DnsConfig> = {}): Promise<Dns> => {
  metrics = createMetrics();
  const random = seededRandom(1);
  const informers = createInformers(createClient(transport), { clock: systemClock, log: silentLog, signal: abort.signal });
  return startDns(
    {
      ...{ domain: 'cluster.local', addresses: ['127.0.0.1'], port: 0, resolvConf: join(dir, 'resolv.conf') },
      ...{ ownRanges: ['10.96.0.0/16', '10.244.0.0/16'], upstreamPort: elsewhere.port },
      ...config,
    },
    { informers, clock: systemClock, random, log: silentLog, metrics, signal: abort.signal },
  );
};

const a = (name: string, data: string, ttl = 60): packet.Answer => ({ type: 'A', name, ttl, data });

beforeEach(async () => {
  abort = new AbortController();
  dir = mkdtempSync(join(tmpdir(), 'peapod-dns-'));
  writeFileSync(join(dir, 'resolv.conf'), '# the host\nsearch example.com\nnameserver 127.0.0.1\n');
  transport = createMemoryTransport({ clock: systemClock, random: seededRandom(2) });
  transport.seed(namespace, { metadata: { name: 'default' } });
  transport.seed(service, { metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] } });
  transport.seed(service, { metadata: { name: 'many', namespace: 'default' }, spec: { clusterIP: 'None' } });
  transport.seed(endpointSlice, {
    metadata: { name: 'many-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'many' } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: 40 }, (_, i) => ({ addresses: [`10.244.0.${i + 1}`] })),
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  });
  behave = () => ({ answers: [a('example.com', '192.0.2.1')] });
  elsewhere = await startElsewhere((query, by) => behave(query, by));
  dns = await start();
});
afterEach(() => {
  abort.abort();
  elsewhere.close();
  rmSync(dir, { recursive: true, force: true });
});

const portOf = (by: 'udp' | 'tcp'): number => dns.listening().find((it) => it.by === by)?.port ?? 0;

function sendUdp(message: Buffer, patience = 6000): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (response?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      resolve(response);
    };
    const timer = setTimeout(end, patience);
    socket.on('message', (response) => end(response));
    socket.send(message, portOf('udp'), '127.0.0.1');
  });
}

function sendTcp(messages: Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(portOf('tcp'), '127.0.0.1');
    let received = Buffer.alloc(0);
    const responses: Buffer[] = [];
    socket.on('error', reject);
    socket.on('close', () => resolve(responses));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        responses.push(received.subarray(2, 2 + received.readUInt16BE(0)));
        received = received.subarray(2 + received.readUInt16BE(0));
      }
      if (responses.length >= messages.length) socket.destroy();
    });
    const frames = messages.flatMap((it) => [Buffer.from([it.length >> 8, it.length & 0xff]), it]);
    // In bits, as a network may bring them.
    const all = Buffer.concat(frames);
    for (let i = 0; i < all.length; i += 7) socket.write(all.subarray(i, i + 7));
  });
}

type Asking = { id?: number; edns?: number; extra?: Partial<packet.Packet> };
const query = (name: string, type = 'A', { id = 7, edns, extra }: Asking = {}): Buffer =>
  packet.encode({
    ...{ type: 'query', id, flags: packet.RECURSION_DESIRED },
    questions: [{ name, type: type as packet.RecordType, class: 'IN' }],
    ...(edns && {
      additionals: [
        { type: 'OPT', name: '.', udpPayloadSize: edns, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
      ],
    }),
    ...extra,
  });
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
async function ask(name: string, type = 'A', options: Asking = {}) {
  const raw = await sendUdp(query(name, type, options));
  if (!raw) throw new Error('no answer');
  const it = packet.decode(raw);
  const answers = (it.answers ?? []).map((one) => `${one.type} ${'data' in one ? String(one.data) : ''}`);
  return { ...it, code: codes[raw.readUInt16BE(2) & 0xf], lines: answers, bytes: raw.length };
}

describe('names of the cluster', () => {
  test('are answered with authority', async () => {
    const it = await ask('Web.default.svc.cluster.local');
    expect([it.id, it.code, it.lines, it.flag_aa, it.flag_ra, it.flag_rd]).toEqual([7, 'NOERROR', ['A 10.96.0.7'], true, true, true]);
    expect(it.questions?.[0]?.name).toBe('Web.default.svc.cluster.local');
  });

  test('that are not there, or not of that type, come with the start of authority', async () => {
    const missing = await ask('nobody.default.svc.cluster.local');
    expect([missing.code, missing.lines, missing.authorities?.[0]]).toEqual([
      'NXDOMAIN',
      [],
      expect.objectContaining({
        ...{ type: 'SOA', name: 'cluster.local', ttl: 30 },
        data: expect.objectContaining({ mname: 'ns.dns.cluster.local', minimum: 30 }),
      }),
    ]);
    const none = await ask('web.default.svc.cluster.local', 'AAAA');
    expect([none.code, none.lines, none.authorities?.length]).toEqual(['NOERROR', [], 1]);
    expect((await ask('9.9.244.10.in-addr.arpa', 'PTR')).authorities?.[0]?.name).toBe('in-addr.arpa');
  });

  test('follow the objects', async () => {
    transport.seed(service, { metadata: { name: 'new', namespace: 'default' }, spec: { clusterIP: '10.96.0.9' } });
    await expect.poll(async () => (await ask('new.default.svc.cluster.local')).lines).toEqual(['A 10.96.0.9']);
    expect((await ask('9.0.96.10.in-addr.arpa', 'PTR')).lines).toEqual(['PTR new.default.svc.cluster.local']);
    await transport.delete(service, { namespace: 'default', name: 'new' });
    await expect.poll(async () => (await ask('new.default.svc.cluster.local')).code).toBe('NXDOMAIN');
    expect((await ask('9.0.96.10.in-addr.arpa', 'PTR')).code).toBe('NXDOMAIN');
  });

  test('fit the datagram that was offered, else say that there is more', async () => {
    const small = await ask('many.default.svc.cluster.local');
    expect([small.flag_tc, small.bytes <= 512, small.lines.length > 20]).toEqual([true, true, true]);
    const large = await ask('many.default.svc.cluster.local', 'A', { edns: 4096 });
    expect([large.flag_tc, large.lines.length, large.additionals?.[0]?.type]).toEqual([false, 40, 'OPT']);
    const srv = await ask('_http._tcp.many.default.svc.cluster.local', 'SRV', { edns: 4096 });
    expect([srv.flag_tc, srv.lines.length, srv.code]).toEqual([false, 40, 'NOERROR']);
  });

  test('are answered over a connection, several after another', async () => {
    const messages = [query('many.default.svc.cluster.local'), query('web.default.svc.cluster.local', 'A', { id: 8 })];
    const [many, web] = (await sendTcp(messages)).map((it) => packet.decode(it));
    expect([many?.answers?.length, web?.id, web?.answers?.length]).toEqual([40, 8, 1]);
  });

  test('come in turns', async () => {
    const firsts = new Set<string | undefined>();
    for (let i = 0; i < 10; i++) firsts.add((await ask('many.default.svc.cluster.local', 'A', { edns: 4096 })).lines[0]);
    expect(firsts.size).toBeGreaterThan(3);
  });
});

describe('messages that are no questions', () => {
  const cases: Array<[name: string, message: Buffer, want: string]> = [
    ['nothing', Buffer.alloc(0), 'silence'],
    ['a few bytes', Buffer.from('hello'), 'silence'],
    ['an answer', packet.encode({ type: 'response', id: 1, questions: [{ name: 'a', type: 'A' }] }), 'silence'],
    ['a header alone', Buffer.from('000701000001000000000000', 'hex'), 'FORMERR'],
    ['a name that points to itself', Buffer.from('000701000001000000000000c00c00010001', 'hex'), 'FORMERR'],
    ['no question', packet.encode({ type: 'query', id: 7, questions: [] }), 'FORMERR'],
    [
      'two questions',
      packet.encode({
        ...{ type: 'query', id: 7 },
        questions: [
          { name: 'a', type: 'A' },
          { name: 'b', type: 'A' },
        ],
      }),
      'FORMERR',
    ],
    ['a transfer of the zone', query('cluster.local', 'AXFR'), 'REFUSED'],
    ['another class', query('a', 'A', { extra: { questions: [{ name: 'version.bind', type: 'TXT', class: 'CH' }] } }), 'REFUSED'],
    ['an update', Buffer.from('000728000001000000000000016100000600 01'.replace(' ', ''), 'hex'), 'NOTIMP'],
  ];
  for (const [name, message, want] of cases) {
    test(name, async () => {
      const response = await sendUdp(message, want === 'silence' ? 150 : 2000);
      expect(response ? codes[response.readUInt16BE(2) & 0xf] : 'silence').toBe(want);
      if (response) expect([response.readUInt16BE(0), response.readUInt16BE(2) & 0x8000]).toEqual([7, 0x8000]);
      expect((await ask('web.default.svc.cluster.local')).code).toBe('NOERROR');
    });
  }

  test('an EDNS version that nobody knows', async () => {
    const raw = query('web.default.svc.cluster.local', 'A', { edns: 1232 });
    raw[raw.length - 5] = 1;
    const response = packet.decode((await sendUdp(raw)) as Buffer);
    expect(response.additionals?.[0]).toMatchObject({ type: 'OPT', extendedRcode: 1, ednsVersion: 0 });
  });

  test('noise does not stop it', async () => {
    const random = seededRandom(5);
    const socket = createSocket('udp4');
    const valid = query('web.default.svc.cluster.local', 'A', { edns: 1232 });
    for (let i = 0; i < 500; i++) {
      const message =
        i % 2 === 0 ? Buffer.alloc(Math.floor(random.next() * 80)) : Buffer.from(valid.subarray(0, Math.floor(random.next() * 80)));
      for (let j = 0; j < 6 && message.length > 0; j++)
        message[Math.floor(random.next() * message.length)] = Math.floor(random.next() * 256);
      // Queries for names elsewhere are not the matter here.
      if (message.length > 2) message[2] = (message[2] as number) & 0xf9;
      await new Promise((resolve) => socket.send(message, portOf('udp'), '127.0.0.1', resolve));
    }
    socket.close();
    expect((await ask('web.default.svc.cluster.local')).lines).toEqual(['A 10.96.0.7']);
  });
});

describe('names elsewhere', () => {
  test('are asked for once while the answer holds, with the id and the letters of each question', async () => {
    expect(await ask('Example.com', 'A', { id: 21 })).toMatchObject({ id: 21, code: 'NOERROR', lines: ['A 192.0.2.1'], flag_ra: true });
    const again = await ask('eXample.com', 'A', { id: 22 });
    expect([again.id, again.lines, again.questions?.[0]?.name]).toEqual([22, ['A 192.0.2.1'], 'eXample.com']);
    expect(elsewhere.asked).toEqual(['udp A Example.com']);
    expect(await metrics.text()).toMatch(/peapod_dns_upstream_total\{result="cached"\} 1/);
  });

  test('of other types are other questions', async () => {
    await ask('example.com');
    await ask('example.com', 'MX');
    await ask('example.com', 'A', { edns: 1232 });
    expect(elsewhere.asked).toHaveLength(3);
  });

  test('that are not there hold as long as their zone says', async () => {
    const soa = { mname: 'ns.example.com', rname: 'root.example.com', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 };
    behave = () => ({ flags: 3, authorities: [{ type: 'SOA', name: 'example.com', ttl: 60, data: soa }] });
    expect((await ask('no.example.com')).code).toBe('NXDOMAIN');
    expect((await ask('no.example.com')).code).toBe('NXDOMAIN');
    expect(elsewhere.asked).toHaveLength(1);
  });

  test('with lifetime nought are asked for each time', async () => {
    behave = () => ({ answers: [a('example.com', '192.0.2.1', 0)] });
    await ask('example.com');
    await ask('example.com');
    expect(elsewhere.asked).toHaveLength(2);
  });

  test('with long answers are fetched over a connection', async () => {
    behave = (_, by) =>
      by === 'udp'
        ? { flags: packet.TRUNCATED_RESPONSE }
        : { answers: Array.from({ length: 60 }, (__, i) => a('example.com', `192.0.2.${i}`)) };
    expect((await ask('example.com', 'A', { edns: 4096 })).lines).toHaveLength(60);
    const small = await ask('example.com');
    expect([small.flag_tc, small.lines]).toEqual([true, []]);
    expect(packet.decode((await sendTcp([query('example.com')]))[0] as Buffer).answers).toHaveLength(60);
  });

  test('asked by many at once are one question', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, id) => ask('example.com', 'A', { id })));
    expect([new Set(all.map((it) => it.id)).size, elsewhere.asked.length]).toEqual([20, 1]);
  });

  test('are asked of the next server when one does not answer or does not want to', async () => {
    writeFileSync(join(dir, 'two.conf'), 'nameserver 127.0.0.2\nnameserver 127.0.0.3\nnameserver 127.0.0.1\n');
    const unwilling = await startElsewhere(() => ({ flags: 5 }), '127.0.0.3', elsewhere.port);
    dns.stop();
    dns = await start({ resolvConf: join(dir, 'two.conf') });
    expect((await ask('example.com')).lines).toEqual(['A 192.0.2.1']);
    expect(unwilling.asked).toHaveLength(1);
    unwilling.close();
  });

  test('end in SERVFAIL when there is nobody to ask, soon', async () => {
    const began = Date.now();
    elsewhere.close();
    expect((await ask('example.com')).code).toBe('SERVFAIL');
    writeFileSync(join(dir, 'none.conf'), 'search example.com\n');
    dns.stop();
    dns = await start({ resolvConf: join(dir, 'none.conf') });
    expect((await ask('example.com')).code).toBe('SERVFAIL');
    dns.stop();
    dns = await start({ resolvConf: join(dir, 'missing.conf') });
    expect((await ask('example.com')).code).toBe('SERVFAIL');
    expect(Date.now() - began).toBeLessThan(3000);
    elsewhere = await startElsewhere(() => 'silence');
  });

  test('end in SERVFAIL before resolvers lose patience when nobody answers, and sooner the next time', async () => {
    behave = () => 'silence';
    let began = Date.now();
    expect((await ask('a.example.com')).code).toBe('SERVFAIL');
    expect(Date.now() - began).toBeLessThan(4950);
    began = Date.now();
    expect((await ask('b.example.com')).code).toBe('SERVFAIL');
    expect(Date.now() - began).toBeLessThan(2000);
  });

  test('never go round: this server is not asked', async () => {
    const own = portOf('udp');
    dns.stop();
    dns = await start({ port: own, upstreamPort: own });
    await expect.poll(() => portOf('udp'), { timeout: 10_000 }).toBe(own);
    expect((await ask('example.com')).code).toBe('SERVFAIL');
  });

  test('are asked of new servers when the file changes', async () => {
    const clock = { ...systemClock, now: () => Date.now() + offset };
    let offset = 0;
    dns.stop();
    const informers = createInformers(createClient(transport), { clock: systemClock, log: silentLog, signal: abort.signal });
    const path = join(dir, 'changing.conf');
    writeFileSync(path, '');
    const config = {
      domain: 'cluster.local',
      addresses: ['127.0.0.1'],
      port: 0,
      resolvConf: path,
      ownRanges: [],
      upstreamPort: elsewhere.port,
    };
    dns = await startDns(config, {
      informers,
      clock,
      random: seededRandom(1),
      log: silentLog,
      metrics: createMetrics(),
      signal: abort.signal,
    });
    expect((await ask('example.com')).code).toBe('SERVFAIL');
    writeFileSync(path, 'nameserver 127.0.0.1\n');
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    offset = 6000;
    expect((await ask('example.com')).lines).toEqual(['A 192.0.2.1']);
  });
});

describe('aliases', () => {
  const alias = (name: string, externalName: string) =>
    transport.seed(service, { metadata: { name, namespace: 'default' }, spec: { type: 'ExternalName', externalName } });
  const at = (name: string): string => `${name}.default.svc.cluster.local`;

  test('lead elsewhere, with what is found there', async () => {
    alias('out', 'example.com');
    await expect.poll(async () => (await ask(at('out'))).lines).toEqual(['CNAME example.com', 'A 192.0.2.1']);
    expect((await ask(at('out'), 'CNAME')).lines).toEqual(['CNAME example.com']);
  });

  test('lead to other names of the cluster, and not in circles', async () => {
    alias('one', at('two'));
    alias('two', at('web'));
    alias('round', at('round'));
    await expect.poll(async () => (await ask(at('one'))).lines).toEqual([`CNAME ${at('two')}`, `CNAME ${at('web')}`, 'A 10.96.0.7']);
    await expect.poll(async () => (await ask(at('round'))).code).toBe('SERVFAIL');
  });

  test('fail when what they lead to cannot be asked', async () => {
    alias('out', 'example.com');
    elsewhere.close();
    await expect.poll(async () => (await ask(at('out'))).code).toBe('SERVFAIL');
    elsewhere = await startElsewhere(() => 'silence');
  });
});

test('an address that cannot be listened on is told of, and the others serve', async () => {
  const other = await start({ addresses: ['127.0.0.1', '192.0.2.1'], port: 0 });
  expect(other.health()).toMatch(/^cannot listen on 192\.0\.2\.1 port 0 \(udp\): .*EADDRNOTAVAIL/);
  expect(other.listening().map((it) => `${it.address} ${it.by}`)).toEqual(['127.0.0.1 udp', '127.0.0.1 tcp']);
  expect(dns.health()).toBeUndefined();
  other.stop();
  expect(other.health()).toBe('DNS has ended');
});
