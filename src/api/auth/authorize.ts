import { StatusError } from '../../meta/status-error.ts';
import type { RequestInfo, User } from '../request.ts';

/** What somebody wants to do: to a resource, or to a plain path with a method's name as verb. */
export type Attempt =
  | { verb: string; path: string }
  | { verb: string; group: string; plural: string; subresource?: string; namespace?: string; name?: string };

const open = ['/healthz', '/livez', '/readyz', '/version'];
/** Everybody who is known may read what the server serves (upstream's role system:discovery). */
const discovery = ['/api', '/apis', '/openapi'];
/** Everybody who is known may ask what they may do and who they are. */
const aboutOneself = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'];

/** Service accounts may also read what tokens are checked by (upstream's role system:service-account-issuer-discovery). */
const tokenKeys = ['/.well-known/openid-configuration', '/openid/v1/jwks'];
const reads = ['get', 'list', 'watch'];
/** Reading these is more than looking. */
const beyondReading = ['secrets', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'];

/**
 * Administrators may do everything, all others read health and version, those who are known also what is served.
 * There are no roles to bind yet: until then a service account reads all that is no secret, and one of kube-system, where
 * only administrators put any, does everything.
 */
export function isAllowed(user: User, attempt: Attempt): boolean {
  if (user.groups.includes('system:masters') || user.groups.includes('system:serviceaccounts:kube-system')) return true;
  const isAccount = user.groups.includes('system:serviceaccounts');
  if ('path' in attempt) {
    const paths = [...open, ...(user.groups.includes('system:authenticated') ? discovery : []), ...(isAccount ? tokenKeys : [])];
    return attempt.verb === 'get' && paths.some((it) => attempt.path === it || attempt.path.startsWith(`${it}/`));
  }
  const { plural, subresource, verb } = attempt;
  if (isAccount && reads.includes(verb)) return !beyondReading.includes(subresource ? `${plural}/${subresource}` : plural);
  return verb === 'create' && aboutOneself.includes(plural) && user.groups.includes('system:authenticated');
}

/** For plain paths the verb is the method's name. */
const methods: Readonly<Record<string, string>> = { create: 'post', update: 'put' };

function attemptOf(info: RequestInfo): Attempt {
  if (!info.isResource) return { verb: methods[info.verb] ?? info.verb, path: info.path };
  // A namespace counts as being in itself.
  const namespace = info.namespace ?? (info.group === '' && info.plural === 'namespaces' ? info.name : undefined);
  return {
    ...{ verb: info.verb, group: info.group, plural: info.plural },
    ...(info.subresource !== undefined && { subresource: info.subresource.split('/')[0] as string }),
    ...(namespace !== undefined && { namespace }),
    ...(info.name !== undefined && { name: info.name }),
  };
}

/** Fails with Forbidden when the request is none of the user's, as upstream words it. */
export const authorize = (user: User, info: RequestInfo): void => authorizeAttempt(user, attemptOf(info));

export function authorizeAttempt(user: User, attempt: Attempt): void {
  if (isAllowed(user, attempt)) return;
  if ('path' in attempt)
    throw new StatusError('Forbidden', `forbidden: User "${user.name}" cannot ${attempt.verb} path "${attempt.path}"`, { details: {} });
  const { verb, group, plural, subresource, namespace, name } = attempt;
  const what = subresource ? `${plural}/${subresource}` : plural;
  const resource = group ? `${plural}.${group}` : plural;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  const named = name ? ` "${name}"` : '';
  throw new StatusError(
    'Forbidden',
    `${resource}${named} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}"${where}`,
    { details: { ...(name && { name }), ...(group && { group }), kind: plural } },
  );
}
