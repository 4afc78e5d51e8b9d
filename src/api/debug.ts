import type { IncomingMessage, ServerResponse } from 'node:http';
import { notAllowed, notServed } from './handler.ts';
import { sendBytes } from './http.ts';
import type { RequestInfo } from './request.ts';

/** The inside of a part as text: /debug/<name>, and whatever the part knows below it; undefined for what it does not. */
export type DebugPage = { name: string; text: (rest: readonly string[]) => string | undefined };

/** Answers /debug and all below it; false for other paths. */
export function serveDebug(pages: readonly DebugPage[], request: IncomingMessage, response: ServerResponse, info: RequestInfo): boolean {
  const [root, name, ...rest] = info.path.split('/').filter((it) => it !== '');
  if (root !== 'debug') return false;
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') throw notAllowed();
  const list = (): string => pages.map((it) => `/debug/${it.name}`).join('\n');
  const text = name === undefined ? list() : pages.find((it) => it.name === name)?.text(rest.map(decodeURIComponent));
  if (text === undefined) throw notServed();
  sendBytes(request, response, 200, Buffer.from(`${text}\n`), 'text/plain; charset=utf-8');
  return true;
}
