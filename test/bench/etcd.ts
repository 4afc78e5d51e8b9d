import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { freePort, pause } from '../fixtures/cluster/cluster.ts';

/** The part of etcd's API that is needed here (etcdserverpb.KV, rpc.proto). */
const { root } = protobuf.parse(`syntax = "proto3";
  message PutRequest { bytes key = 1; bytes value = 2; }
  message PutResponse { }`);
const [request, response] = [root.lookupType('PutRequest'), root.lookupType('PutResponse')];
const Kv = makeGenericClientConstructor(
  {
    put: {
      path: '/etcdserverpb.KV/Put',
      requestStream: false,
      responseStream: false,
      requestSerialize: (it: object) => Buffer.from(request.encode(it).finish()),
      requestDeserialize: (it: Buffer) => request.decode(it),
      responseSerialize: (it: object) => Buffer.from(response.encode(it).finish()),
      responseDeserialize: (it: Buffer) => response.decode(it),
    },
  },
  'KV',
);
type Put = (request: object, done: (error: Error | null) => void) => void;

export type Etcd = { version: string; put(key: string, value: Buffer): Promise<void>; stop(): Promise<void> };

/** An etcd of our own with a data directory on the same disk; undefined, and said so, where it is not installed. */
export async function startEtcd(say: (text: string) => void): Promise<Etcd | undefined> {
  const version = /etcd Version: (\S+)/.exec(spawnSync('etcd', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (!version) {
    say('etcd is not installed (apt-get install etcd-server): durable creates are not compared');
    return undefined;
  }
  const dir = mkdtempSync(join(tmpdir(), 'peapod-bench-etcd-'));
  const [client, peer] = [await freePort(), await freePort()];
  const urls = (port: number): string => `http://127.0.0.1:${port}`;
  const child = spawn(
    'etcd',
    [
      ...['--data-dir', dir, '--listen-client-urls', urls(client), '--advertise-client-urls', urls(client)],
      ...['--listen-peer-urls', urls(peer), '--initial-advertise-peer-urls', urls(peer), '--initial-cluster', `default=${urls(peer)}`],
    ],
    { stdio: 'ignore' },
  );
  const kv = new Kv(`127.0.0.1:${client}`, credentials.createInsecure()) as unknown as { put: Put; close(): void };
  const put = (key: string, value: Buffer): Promise<void> =>
    new Promise((resolve, reject) => kv.put({ key: Buffer.from(key), value }, (error) => (error ? reject(error) : resolve())));
  for (let tried = 0; ; tried++) {
    try {
      await put('hello', Buffer.from('x'));
      break;
    } catch (error) {
      if (tried > 100) throw error;
      await pause(100);
    }
  }
  return {
    version,
    put,
    async stop() {
      kv.close();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
