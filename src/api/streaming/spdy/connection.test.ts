import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { SpdyClient, spdyWords } from '../../../../test/fixtures/api/spdy-client.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';
import { SpdyConnection } from './connection.ts';
import type { SpdyStream } from './stream.ts';

/** Two ends of a connection in memory: what one writes the other reads, no faster than it does. */
function pair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const waiting: Array<(() => void) | undefined> = [];
  for (const own of [0, 1]) {
    const other = 1 - own;
    ends[own] = new Duplex({
      read() {
        const proceed = waiting[other];
        waiting[other] = undefined;
        proceed?.();
      },
      write(bytes, _, done) {
        if (ends[other]?.push(bytes)) return done();
        waiting[own] = done;
      },
      final(done) {
        ends[other]?.push(null);
        done();
      },
      destroy(error, done) {
        if (!ends[other]?.destroyed) setImmediate(() => ends[other]?.destroy());
        done(error);
      },
    });
  }
  return ends as [Duplex, Duplex];
}

type Opened = { connection: SpdyConnection; client: SpdyClient; clock: VirtualClock; streams: SpdyStream[] };

function open(onStream: (stream: SpdyStream) => void = () => {}): Opened {
  const [near, far] = pair();
  const [clock, streams] = [new VirtualClock(), [] as SpdyStream[]];
  const connection = new SpdyConnection(near, clock, (stream) => {
    onStream(stream);
    streams.push(stream);
  });
  return { connection, client: new SpdyClient(far), clock, streams };
}

const echo = (stream: SpdyStream): void => void stream.pipe(stream);

describe('streams', () => {
  test('are answered with a reply without headers', async () => {
    const { client, streams } = open();
    const id = await client.open({ streamtype: 'error' });
    expect(await client.frame('reply', id)).toEqual({ type: 'reply', id, headers: Buffer.alloc(4) });
    expect(streams[0]?.headers.get('streamtype')).toBe('error');
    const second = await client.open({ streamtype: 'data' });
    expect((await client.frame('reply', second)).headers).toEqual(Buffer.alloc(4));
  });

  test('carry bytes both ways, and end each half for itself', async () => {
    const { client } = open(echo);
    const id = await client.open({});
    client.send(id, 'one ');
    client.send(id, Buffer.alloc(0));
    client.send(id, 'two', true);
    expect((await client.bytes(id)).toString()).toBe('one two');
  });

  test('can be ended as they are opened', async () => {
    const { client, streams } = open(echo);
    const id = await client.open({}, true);
    expect((await client.bytes(id)).length).toBe(0);
    await eventually(() => streams[0]?.destroyed === true);
  });

  test('do not depend on how the network cuts frames', async () => {
    const { client } = open(echo);
    client.cut = 1;
    const ids = [await client.open({ name: 'a' }), await client.open({ name: 'b' })];
    for (const id of ids) client.send(id, `stream ${id}`, true);
    expect((await Promise.all(ids.map((id) => client.bytes(id)))).map(String)).toEqual(['stream 1', 'stream 3']);
  });

  test('that nobody wants are reset', async () => {
    const { client } = open(() => {
      throw new Error('not wanted');
    });
    const id = await client.open({});
    expect((await client.frame('reset', id)).code).toBe(5);
  });

  test('reset by the client are gone for those who write', async () => {
    const { client, streams } = open();
    const id = await client.open({});
    await client.frame('reply', id);
    client.reset(id);
    await eventually(() => streams[0]?.destroyed === true);
    streams[0]?.write('nobody hears this');
    client.ping(1);
    await client.frame('ping');
    client.end();
    await expect(client.frame('data', id)).rejects.toThrow('ended');
  });

  test('destroyed by us before their end are reset, afterwards not', async () => {
    const { client, streams } = open();
    const [early, late] = [await client.open({}), await client.open({}, true)];
    await client.frame('reply', late);
    streams[1]?.resume().end();
    await client.bytes(late);
    streams[0]?.destroy();
    expect(await client.frame('reset')).toMatchObject({ id: early });
  });

  test('that nobody reads hold up their connection, and no memory beyond a megabyte', async () => {
    const { client, streams } = open();
    const id = await client.open({});
    await client.frame('reply', id);
    for (let i = 0; i < 64; i++) client.send(id, Buffer.alloc(64 * 1024));
    client.ping(1);
    await eventually(() => (streams[0]?.readableLength ?? 0) >= 1024 * 1024);
    await new Promise((resolve) => setImmediate(resolve));
    expect(streams[0]?.readableLength).toBeLessThan(2 * 1024 * 1024);
    let size = 0;
    streams[0]?.on('data', (it: Buffer) => {
      size += it.length;
    });
    await client.frame('ping');
    expect(size).toBe(64 * 64 * 1024);
  });
});

describe('the connection', () => {
  test('answers pings of the client, and only those', async () => {
    const { client } = open();
    client.ping(2);
    client.ping(7);
    expect(await client.frame('ping')).toEqual({ type: 'ping', id: 7 });
  });

  test('pings by itself, so that a vanished client is noticed', async () => {
    const { client, clock } = open();
    await clock.advance(30_000);
    expect(await client.frame('ping')).toEqual({ type: 'ping', id: 2 });
    await clock.advance(30_000);
    expect(await client.frame('ping')).toEqual({ type: 'ping', id: 4 });
  });

  test('says good-bye after all that has been written', async () => {
    const { client, connection, streams } = open();
    const id = await client.open({});
    await client.frame('reply', id);
    await once((streams[0] as SpdyStream).end('last words'), 'finish');
    void connection.close();
    expect((await client.bytes(id)).toString()).toBe('last words');
    expect((await client.frame('goAway')).id).toBe(id);
    client.end();
    await connection.closed;
  });

  test('does not wait for ever for a client that does not hang up', async () => {
    const { connection, clock } = open();
    const closing = connection.close();
    await clock.advance(5_000);
    await closing;
  });

  test('of a client that has gone takes its streams with it', async () => {
    const { client, connection, streams } = open();
    await client.open({});
    await eventually(() => streams.length === 1);
    client.end();
    await connection.closed;
    expect(streams[0]?.destroyed).toBe(true);
  });

  test('of a client that had gone before is closed', async () => {
    const [near] = pair();
    near.destroy();
    await once(near, 'close');
    await new SpdyConnection(near, new VirtualClock(), () => {}).closed;
  });

  const garbage: Array<[name: string, send: (client: SpdyClient) => void]> = [
    ['frames of another version', (it) => it.write(Buffer.concat([spdyWords(0x80020001, 0)]))],
    ['an opening without a body', (it) => it.control(1, 0, Buffer.alloc(0))],
    ['headers that are not deflated', (it) => it.control(1, 0, Buffer.concat([spdyWords(1, 0), Buffer.from('00 plain')]))],
    ['a stream id of the server', (it) => it.control(1, 0, Buffer.concat([spdyWords(2, 0), Buffer.from('00')]))],
    ['a ping without an id', (it) => it.control(6, 0, Buffer.alloc(0))],
    ['a control frame of a megabyte', (it) => it.write(spdyWords(0x80030001, 1024 * 1024))],
  ];
  test.each(garbage)('is cut by %s', async (_, send) => {
    const { client, connection } = open();
    send(client);
    await connection.closed;
  });

  test('passes over data of streams it does not know, and frames it has no use for', async () => {
    const { client } = open();
    client.send(99, 'for nobody');
    client.control(4, 0, spdyWords(0));
    client.control(9, 0, spdyWords(1, 65536));
    client.reset(99);
    client.ping(1);
    expect(await client.frame('ping')).toMatchObject({ id: 1 });
  });
});

async function eventually(look: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !look(); tries++) await new Promise((resolve) => setTimeout(resolve, 2));
  if (!look()) throw new Error('it did not happen');
}
