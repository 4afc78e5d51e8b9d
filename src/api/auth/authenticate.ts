import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../meta/status-error.ts';
import type { User } from '../request.ts';
import { type AccountTokens, TokenRefused } from './tokens/account-tokens.ts';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

// Hangs on the connection, since reading a certificate costs more than a small request and cannot change while it lasts.
const userOf = Symbol('user');
type Connection = Partial<TLSSocket> & { [userOf]?: User | undefined };

/**
 * Who asks: by client certificate (CN is the name, O the groups), else by bearer token, else nobody in particular. A
 * token that is nobody's is refused with 401. Other kinds of credentials count as none, as upstream. Without a token the
 * answer is there at once.
 */
export function authenticate(request: IncomingMessage, tokens: Pick<AccountTokens, 'check'>): User | Promise<User> {
  const connection = request.socket as Connection;
  if (!(userOf in connection)) connection[userOf] = certified(connection);
  const user = connection[userOf];
  if (user) return user;
  const token = /^bearer\s+(\S*)/i.exec(request.headers.authorization ?? '')?.[1];
  return token === undefined ? anonymous : bearer(token, tokens);
}

async function bearer(token: string, tokens: Pick<AccountTokens, 'check'>): Promise<User> {
  try {
    const found = await tokens.check(token);
    if (found) return found.user;
  } catch (cause) {
    // Whoever comes with a bad token does not learn what is bad about it.
    if (cause instanceof TokenRefused) throw new StatusError('Unauthorized', 'Unauthorized', { cause });
    throw cause;
  }
  throw new StatusError('Unauthorized', 'Unauthorized');
}

function certified(connection: Connection): User | undefined {
  if (!connection.authorized) return undefined;
  const subject = connection.getPeerCertificate?.()?.subject;
  // Fields that stand more than once come as lists.
  const [name] = [subject?.CN ?? []].flat();
  if (!name) return undefined;
  return { name, groups: [...new Set([subject?.O ?? []].flat()), 'system:authenticated'] };
}
