import { connect } from 'node:http2';
import type { Outcome, Target } from './outcome.ts';

const states = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Asks the standard health service (grpc.health.v1) over plain HTTP/2. The two messages are small enough to be written by hand. */
export function probeGrpc({ address, port, timeoutMs }: Target, service: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const session = connect(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
    let connected = false;
    const end = (outcome: Outcome): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(outcome);
    };
    const fail = (output: string): void => end({ result: 'failure', output });
    const timer = setTimeout(() => {
      const span = `${timeoutMs / 1000}s`;
      fail(
        connected
          ? `timeout: health rpc did not complete within ${span}`
          : `timeout: failed to connect service "${address}:${port}" within ${span}`,
      );
    }, timeoutMs);
    session.once('connect', () => {
      connected = true;
    });
    const unreached = `error: failed to connect service at "${address}:${port}"`;
    session.on('error', () => fail(unreached));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.36',
    });
    const chunks: Buffer[] = [];
    let code = 0;
    const readCode = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']);
    };
    stream.on('response', readCode);
    stream.on('trailers', readCode);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error: Error) => fail(connected ? `error: health rpc probe failed: ${error.message}` : unreached));
    stream.once('end', () => {
      // 'end' comes before the trailers of an empty answer have been seen.
      setImmediate(() => end(verdict(code, Buffer.concat(chunks))));
    });
    stream.end(checkRequest(service));
  });
}

function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  // Field 1, a string; names are short, so one byte of length does up to 127 and two above.
  const length = name.length < 128 ? [name.length] : [(name.length & 0x7f) | 0x80, name.length >> 7];
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

function verdict(code: number, body: Buffer): Outcome {
  if (code === 12) {
    return {
      result: 'failure',
      output: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unimplemented',
    };
  }
  if (code !== 0) return { result: 'failure', output: `error: health rpc probe failed: status code ${code}` };
  // Frame header, then field 1 as a varint; absent means 0.
  const state = body.length > 6 && body[5] === 0x08 ? (body[6] as number) : 0;
  if (state === 1) return { result: 'success', output: 'service healthy' };
  return { result: 'failure', output: `service unhealthy (responded with "${states[state] ?? state}")` };
}
