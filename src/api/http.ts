import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { StatusError } from '../meta/status-error.ts';
import { writeYaml } from '../meta/read/yaml.ts';

/** Bytes a request body may have, as upstream limits it. */
export const largestBody = 3 * 1024 * 1024;

/** The whole body. Fails with RequestEntityTooLarge beyond the limit. */
export function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= largestBody) parts.push(part);
    });
    request.on('end', () => {
      if (size <= largestBody) resolve(Buffer.concat(parts));
      else reject(new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${largestBody}`));
    });
    request.on('error', reject);
  });
}

/** Answers with bytes, compressed when they are many and the client can take it. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  type = 'application/json',
): void {
  if (response.headersSent || response.destroyed) return;
  const zip = bytes.length > 128 * 1024 && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const headers: Record<string, string | number> = { 'Content-Type': type, 'Cache-Control': 'no-cache, private' };
  if (!zip) {
    response.writeHead(code, { ...headers, 'Content-Length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  gzip(bytes, { level: 1 }, (error, small) => {
    if (error || response.destroyed) return void response.destroy();
    response.writeHead(code, { ...headers, 'Content-Encoding': 'gzip', 'Content-Length': small.length, Vary: 'Accept-Encoding' });
    response.end(small);
  });
}

export function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  object: object,
  type: 'json' | 'yaml' = 'json',
): void {
  if (type === 'yaml') sendBytes(request, response, code, Buffer.from(writeYaml(JSON.parse(JSON.stringify(object)))), 'application/yaml');
  else sendBytes(request, response, code, Buffer.from(JSON.stringify(object)));
}

/** An error as the Status clients expect; what is no StatusError is ours to have caught, and says so. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): StatusError {
  const known =
    error instanceof StatusError
      ? error
      : new StatusError('InternalError', `Internal error occurred: ${(error as Error)?.message ?? String(error)}`, { cause: error });
  if (known.code === 429) response.setHeader('Retry-After', '1');
  sendObject(request, response, known.code, known.toStatus());
  return known;
}
