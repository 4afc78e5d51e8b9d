import https from 'node:https';

import type { Credentials } from '../fixtures/cluster/kubeconfig.ts';
export type Call = { method: string; path: string; body?: string };

/** Requests over at most `clients` connections that stay open; fails when one is answered with an error. */
export function createCaller(url: string, credentials: Credentials, clients: number) {
  const agent = new https.Agent({ ...credentials, keepAlive: true, maxSockets: clients });
  const call = ({ method, path, body }: Call): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const request = https.request(url + path, { method, agent, headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if ((response.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  return { call, close: () => agent.destroy() };
}

/** Does `count` pieces of work, `atOnce` at a time. Resolves with the milliseconds each took, and the whole span. */
export async function drive(
  count: number,
  atOnce: number,
  work: (n: number) => Promise<unknown>,
): Promise<{ each: number[]; span: number }> {
  const each: number[] = [];
  let next = 0;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const start = performance.now();
      await work(n);
      each.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { each, span: performance.now() - began };
}

export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
