import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { AnyKind } from '../kinds/index.ts';
import { type Reason, StatusError } from '../meta/status-error.ts';
import type { KubeObject, Status } from '../meta/types.ts';
import type { List, ObjectKey, Transport, WatchEvent } from './transport.ts';

/** Where an API server is and who asks: PEM texts of the cluster's CA and of a client certificate, or a bearer token. */
export type HttpsConfig = {
  server: string;
  certificateAuthority: string;
  clientCertificate?: string;
  clientKey?: string;
  token?: string;
  userAgent?: string;
};

type Query = Record<string, string | number | boolean | undefined>;
type Call = { method: string; path: string; query?: Query; body?: unknown; contentType?: string; signal?: AbortSignal };

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
} as const;

/** `/apis/apps/v1/namespaces/default/deployments/web/status`, each part escaped. */
export function pathOf(kind: AnyKind, namespace: string | undefined, ...rest: string[]): string {
  const parts = [
    ...(kind.group ? ['apis', kind.group] : ['api']),
    kind.version,
    ...(kind.namespaced && namespace ? ['namespaces', namespace] : []),
    kind.plural,
    ...rest,
  ];
  return parts.map((it) => `/${encodeURIComponent(it)}`).join('');
}

/** Requests over HTTPS, for the CLI and for nodes elsewhere. Connections are kept and shared; `close` ends idle ones. */
export function createHttpsTransport(config: HttpsConfig): Transport & { close(): void } {
  const agent = new https.Agent({
    keepAlive: true,
    ca: config.certificateAuthority,
    ...(config.clientCertificate && { cert: config.clientCertificate }),
    ...(config.clientKey && { key: config.clientKey }),
  });

  function open({ method, path, query, body, contentType = 'application/json', signal }: Call): Promise<IncomingMessage> {
    const url = new URL(config.server.replace(/\/$/, '') + path);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    }
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      'user-agent': config.userAgent ?? 'peapod',
      ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
      ...(config.token && { authorization: `Bearer ${config.token}` }),
    };
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method, agent, headers, ...(signal && { signal }) }, resolve);
      request.on('error', (cause) =>
        reject(new StatusError('ServiceUnavailable', `${method} ${url.origin}${path}: ${cause.message}`, { cause })),
      );
      request.end(text);
    });
  }

  async function ask<T = KubeObject>(call: Call): Promise<T> {
    const response = await open(call);
    const text = await textOf(response);
    if ((response.statusCode ?? 500) >= 300) throw errorOf(response, text);
    return JSON.parse(text) as T;
  }

  async function* watch(call: Call): AsyncGenerator<WatchEvent> {
    const response = await open(call);
    if ((response.statusCode ?? 500) >= 300) throw errorOf(response, await textOf(response));
    const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
    // A cut connection shows on the response, which the line reader does not tell about.
    let failure: Error | undefined;
    response.on('error', (error) => {
      failure = error;
      lines.close();
    });
    try {
      for await (const line of lines) {
        if (line === '') continue;
        const event = JSON.parse(line) as WatchEvent | { type: 'ERROR'; object: Status };
        if (event.type === 'ERROR') throw statusError(event.object, 500);
        yield event;
      }
      if (failure && !call.signal?.aborted)
        throw new StatusError('ServiceUnavailable', `the watch broke: ${failure.message}`, { cause: failure });
    } finally {
      response.destroy();
    }
  }

  const at = (kind: AnyKind, key: ObjectKey, ...rest: string[]): string => pathOf(kind, key.namespace, key.name, ...rest);
  const written = (options: { dryRun?: boolean; fieldManager?: string; fieldValidation?: string } = {}): Query => ({
    ...(options.dryRun && { dryRun: 'All' }),
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
  });

  return {
    get: (kind, key) => ask({ method: 'GET', path: at(kind, key) }),

    async list(kind, { namespace, ...query }) {
      const list = await ask<{ metadata: Omit<List, 'items'>; items: KubeObject[] | null }>({
        method: 'GET',
        path: pathOf(kind, namespace),
        query,
      });
      const { resourceVersion, remainingItemCount } = list.metadata;
      // Items of a list carry no apiVersion and kind of their own.
      const items = (list.items ?? []).map((it) => ({ ...it, apiVersion: kind.apiVersion, kind: kind.kind }));
      return {
        items,
        resourceVersion,
        ...(list.metadata.continue && { continue: list.metadata.continue }),
        ...(remainingItemCount !== undefined && { remainingItemCount }),
      };
    },

    async *watch(kind, { namespace, ...query }, signal) {
      try {
        yield* watch({ method: 'GET', path: pathOf(kind, namespace), query: { ...query, watch: true }, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },

    create: (kind, object, { namespace, ...options } = {}) =>
      ask({ method: 'POST', path: pathOf(kind, namespace), query: written(options), body: object }),

    update: (kind, object, { subresource, ...options } = {}) =>
      ask({
        method: 'PUT',
        path: at(kind, object.metadata, ...(subresource ? [subresource] : [])),
        query: written(options),
        body: object,
      }),

    patch: (kind, key, { type, body }, { subresource, force, ...options } = {}) =>
      ask({
        method: 'PATCH',
        path: at(kind, key, ...(subresource ? [subresource] : [])),
        query: { ...written(options), ...(force && { force }) },
        body,
        contentType: patchTypes[type],
      }),

    async delete(kind, key, { dryRun, ...options } = {}) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options, ...(dryRun && { dryRun: ['All'] }) };
      const answer = await ask<KubeObject & Status>({ method: 'DELETE', path: at(kind, key), body });
      if (answer.kind !== 'Status') return answer;
      // What went at once is told as a Status: who it was is all that is known.
      const metadata = { ...key, uid: answer.details?.uid ?? '', resourceVersion: '', creationTimestamp: '' };
      return { apiVersion: kind.apiVersion, kind: kind.kind, metadata };
    },

    post: (kind, key, subresource, body) => ask({ method: 'POST', path: at(kind, key, subresource), body }),

    close: () => agent.destroy(),
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function errorOf(response: IncomingMessage, text: string): StatusError {
  const code = response.statusCode ?? 500;
  try {
    const status = JSON.parse(text) as Status & { kind?: string };
    if (status.kind === 'Status') return statusError(status, code);
  } catch {
    // Not from an API server, or from in front of it: the text is all there is.
  }
  return statusError({ message: text.trim() || `the server answered ${code}` }, code);
}

const byCode: Record<number, Reason> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};

function statusError(status: Status, httpCode: number): StatusError {
  const code = status.code ?? httpCode;
  const reason = (status.reason as Reason | undefined) || byCode[code] || 'InternalError';
  return new StatusError(reason, status.message ?? `the server answered ${code}`, {
    code,
    ...(status.details && { details: status.details }),
  });
}
