import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../meta/status-error.ts';
import type { RequestInfo, User } from '../request.ts';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Who asks: by client certificate (CN is the name, O the groups), else nobody in particular. A bearer token that is none of ours is 401. */
export function authenticate(request: IncomingMessage): User {
  const socket = request.socket as TLSSocket;
  if (socket.authorized) {
    const { subject } = socket.getPeerCertificate();
    if (subject?.CN) {
      const groups = subject.O === undefined ? [] : [subject.O].flat();
      return { name: [subject.CN].flat()[0] ?? '', groups: [...groups, 'system:authenticated'] };
    }
  }
  if (request.headers.authorization) throw new StatusError('Unauthorized', 'Unauthorized');
  return anonymous;
}

const open = ['/healthz', '/livez', '/readyz', '/version'];

/** Administrators may do everything, all others read health and version. Fails with Forbidden, as upstream words it. */
export function authorize(user: User, info: RequestInfo): void {
  if (user.groups.includes('system:masters')) return;
  if (!info.isResource) {
    if (info.verb === 'get' && open.some((it) => info.path === it || info.path.startsWith(`${it}/`))) return;
    throw new StatusError('Forbidden', `forbidden: User "${user.name}" cannot ${info.verb} path "${info.path}"`, { details: {} });
  }
  const what = info.subresource ? `${info.plural}/${info.subresource}` : info.plural;
  const resource = info.group ? `${info.plural}.${info.group}` : info.plural;
  const where = info.namespace ? ` in the namespace "${info.namespace}"` : ' at the cluster scope';
  const named = info.name ? ` "${info.name}"` : '';
  throw new StatusError(
    'Forbidden',
    `${resource}${named} is forbidden: User "${user.name}" cannot ${info.verb} resource "${what}" in API group "${info.group}"${where}`,
    {
      details: { ...(info.name && { name: info.name }), ...(info.group && { group: info.group }), kind: info.plural },
    },
  );
}
