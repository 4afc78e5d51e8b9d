import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dialFault } from './dial-fault.ts';
import type { Outcome, Target } from './outcome.ts';

export type HttpProbe = Target & {
  scheme: 'HTTP' | 'HTTPS';
  path: string;
  headers: ReadonlyArray<{ name: string; value?: string }>;
};

const bodyLimit = 10 * 1024;
const redirectLimit = 10;

type Answer = { status: number; location: string | undefined; body: string };

/**
 * GETs the path; 200 to 399 is success. Redirects are followed on the same host alone: one that leads elsewhere ends
 * the probe with success and a warning (kubernetes, pkg/probe/http). Certificates are not checked.
 */
export async function probeHttp(probe: HttpProbe): Promise<Outcome> {
  const scheme = probe.scheme.toLowerCase();
  const host = probe.address.includes(':') ? `[${probe.address}]` : probe.address;
  const first = new URL(`${scheme}://${host}:${probe.port}${probe.path.startsWith('/') ? '' : '/'}${probe.path}`);
  const shown = `${scheme}://${host}:${probe.port}${probe.path.startsWith('/') ? '' : '/'}${probe.path}`;
  const deadline = Date.now() + probe.timeoutMs;
  let url = first;
  for (let hops = 0; ; hops++) {
    let answer: Answer;
    try {
      answer = await get(url, probe, deadline);
    } catch (error) {
      return {
        result: 'failure',
        output: `Get ${JSON.stringify(hops === 0 ? shown : url.href)}: ${fault(error as NodeJS.ErrnoException, url)}`,
      };
    }
    const next = answer.status >= 300 && answer.status < 400 && answer.location !== undefined ? target(answer.location, url) : undefined;
    if (next && next.hostname !== first.hostname) {
      return { result: 'success', warning: true, output: `Probe terminated redirects, Response body: ${answer.body}` };
    }
    if (next && hops >= redirectLimit)
      return { result: 'failure', output: `Get ${JSON.stringify(next.href)}: stopped after ${redirectLimit} redirects` };
    if (next) {
      url = next;
      continue;
    }
    if (answer.status >= 200 && answer.status < 400) return { result: 'success', output: answer.body };
    return { result: 'failure', output: `HTTP probe failed with statuscode: ${answer.status}` };
  }
}

function target(location: string, from: URL): URL | undefined {
  try {
    return new URL(location, from);
  } catch {
    // A location that is none is not followed; its status decides.
    return undefined;
  }
}

function fault(error: NodeJS.ErrnoException, url: URL): string {
  if (error.message === 'timeout') return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (error.message === 'socket hang up') return 'EOF';
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return dialFault(error, url.hostname, port);
}

function get(url: URL, probe: HttpProbe, deadline: number): Promise<Answer> {
  const timeoutMs = Math.max(1, deadline - Date.now());
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method: 'GET', headers: headersOf(probe, url), agent: false, rejectUnauthorized: false });
    const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.once('response', (response) => {
      readStart(response, (body) => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
        request.destroy();
      });
    });
    request.end();
  });
}

function headersOf({ headers }: HttpProbe, url: URL): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*', Connection: 'close', Host: url.host };
  for (const { name, value = '' } of headers) {
    const known = Object.keys(all).find((it) => it.toLowerCase() === name.toLowerCase());
    if (known) delete all[known];
    // An empty value takes a default header away, as upstream.
    if (value === '' && (known === 'Accept' || known === 'User-Agent')) continue;
    const before = known && !['User-Agent', 'Accept', 'Connection', 'Host'].includes(known) ? all[known] : undefined;
    all[name] = before === undefined ? value : [before].flat().concat(value);
  }
  return all;
}

function readStart(response: IncomingMessage, done: (body: string) => void): void {
  let body = '';
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    done(body);
  };
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    body = (body + chunk).slice(0, bodyLimit);
    if (body.length >= bodyLimit) finish();
  });
  response.once('end', finish);
  response.once('close', finish);
  response.once('error', finish);
}
