import https from 'node:https';
import { type Client, createClient, createHttpsTransport } from '../client/index.ts';
import { CommandError, messageOf } from './command.ts';
import type { Access } from './kubeconfig/entries.ts';

/** A running cluster, as its administrator sees it. */
export type Server = {
  client: Client;
  /** GET of a path that is no object: /readyz, /version. Fails with a CommandError when nobody answers. */
  get(path: string): Promise<{ code: number; text: string }>;
  close(): void;
};

export function openServer({ url, credentials }: Access): Server {
  const transport = createHttpsTransport({
    server: url,
    certificateAuthority: credentials.caCertificate,
    clientCertificate: credentials.certificate,
    clientKey: credentials.key,
    userAgent: 'peapod-cli',
  });
  const tls = { ca: credentials.caCertificate, cert: credentials.certificate, key: credentials.key };
  return {
    client: createClient(transport),
    get: (path) => get(new URL(path, url), tls),
    close: () => transport.close(),
  };
}

/** Longer than any of these answers takes. */
const patience = 5_000;

function get(url: URL, tls: { ca: string; cert: string; key: string }): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new CommandError(`the API server at ${url.origin} does not answer: ${messageOf(error)}`, { cause: error }));
    const request = https.get(url, { ...tls, agent: false, timeout: patience }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${patience / 1000} seconds`)));
    request.on('error', fail);
  });
}
