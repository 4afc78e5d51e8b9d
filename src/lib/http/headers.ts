import type { IncomingMessage } from 'node:http';

export type Headers = Record<string, string[]>;

/** Headers that speak of one connection alone (RFC 9110, 7.6.1); `Expect` has been answered already. */
const ofOneConnection = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'],
];

/** What `Connection` names besides. */
const namedByConnection = (values: readonly string[] | undefined): string[] =>
  (values ?? []).flatMap((it) => it.split(',')).map((it) => it.trim().toLowerCase());

/** A request's headers as they may go on to somebody else; names are in lower case, several of a name stay several. */
export function headersToPassOn(request: { rawHeaders: readonly string[] }): Headers {
  const given: Headers = {};
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    given[name] = [...(given[name] ?? []), request.rawHeaders[i + 1] as string];
  }
  const dropped = new Set([...ofOneConnection, ...namedByConnection(given.connection)]);
  // What begins with a colon is HTTP/2's way to say method, path and host.
  return Object.fromEntries(Object.entries(given).filter(([name]) => !dropped.has(name) && !name.startsWith(':')));
}

/** An answer's headers in the order and spelling they came in, as writeHead takes them. */
export function answerHeaders(answer: IncomingMessage, without: readonly string[] = []): string[] {
  const dropped = new Set([...ofOneConnection, ...namedByConnection(answer.headersDistinct.connection), ...without]);
  const kept: string[] = [];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    const [name, value] = [answer.rawHeaders[i] as string, answer.rawHeaders[i + 1] as string];
    if (!dropped.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** Adds who asked to those who asked before (X-Forwarded-For). */
export function addForwardedFor(headers: Headers, address: string | undefined): void {
  if (!address) return;
  const plain = address.replace(/^::ffff:/, '');
  headers['x-forwarded-for'] = [[...(headers['x-forwarded-for'] ?? []), plain].join(', ')];
}
