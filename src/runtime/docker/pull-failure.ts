import { PullFailed } from '../runtime.ts';

// The engine tells kinds of failure apart by its words alone; asked in this order.
const kinds: ReadonlyArray<readonly [PullFailed['kind'], RegExp]> = [
  ['denied', /unauthorized|access denied|access forbidden|no basic auth|authentication required|incorrect username or password/i],
  [
    'not-found',
    /manifest unknown|manifest for .* not found|name unknown|repository .* not found|not found: |: not found|no such (image|manifest)/i,
  ],
  ['invalid-name', /invalid reference|invalid repository|invalid tag/i],
  // Of engines that check signatures; Docker's own does not.
  ['signature', /signature (verification|validation) failed|signature was required|source image rejected/i],
  ['unavailable', /bad gateway|service unavailable|gateway timeout/i],
  [
    'unreachable',
    /connection refused|connection reset|no such host|no route to host|network is unreachable|i\/o timeout|timeout exceeded|timed out|dial (tcp|udp)|unexpected EOF|: EOF|tls: |x509: |server misbehaving|temporary failure|proxyconnect|toomanyrequests|too many requests/i,
  ],
];

/** Why a pull failed, from what the engine said of it. */
export function pullFailure(text: string, cause: unknown): PullFailed {
  const kind = kinds.find(([, words]) => words.test(text))?.[0] ?? 'other';
  return new PullFailed(kind, text, { cause });
}
