import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginOf } from '../../../src/cli/connection/contexts.ts';
import { type Forwarding, forwardPort } from '../../../src/cli/streams/index.ts';
import type { Environment } from '../../../src/cli/edges.ts';
import { eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';

let api: StreamingApi;
let far: Server;
let forwarding: Forwarding;
/** What a server in the pod does with a connection. */
let serve: (socket: Socket) => void = () => {};
const told: string[] = [];

beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  far = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  await once(far.listen(0, '127.0.0.1'), 'listening');
  const remote = (far.address() as { port: number }).port;
  const login = loginOf({ kubeconfig: api.kubeconfig }, { home: '/' } as Environment);
  forwarding = await forwardPort(
    login,
    '/api/v1/namespaces/default/pods/web/portforward',
    '127.0.0.1',
    { local: 0, remote },
    {
      handling: () => {},
      failed: (text) => told.push(text),
    },
  );
});
afterAll(async () => {
  forwarding.close();
  far.close();
  await api.close();
});

const open = (): Socket => connect({ port: forwarding.port, host: '127.0.0.1', allowHalfOpen: true });
async function all(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (it: Buffer) => parts.push(it));
  await once(socket, 'end');
  return Buffer.concat(parts);
}

test('a client that has said all is answered: the pod hears of the end of its half', async () => {
  serve = async (socket) => {
    const heard = await all(socket);
    socket.end(`heard ${heard.length}`);
  };
  const socket = open();
  socket.end(randomBytes(3_000_000));
  expect((await all(socket)).toString()).toBe('heard 3000000');
});

test('a pod that has said all is still spoken to: the client hears of the end of its half', async () => {
  let heard = 0;
  serve = (socket) => {
    socket.end('go on');
    socket.on('data', (it) => (heard += it.length));
  };
  const socket = open();
  expect((await all(socket)).toString()).toBe('go on');
  socket.end(randomBytes(1_000));
  await eventually('the rest at the pod', () => heard === 1_000);
});

test('nothing is left open, and nothing was told', async () => {
  await eventually('the end of all', () => !api.node.open.has('forward'));
  expect(told).toEqual([]);
});
