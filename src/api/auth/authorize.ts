import { StatusError } from '../../meta/status-error.ts';
import type { RequestInfo, User } from '../request.ts';

const open = ['/healthz', '/livez', '/readyz', '/version'];

/** For plain paths the verb is the method's name. */
const methods: Readonly<Record<string, string>> = { create: 'post', update: 'put' };

/** Administrators may do everything, all others read health and version. Fails with Forbidden, as upstream words it. */
export function authorize(user: User, info: RequestInfo): void {
  if (user.groups.includes('system:masters')) return;
  if (!info.isResource) {
    if (info.verb === 'get' && open.some((it) => info.path === it || info.path.startsWith(`${it}/`))) return;
    const verb = methods[info.verb] ?? info.verb;
    throw new StatusError('Forbidden', `forbidden: User "${user.name}" cannot ${verb} path "${info.path}"`, { details: {} });
  }
  const what = info.subresource ? `${info.plural}/${info.subresource.split('/')[0]}` : info.plural;
  const resource = info.group ? `${info.plural}.${info.group}` : info.plural;
  // A namespace counts as being in itself.
  const namespace = info.namespace ?? (info.group === '' && info.plural === 'namespaces' ? info.name : undefined);
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  const named = info.name ? ` "${info.name}"` : '';
  throw new StatusError(
    'Forbidden',
    `${resource}${named} is forbidden: User "${user.name}" cannot ${info.verb} resource "${what}" in API group "${info.group}"${where}`,
    { details: { ...(info.name && { name: info.name }), ...(info.group && { group: info.group }), kind: info.plural } },
  );
}
