import type { IncomingMessage, ServerResponse } from 'node:http';
import { notServed } from './handler.ts';
import { sendBytes } from './http.ts';
import type { RequestInfo } from './request.ts';

/** A part's word on its health: undefined when it is well, else what ails it. */
export type HealthCheck = { name: string; check: () => string | undefined };

/** That this can be answered at all is the first check; it alone says whether the process is worth keeping. */
const ping: HealthCheck = { name: 'ping', check: () => undefined };

/**
 * Answers a path of health; false when it was none. /healthz and /livez say that the process lives, /readyz that all of
 * its parts do; each check has a path of its own.
 */
export function serveHealth(
  checks: readonly HealthCheck[],
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
): boolean {
  const [path = '', name, ...more] = info.path.split('/').filter((it) => it !== '');
  if (!['healthz', 'livez', 'readyz'].includes(path)) return false;
  request.resume();
  if ((request.method !== 'GET' && request.method !== 'HEAD') || more.length > 0) throw notServed();
  const all = path === 'readyz' ? [ping, ...checks] : [ping];
  const excluded = info.query.getAll('exclude');
  const asked = name ? [ping, ...checks].filter((it) => it.name === name) : all.filter((it) => !excluded.includes(it.name));
  if (name && asked.length === 0) throw notServed();
  const results = asked.map((it) => ({ name: it.name, fault: it.check() }));
  const bad = results.some((it) => it.fault !== undefined);
  const lines = results.map((it) => (it.fault === undefined ? `[+]${it.name} ok` : `[-]${it.name} failed: ${it.fault}`));
  const verbose = bad || info.query.has('verbose');
  const text = verbose ? `${lines.join('\n')}\n${path} check ${bad ? 'failed' : 'passed'}\n` : 'ok';
  sendBytes(request, response, bad ? 500 : 200, Buffer.from(text), 'text/plain; charset=utf-8');
  return true;
}
