import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../meta/status-error.ts';
import type { User } from '../request.ts';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

// Hangs on the connection, since reading a certificate costs more than a small request and cannot change while it lasts.
const userOf = Symbol('user');
type Connection = Partial<TLSSocket> & { [userOf]?: User | undefined };

/**
 * Who asks: by client certificate (CN is the name, O the groups), else nobody in particular.
 * A bearer token is none of ours: 401. Other kinds of credentials count as none, as upstream.
 */
export function authenticate(request: IncomingMessage): User {
  const connection = request.socket as Connection;
  if (!(userOf in connection)) connection[userOf] = certified(connection);
  const user = connection[userOf];
  if (user) return user;
  if (/^bearer\s/i.test(request.headers.authorization ?? '')) throw new StatusError('Unauthorized', 'Unauthorized');
  return anonymous;
}

function certified(connection: Connection): User | undefined {
  if (!connection.authorized) return undefined;
  const subject = connection.getPeerCertificate?.()?.subject;
  // Fields that stand more than once come as lists.
  const [name] = [subject?.CN ?? []].flat();
  if (!name) return undefined;
  return { name, groups: [...new Set([subject?.O ?? []].flat()), 'system:authenticated'] };
}
