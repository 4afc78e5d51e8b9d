import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { createDeflateRaw, createGunzip, createGzip, createInflateRaw } from 'node:zlib';
import { forward, type Target, Unreachable } from '../../lib/http/forward.ts';
import { addForwardedFor, answerHeaders, type Headers, headersToPassOn } from '../../lib/http/headers.ts';
import { forwardUpgrade } from '../../lib/http/upgrade.ts';
import { badRequest, StatusError } from '../../meta/status-error.ts';
import type { ApiContext } from '../context.ts';
import type { NodeLookup } from '../measured.ts';
import type { RequestInfo } from '../request.ts';
import { refuseUpgrade } from '../streaming/refuse.ts';
import { LinkRewriter, rewriteLink, type Source } from './links.ts';
import { locate, type Place } from './locate.ts';
import { proxyPathOf, type TargetName, targetNameOf } from './target-name.ts';

/** Requests to what runs in the cluster, through the API server: …/pods/x/proxy, …/services/x/proxy, …/nodes/x/proxy. */
export type DialIn = {
  isMeant(info: RequestInfo): boolean;
  /** Sends the request on and the answer back. What fails before is thrown, as a StatusError. */
  serve(request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void>;
  /** The same for a connection whose client asks for another protocol. Never fails. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, info: RequestInfo): void;
  close(): void;
};

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** What a browser may do with an answer is this server's to say (corsRemovingTransport). */
const corsHeaders = ['allow-credentials', 'allow-headers', 'allow-methods', 'allow-origin'].map((it) => `access-control-${it}`);

export function createDialIn(api: ApiContext, connectNode: NodeLookup): DialIn {
  const sockets = new Set<Socket>();
  return {
    isMeant: ({ isResource, group, version, plural, subresource }) =>
      isResource &&
      group === '' &&
      version === 'v1' &&
      ['pods', 'services', 'nodes'].includes(plural) &&
      /^proxy(\/|$)/.test(subresource ?? ''),

    async serve(request, response, info) {
      if (!methods.includes(request.method ?? '')) {
        request.resume();
        throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
      }
      const { query, before, after, target } = askedIn(request, info);
      const located = await locate(api, { plural: info.plural, namespace: info.namespace, target });
      if (after === '' && (request.method === 'GET' || request.method === 'HEAD')) {
        // Relative links of a page work only below a path that ends with a slash.
        request.resume();
        response.writeHead(301, { Location: `${before}/${query}`, 'Content-Length': 0 });
        response.end();
        return;
      }
      const path = `${after || '/'}${query}`;
      if ('agentOf' in located) {
        const agent = connectNode(located.agentOf);
        if (!agent?.serve) throw unreachable(`no agent of node ${JSON.stringify(located.agentOf)} answers`);
        return agent.serve(request, response, path);
      }
      const asked = request.headers.host ?? '';
      const source: Source = { prefix: before, host: hostText(located.place, target), asked };
      const headers = onwardHeaders(request);
      addForwardedFor(headers, request.socket.remoteAddress);
      headers['x-forwarded-uri'] = [decoded(`${before}${after}`)];
      try {
        const options = { method: request.method ?? 'GET', headers, rewrite: (answer: IncomingMessage) => rewritten(answer, source) };
        await forward(request, response, targetOf(located.place, target, path), options);
      } catch (error) {
        if (error instanceof Unreachable) throw unreachable(`error trying to reach service: ${dialText(error, located.place)}`, error);
        throw error;
      }
    },

    upgrade(request, socket, head, info) {
      socket.on('error', () => socket.destroy());
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      void (async () => {
        const { query, after, target } = askedIn(request, info);
        const located = await locate(api, { plural: info.plural, namespace: info.namespace, target });
        if ('agentOf' in located) throw badRequest('the agent of a node is asked in plain HTTP');
        const headers = onwardHeaders(request);
        addForwardedFor(headers, socket.remoteAddress);
        const to = targetOf(located.place, target, `${after || '/'}${query}`);
        try {
          await forwardUpgrade({ request, socket, head }, to, headers, refuseHalfAnswers);
        } catch (error) {
          if (error instanceof Unreachable) throw new Error(`error dialing backend: ${dialText(error, located.place)}`, { cause: error });
          throw error;
        }
      })().catch((error: unknown) => void refuseUpgrade(socket, error));
    },

    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const unreachable = (message: string, cause?: unknown): StatusError => new StatusError('ServiceUnavailable', message, { cause });

/** Who would go over must do so, or say why not. */
function refuseHalfAnswers({ statusCode = 0 }: IncomingMessage): void {
  if (statusCode < 400) throw new Error(`invalid upgrade response: status code ${statusCode}`);
}

function askedIn(request: IncomingMessage, info: RequestInfo): { query: string; before: string; after: string; target: TargetName } {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = proxyPathOf(info.path);
  const target = targetNameOf(info.name ?? '');
  if (!path || !target) throw badRequest(`invalid ${info.plural.slice(0, -1)} request ${JSON.stringify(info.name ?? '')}`);
  return { ...path, target, query: mark < 0 ? '' : url.slice(mark) };
}

/** Who the client is to this server is none of the backend's business. */
function onwardHeaders(request: IncomingMessage): Headers {
  const kept = Object.entries(headersToPassOn(request)).filter(
    ([name]) => name !== 'authorization' && !/^(impersonate|x-remote)-/.test(name),
  );
  return Object.fromEntries(kept);
}

const targetOf = ({ host, port }: Place, { protocol }: TargetName, path: string): Target => ({ protocol, host, port, path });
const authority = ({ host, port }: Place): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
const hostText = (place: Place, { protocol }: TargetName): string =>
  place.port === (protocol === 'https:' ? 443 : 80) ? authority(place).replace(/:\d+$/, '') : authority(place);

/** In the words of upstream's network library, which people search for. */
function dialText(error: Unreachable, place: Place): string {
  const words: Readonly<Record<string, string>> = {
    ...{
      ECONNREFUSED: 'connect: connection refused',
      EHOSTUNREACH: 'connect: no route to host',
      ENETUNREACH: 'connect: network is unreachable',
    },
    ETIMEDOUT: 'i/o timeout',
  };
  const known = error.code === undefined ? undefined : words[error.code];
  return known ? `dial tcp ${authority(place)}: ${known}` : error.message;
}

function decoded(path: string): string {
  try {
    const text = decodeURI(path);
    // A header takes bytes that are letters.
    return /^[\x20-\x7e]*$/.test(text) ? text : path;
  } catch {
    return path;
  }
}

/** Links and redirects lead back through here (upstream: util/proxy, Transport). */
function rewritten(answer: IncomingMessage, source: Source): { headers: string[]; through?: Transform[] } {
  const location = answer.headers.location;
  if (location !== undefined) {
    const headers = answerHeaders(answer, [...corsHeaders, 'location']);
    return { headers: [...headers, 'Location', rewriteLink(location, source)] };
  }
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim();
  const coding = codings[answer.headers['content-encoding'] ?? ''];
  if (type !== 'text/html' || !coding) return { headers: answerHeaders(answer, corsHeaders) };
  const headers = answerHeaders(answer, [...corsHeaders, 'content-length']);
  return { headers, through: [...coding.open(), new LinkRewriter(source), ...coding.close()] };
}

/** How pages are packed; those in any other way are passed on as they are. */
const codings: Readonly<Record<string, { open: () => Transform[]; close: () => Transform[] }>> = {
  '': { open: () => [], close: () => [] },
  gzip: { open: () => [createGunzip()], close: () => [createGzip()] },
  deflate: { open: () => [createInflateRaw()], close: () => [createDeflateRaw()] },
};
