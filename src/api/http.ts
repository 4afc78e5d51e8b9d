import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { writeYaml } from '../meta/read/yaml.ts';
import { badRequest, StatusError } from '../meta/status-error.ts';
import { negotiate } from './negotiate.ts';
import { isTrue } from './request.ts';

/** Bytes a request body may have, as upstream limits it. */
export const largestBody = 3 * 1024 * 1024;
/** Answers above this are compressed for who can take it. */
const worthZipping = 128 * 1024;

const tooLarge = (): StatusError => new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${largestBody}`);

/** The whole body. Fails with RequestEntityTooLarge beyond the limit, and with BadRequest when the client goes away. */
export function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > largestBody) return reject(tooLarge());
    const encoding = request.headers['content-encoding'];
    if (encoding && encoding !== 'identity')
      return reject(new StatusError('UnsupportedMediaType', `a body of content encoding ${JSON.stringify(encoding)} is not accepted`));
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= largestBody) parts.push(part);
      else reject(tooLarge());
    });
    request.on('end', () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
    request.on('error', (cause) => reject(badRequest(`the body could not be read: ${cause.message}`, cause)));
    request.on('close', () => {
      if (!request.complete) reject(badRequest('the client went away before the body was complete'));
    });
  });
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** By parameter, or for who reads with their own eyes. */
function wantsPretty(request: IncomingMessage): boolean {
  const url = request.url ?? '';
  if (url.includes('pretty')) {
    const given = new URLSearchParams(url.slice(url.indexOf('?'))).get('pretty');
    if (given !== null) return isTrue(given);
  }
  return /^(curl|Wget|Mozilla\/5)/.test(request.headers['user-agent'] ?? '');
}

const indented = (bytes: Buffer): Buffer => Buffer.from(`${JSON.stringify(JSON.parse(bytes.toString()), null, 2)}\n`);

/** Answers with bytes, compressed when they are many and the client can take it. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  type = 'application/json',
): void {
  if (response.headersSent || response.destroyed) return;
  const content = type === 'application/json' && wantsPretty(request) ? indented(bytes) : bytes;
  const headers: Record<string, string | number> = { 'Content-Type': type, 'Cache-Control': 'no-cache, private' };
  // An answer before the body has come ends the connection: nobody wants to read the rest.
  if (!request.complete && hasBody(request)) headers.Connection = 'close';
  if (content.length <= worthZipping || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    response.writeHead(code, { ...headers, 'Content-Length': content.length });
    response.end(request.method === 'HEAD' ? undefined : content);
    return;
  }
  gzip(content, { level: 1 }, (error, small) => {
    if (error || response.destroyed || response.headersSent) return void response.destroy();
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
  const json = JSON.stringify(object);
  if (type === 'yaml') sendBytes(request, response, code, Buffer.from(writeYaml(JSON.parse(json))), 'application/yaml');
  else sendBytes(request, response, code, Buffer.from(json));
}

/** What kind of error it was, as clients are told it; what is no StatusError is our fault, or that of express's parsers. */
export function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const { status, message } = (error ?? {}) as { status?: unknown; message?: string };
  if (typeof status === 'number' && status >= 400 && status < 500) return badRequest(message ?? 'the request cannot be read', error);
  return new StatusError('InternalError', `Internal error occurred: ${message ?? String(error)}`, { cause: error });
}

/** An error as the Status clients expect. When the answer has begun already, the connection is cut: half an answer must not look whole. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): StatusError {
  const known = statusOf(error);
  if (response.headersSent) {
    response.destroy();
    return known;
  }
  const wait = known.details?.retryAfterSeconds ?? (known.code === 429 ? 1 : undefined);
  if (wait !== undefined) response.setHeader('Retry-After', String(wait));
  sendObject(request, response, known.code, known.toStatus(), wantsYaml(request) ? 'yaml' : 'json');
  return known;
}

function wantsYaml(request: IncomingMessage): boolean {
  try {
    return negotiate(request.headers.accept).type === 'yaml';
  } catch {
    return false;
  }
}

/** Warnings as clients print them (RFC 7234, code 299): one header each, in place of earlier ones. */
export function sendWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  // A header takes bytes: UTF-8 goes through as such, control characters do not.
  const headers = warnings.slice(0, 50).map((it) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be sent.
    const text = JSON.stringify(it.slice(0, 1024)).replace(/[\x00-\x1f\x7f]/g, ' ');
    return `299 - ${Buffer.from(text).toString('latin1')}`;
  });
  response.setHeader('Warning', headers);
}
