import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Listener, Traffic } from '../../../src/proxy/index.ts';

/** What can be relied on in some kinds of traffic alone. */
export type Traits = {
  /** This process carries every byte: it can try another endpoint, counts turns and connections, and ends them. */
  isOwnWork: boolean;
};

/**
 * What every Traffic does. Loopback addresses stand in for services (<net>.0.x) and pods (<net>.1.x), so it needs no
 * containers. `advance` moves the clock the traffic was made with; where the kernel keeps time, it waits.
 */
export function trafficContract(
  open: () => { traffic: Traffic; advance: (ms: number) => Promise<void> },
  { isOwnWork }: Traits,
  /** How long a client is remembered, in the test of it. */
  affinitySeconds = 60,
  /** Of its own for each plane: their tests run side by side. */
  net = '127.41',
): void {
  /** Enough connections to see every endpoint: in turns, or by chance. */
  const enough = isOwnWork ? 6 : 60;
  const testOfOwnWork = isOwnWork ? test : test.skip;
  let traffic: Traffic;
  let advance: (ms: number) => Promise<void>;
  const running: Array<() => void> = [];
  beforeEach(() => {
    ({ traffic, advance } = open());
  });
  afterEach(async () => {
    await traffic.close();
    for (const stop of running.splice(0)) stop();
  });

  const pods = [`${net}.1.1`, `${net}.1.2`, `${net}.1.3`];
  const target = (address: string) => ({ address, port: 7000 });
  const listener = (protocol: 'TCP' | 'UDP', addresses: string[], more: Partial<Listener> = {}): Listener => ({
    id: `${protocol} ${net}.0.1:80`,
    protocol,
    address: `${net}.0.1`,
    port: 8800,
    via: 'cluster IP',
    group: 'default/web:http',
    endpoints: addresses.map(target),
    ...more,
  });
  const put = async (wanted: Listener): Promise<void> => expect(await traffic.put(wanted)).toBeUndefined();

  /** A TCP pod that says who it is, then echoes. */
  async function pod(address: string, onSocket?: (socket: Socket) => void): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      if (onSocket) return onSocket(socket);
      socket.write(address);
      socket.pipe(socket);
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(7000, address, resolve));
    running.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return server;
  }

  const call = (from = '127.0.0.1'): Socket => {
    const socket = connect({ host: `${net}.0.1`, port: 8800, localAddress: from, allowHalfOpen: true });
    socket.on('error', () => {});
    running.push(() => socket.destroy());
    return socket;
  };
  const word = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      socket.once('end', () => resolve('end'));
    });
  async function tally(count: number, from?: string): Promise<Record<string, number>> {
    const seen: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const socket = call(from);
      const who = await word(socket);
      seen[who] = (seen[who] ?? 0) + 1;
      socket.destroy();
    }
    return seen;
  }

  test('connections are spread evenly over the endpoints', async () => {
    for (const address of pods) await pod(address);
    await put(listener('TCP', pods));
    if (isOwnWork) expect(Object.values(await tally(30))).toEqual([10, 10, 10]);
    // By chance: of 300 each has fewer than 60 once in a million runs.
    else for (const count of Object.values(await tally(300))) expect(count).toBeGreaterThan(60);
    expect(Object.keys(await tally(30))).toHaveLength(3);
  });

  test('without endpoints, and without a listener, a connection is refused at once', async () => {
    await put(listener('TCP', []));
    expect(await word(call())).toBe('ECONNREFUSED');
    await pod(`${net}.1.1`);
    await put(listener('TCP', [`${net}.1.1`]));
    expect(await word(call())).toBe(`${net}.1.1`);
    await put(listener('TCP', []));
    expect(await word(call())).toBe('ECONNREFUSED');
    await put(listener('TCP', [`${net}.1.1`]));
    await traffic.remove(listener('TCP', []).id);
    expect(await word(call())).toBe('ECONNREFUSED');
  });

  testOfOwnWork('an endpoint that refuses is passed over; when all do the connection is reset', async () => {
    await pod(`${net}.1.2`);
    await put(listener('TCP', pods));
    expect(await tally(12)).toEqual({ [`${net}.1.2`]: 12 });
    await put(listener('TCP', [`${net}.1.1`, `${net}.1.3`]));
    expect(await word(call())).toBe('ECONNRESET');
  });

  test('open connections live on when endpoints, affinity or the listener change', async () => {
    for (const address of pods) await pod(address);
    await put(listener('TCP', [`${net}.1.1`]));
    const socket = call();
    expect(await word(socket)).toBe(`${net}.1.1`);
    const says = async (text: string): Promise<void> => {
      socket.write(text);
      expect(await word(socket)).toBe(text);
    };
    await put(listener('TCP', [`${net}.1.2`, `${net}.1.3`], { affinitySeconds: 10 }));
    await says('moved');
    await put(listener('TCP', []));
    await says('none left');
    await traffic.remove(listener('TCP', []).id);
    await says('removed');
  });

  test('nothing is refused while endpoints change', async () => {
    for (const address of pods) await pod(address);
    await put(listener('TCP', pods));
    const answers: Array<Promise<string>> = [];
    for (let i = 0; i < 60; i++) {
      const socket = call();
      answers.push(word(socket));
      if (i % 3 === 0) await put(listener('TCP', [pods[(i / 3) % 3] as string, pods[(i / 3 + 1) % 3] as string]));
    }
    for (const answer of await Promise.all(answers)) expect(pods).toContain(answer);
  });

  test('a client with affinity comes back to its endpoint until the time is over, or affinity or the endpoint goes', async () => {
    for (const address of pods) await pod(address);
    await put(listener('TCP', pods, { affinitySeconds }));
    const mine = Object.keys(await tally(6, '127.0.0.2'));
    expect(mine).toHaveLength(1);
    const everyone = new Set<string>();
    for (let i = 10; i < 10 + enough; i++) for (const who of Object.keys(await tally(2, `127.0.0.${i}`))) everyone.add(who);
    expect(everyone.size).toBe(3);
    await advance(affinitySeconds * 900);
    expect(Object.keys(await tally(2, '127.0.0.2'))).toEqual(mine);
    await advance(affinitySeconds * 900);
    expect(Object.keys(await tally(2, '127.0.0.2'))).toEqual(mine);
    await advance(affinitySeconds * 1_200);
    const again = Object.keys(await tally(1, '127.0.0.2'));
    const others = pods.filter((it) => it !== again[0]);
    await put(listener('TCP', others, { affinitySeconds }));
    const [next] = Object.keys(await tally(4, '127.0.0.2'));
    expect(others).toContain(next);
    await put(listener('TCP', pods));
    expect(Object.keys(await tally(enough, '127.0.0.2'))).toHaveLength(3);
  });

  test('affinity holds over all listeners of a service port', async () => {
    for (const address of pods) await pod(address);
    await put(listener('TCP', pods, { affinitySeconds: 60 }));
    const node = { ...listener('TCP', pods, { affinitySeconds: 60 }), id: `TCP ${net}.0.9:30080`, address: `${net}.0.9`, port: 30080 };
    await put(node);
    const [who] = Object.keys(await tally(1, '127.0.0.2'));
    for (let i = 0; i < 4; i++) {
      const socket = connect({ host: node.address, port: node.port, localAddress: '127.0.0.2' });
      expect(await word(socket)).toBe(who);
      socket.destroy();
    }
  });

  test('each direction ends by itself: an answer still comes after the client said all', async () => {
    await pod(`${net}.1.1`, (socket) => {
      let heard = '';
      socket.on('data', (data) => {
        heard += data;
      });
      socket.on('end', () => socket.end(`${heard.length} bytes`));
    });
    await put(listener('TCP', [`${net}.1.1`]));
    const socket = call();
    socket.end('x'.repeat(3_000_000));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toBe('3000000 bytes');
  });

  test('a slow reader holds the sender back, and everything arrives', async () => {
    const size = 64 * 1024 * 1024;
    let sent = 0;
    await pod(`${net}.1.1`, (socket) => {
      const chunk = Buffer.alloc(1024 * 1024, 7);
      const fill = (): void => {
        while (sent < size) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', fill);
        }
        socket.end();
      };
      fill();
    });
    await put(listener('TCP', [`${net}.1.1`]));
    const socket = call();
    await new Promise((resolve) => socket.once('readable', resolve));
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // The kernel's buffers and ours, on two hops.
    expect(sent).toBeLessThan(size);
    let received = 0;
    for await (const chunk of socket) received += (chunk as Buffer).length;
    expect(received).toBe(size);
  });

  test('a reset of one side is a reset of the other', async () => {
    let inside: Socket | undefined;
    await pod(`${net}.1.1`, (socket) => {
      inside = socket;
      socket.write('hello');
    });
    await put(listener('TCP', [`${net}.1.1`]));
    const socket = call();
    await word(socket);
    const ended = word(socket);
    inside?.resetAndDestroy();
    expect(await ended).toBe('ECONNRESET');
    const second = call();
    await word(second);
    const gone = new Promise((resolve) => inside?.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    second.resetAndDestroy();
    expect(await gone).toBe('ECONNRESET');
  });

  test('a taken port is told, harms nothing, and works when tried again after it is free', async () => {
    await pod(`${net}.1.1`);
    const wanted = listener('TCP', [`${net}.1.1`], { via: 'node port' });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(8800, `${net}.0.1`, resolve));
    expect(await traffic.put(wanted)).toMatchObject({ reason: 'taken' });
    await new Promise((resolve) => other.close(resolve));
    await put(wanted);
    expect(await word(call())).toBe(`${net}.1.1`);
    const away = { ...wanted, id: 'TCP 192.0.2.77:80', address: '192.0.2.77', group: 'other' };
    expect(await traffic.put(away)).toMatchObject({ reason: 'no address' });
  });

  test('only allowed sources get through', async () => {
    await pod(`${net}.1.1`);
    await put(listener('TCP', [`${net}.1.1`], { allow: ['127.0.0.2/32'] }));
    expect(await word(call('127.0.0.2'))).toBe(`${net}.1.1`);
    const stranger = await Promise.race([word(call('127.0.0.3')), new Promise((resolve) => setTimeout(resolve, 500, 'no answer'))]);
    expect(stranger).not.toBe(`${net}.1.1`);
    await put(listener('TCP', [`${net}.1.1`]));
    expect(await word(call('127.0.0.3'))).toBe(`${net}.1.1`);
  });

  /** A UDP pod that answers with who it is. */
  async function datagramPod(address: string): Promise<DatagramSocket> {
    const socket = createSocket('udp4');
    socket.on('message', (message, from) => socket.send(`${address} ${message}`, from.port, from.address));
    await new Promise<void>((resolve) => socket.bind(7000, address, resolve));
    running.push(() => socket.close());
    return socket;
  }
  async function asker(): Promise<(text: string) => Promise<string>> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    running.push(() => socket.close());
    return (text) =>
      new Promise((resolve) => {
        // A datagram may be lost while an association is made anew.
        const again = setInterval(() => socket.send(text, 8800, `${net}.0.1`), 200);
        // Only the service's own answers are answers; one that comes while the association is taken away may not look like it.
        const hear = (answer: Buffer, from: { address: string; port: number }): void => {
          if (from.address !== `${net}.0.1` || from.port !== 8800) return;
          clearInterval(again);
          socket.off('message', hear);
          resolve(answer.toString());
        };
        socket.on('message', hear);
        socket.send(text, 8800, `${net}.0.1`);
      });
  }

  test('datagrams of a client keep to one endpoint, answers come from the service, and move when the endpoint goes', async () => {
    for (const address of pods) await datagramPod(address);
    await put(listener('UDP', pods));
    const ask = await asker();
    const first = await ask('one');
    const [home] = first.split(' ');
    for (const text of ['two', 'three']) expect(await ask(text)).toBe(`${home} ${text}`);
    const others = pods.filter((it) => it !== home);
    await put(listener('UDP', others));
    await expect.poll(async () => others.includes((await ask('four')).split(' ')[0] ?? ''), { timeout: 5_000 }).toBe(true);
    const seen = new Set<string>();
    for (let i = 0; i < enough; i++) seen.add((await (await asker())('x')).split(' ')[0] as string);
    expect([...seen].sort()).toEqual(others);
  });

  testOfOwnWork('a silent client’s datagram association ends after its time', async () => {
    await datagramPod(`${net}.1.1`);
    await put(listener('UDP', [`${net}.1.1`]));
    const ask = await asker();
    await ask('one');
    expect(traffic.describe()[0]?.connections).toBe(1);
    await advance(61_000);
    expect(traffic.describe()[0]?.connections).toBe(0);
    expect(await ask('two')).toBe(`${net}.1.1 two`);
  });

  test('without endpoints datagrams are refused, and the port works again with them', async () => {
    await put(listener('UDP', []));
    const socket = createSocket('udp4');
    running.push(() => socket.close());
    await new Promise<void>((resolve) => socket.connect(8800, `${net}.0.1`, resolve));
    const refused = new Promise((resolve) => socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    socket.send('anyone?');
    expect(await refused).toBe('ECONNREFUSED');
    await datagramPod(`${net}.1.1`);
    await put(listener('UDP', [`${net}.1.1`]));
    expect(await (await asker())('hi')).toBe(`${net}.1.1 hi`);
  });

  test('TCP and UDP have the same port side by side', async () => {
    await pod(`${net}.1.1`);
    await datagramPod(`${net}.1.1`);
    await put(listener('TCP', [`${net}.1.1`]));
    await put({ ...listener('UDP', [`${net}.1.1`]), group: 'default/web:udp' });
    expect(await word(call())).toBe(`${net}.1.1`);
    expect(await (await asker())('hi')).toBe(`${net}.1.1 hi`);
  });

  testOfOwnWork('close ends everything, open connections too', async () => {
    await pod(`${net}.1.1`);
    await put(listener('TCP', [`${net}.1.1`]));
    const socket = call();
    await word(socket);
    const ended = word(socket);
    await traffic.close();
    expect(['end', 'ECONNRESET']).toContain(await ended);
    expect(await word(call())).toBe('ECONNREFUSED');
  });

  test('many listeners open and close quickly, and puts and removes may come in any order', async () => {
    await pod(`${net}.1.1`);
    const many = Array.from({ length: 200 }, (_, i) => ({
      ...listener('TCP', [`${net}.1.1`]),
      id: `TCP ${net}.0.1:${20_000 + i}`,
      port: 20_000 + i,
      group: `g${i}`,
    }));
    const results = many.map((it) => traffic.put(it));
    const removed = many.slice(0, 100).map((it) => traffic.remove(it.id));
    const again = many.slice(0, 100).map((it) => traffic.put(it));
    await Promise.all(removed);
    expect((await Promise.all([...results, ...again])).every((it) => it === undefined)).toBe(true);
    expect(traffic.describe().filter((it) => it.listens)).toHaveLength(200);
  });
}
