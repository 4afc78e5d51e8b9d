import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPki } from '../../../src/api/index.ts';
import { probeExec } from '../../../src/kubelet/probes/exec.ts';
import { probeGrpc } from '../../../src/kubelet/probes/grpc.ts';
import { type HttpProbe, probeHttp } from '../../../src/kubelet/probes/http.ts';
import { portOf } from '../../../src/kubelet/probes/index.ts';
import { ProbeError } from '../../../src/kubelet/probes/outcome.ts';
import { probeTcp } from '../../../src/kubelet/probes/tcp.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ExecTimeout, type Streams } from '../../../src/runtime/index.ts';
import { probeContract } from './contract.ts';

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
const close = (...servers: Server[]): Promise<void> =>
  Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))).then(() => undefined);
const at = (port: number, timeoutMs = 1_000) => ({ address: '127.0.0.1', port, timeoutMs });

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createTcp();
  const port = await listen(server);
  await close(server);
  return port;
}

/** Takes connections and says nothing. */
async function silence(): Promise<{ server: Server; port: number; end(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcp((socket) => void sockets.add(socket.on('error', () => {})));
  const port = await listen(server);
  return {
    server,
    port,
    end: () => {
      for (const socket of sockets) socket.destroy();
      return close(server);
    },
  };
}

probeContract('tcp', async () => {
  const server = createTcp((socket) => socket.on('error', () => {}));
  const port = await listen(server);
  const nobody = await freePort();
  return {
    healthy: () => probeTcp(at(port)),
    sick: () => probeTcp(at(nobody)),
    sickText: /^dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
    close: () => close(server),
  };
});

const pages: RequestListener = (request, response) => {
  if (request.url === '/sick') response.statusCode = 503;
  response.end('a page');
};
const http = (port: number, path: string, more: Partial<HttpProbe> = {}): HttpProbe => ({
  ...at(port),
  scheme: 'HTTP',
  path,
  headers: [],
  ...more,
});

probeContract('http', async () => {
  const server = createServer(pages);
  const [port, nobody, quiet] = [await listen(server), await freePort(), await silence()];
  return {
    healthy: () => probeHttp(http(port, '/')),
    sick: () => probeHttp(http(port, '/sick')),
    sickText: /^HTTP probe failed with statuscode: 503$/,
    silent: () => probeHttp(http(quiet.port, '/', { timeoutMs: 200 })),
    silentText: /^Get "http:\/\/127\.0\.0\.1:\d+\/": context deadline exceeded \(Client\.Timeout exceeded while awaiting headers\)$/,
    refused: () => probeHttp(http(nobody, '/up')),
    refusedText: /^Get "http:\/\/127\.0\.0\.1:\d+\/up": dial tcp 127\.0\.0\.1:\d+: connect: connection refused$/,
    close: async () => {
      server.closeAllConnections();
      await Promise.all([close(server), quiet.end()]);
    },
  };
});

probeContract('https, whoever has signed the certificate', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'probe-'));
  const { server: pair } = await openPki(dir, { serverNames: ['elsewhere.example'], clock: systemClock });
  rmSync(dir, { recursive: true });
  const server = createHttps(pair, pages);
  const port = await listen(server);
  return {
    healthy: () => probeHttp(http(port, '/', { scheme: 'HTTPS' })),
    sick: () => probeHttp(http(port, '/sick', { scheme: 'HTTPS' })),
    sickText: /statuscode: 503/,
    close: async () => {
      server.closeAllConnections();
      await close(server);
    },
  };
});

const answering = (run: Streams['run']): Streams => ({ run }) as unknown as Streams;

probeContract('exec', async () => ({
  healthy: () =>
    probeExec(
      answering(async () => ({ exitCode: 0, output: 'ok' })),
      'c1',
      ['check'],
      200,
    ),
  sick: () =>
    probeExec(
      answering(async () => ({ exitCode: 2, output: 'cat: no such file' })),
      'c1',
      ['check'],
      200,
    ),
  sickText: /^cat: no such file$/,
  silent: () =>
    probeExec(
      answering(() => Promise.reject(new ExecTimeout())),
      'c1',
      ['sleep', '9'],
      1_000,
    ),
  silentText: /^command "sleep 9" timed out after 1s$/,
  close: async () => {},
}));

probeContract('grpc', async () => {
  const server = createHttp2();
  server.on('stream', (stream) => {
    stream.on('data', (chunk: Buffer) => {
      // Frame header, then field 1: the service's name.
      const name = chunk.subarray(7).toString();
      if (name === 'unknown') {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': 12 }, { endStream: true });
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, name === 'sick' ? 2 : 1]));
    });
  });
  const [port, nobody, quiet] = [await listen(server), await freePort(), await silence()];
  test('a server without the health service says so', async () => {
    expect((await probeGrpc(at(port), 'unknown')).output).toMatch(/does not implement the grpc health protocol/);
  });
  return {
    healthy: () => probeGrpc(at(port), ''),
    sick: () => probeGrpc(at(port), 'sick'),
    sickText: /^service unhealthy \(responded with "NOT_SERVING"\)$/,
    silent: () => probeGrpc(at(quiet.port, 200), ''),
    silentText: /^timeout: /,
    refused: () => probeGrpc(at(nobody), ''),
    refusedText: /^error: failed to connect service at "127\.0\.0\.1:\d+"$/,
    close: () => Promise.all([close(server), quiet.end()]).then(() => undefined),
  };
});

describe('http probes', () => {
  const serve = async (listener: RequestListener, work: (port: number) => Promise<void>): Promise<void> => {
    const server = createServer(listener);
    try {
      await work(await listen(server));
    } finally {
      server.closeAllConnections();
      await close(server);
    }
  };

  test('send their headers, and say who they are', () =>
    serve(
      (request, response) => response.end(JSON.stringify([request.headers['user-agent'], request.headers['x-one'], request.headers.host])),
      async (port) => {
        const plain = await probeHttp(http(port, 'up', { headers: [{ name: 'X-One', value: '1' }] }));
        expect(JSON.parse(plain.output)).toEqual(['kube-probe/1.36', '1', `127.0.0.1:${port}`]);
        const named = await probeHttp(
          http(port, '/', {
            headers: [
              { name: 'host', value: 'web.example' },
              { name: 'user-agent', value: 'me' },
            ],
          }),
        );
        expect(JSON.parse(named.output)).toEqual(['me', null, 'web.example']);
      },
    ));

  test('follow redirects on the same host alone', () =>
    serve(
      (request, response) => {
        if (request.url === '/up') return response.end('up');
        const location = { '/here': '/up', '/down': '/nothing', '/away': 'http://192.0.2.1/', '/round': '/round' }[request.url ?? ''];
        response.statusCode = location ? 302 : 404;
        if (location) response.setHeader('location', location);
        return response.end('moved');
      },
      async (port) => {
        expect(await probeHttp(http(port, '/here'))).toMatchObject({ result: 'success', output: 'up' });
        expect(await probeHttp(http(port, '/down'))).toMatchObject({ result: 'failure', output: 'HTTP probe failed with statuscode: 404' });
        expect(await probeHttp(http(port, '/away'))).toMatchObject({
          result: 'success',
          warning: true,
          output: 'Probe terminated redirects, Response body: moved',
        });
        expect((await probeHttp(http(port, '/round'))).output).toMatch(/stopped after 10 redirects$/);
      },
    ));

  test('do not read more than they need', () =>
    serve(
      (_, response) => {
        const timer = setInterval(() => response.write('x'.repeat(8_192)), 1);
        response.on('close', () => clearInterval(timer));
      },
      async (port) => expect((await probeHttp(http(port, '/'))).output).toHaveLength(10_240),
    ));

  test('take an answer that ends early for a failure or its status', () =>
    serve(
      (request) => request.socket.destroy(),
      async (port) => expect((await probeHttp(http(port, '/'))).result).toBe('failure'),
    ));
});

test('ports go by number or name', () => {
  const container = { name: 'app', ports: [{ name: 'http', containerPort: 8080 }] };
  expect([portOf(container, 80), portOf(container, 'http'), portOf(container, '81')]).toEqual([80, 8080, 81]);
  for (const bad of ['nothing', 0, 70_000]) expect(() => portOf(container, bad)).toThrow(ProbeError);
});
