import type { rbac } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { RequestInfo, User } from '../request.ts';
import { type Attempt, attemptOf } from './attempt.ts';
import type { Roles } from './rbac/roles.ts';
import { ruleAllows } from './rbac/rules.ts';

export type { Attempt } from './attempt.ts';

/** Who may do what: by roles and bindings (RBAC). Administrators may do everything, whatever roles say. */
export type Authorizer = {
  isAllowed(user: User, attempt: Attempt): boolean;
  /** Fails with Forbidden, as upstream words it. */
  check(user: User, attempt: Attempt): void;
  /** The same for a request. */
  authorize(user: User, info: RequestInfo): void;
  /** All rules of a user in a namespace. */
  rulesOf(user: User, namespace: string | undefined): rbac.PolicyRule[];
  rulesBehind: Roles['rulesBehind'];
};

/** Everybody may ask how the server is, each of its checks as well. */
const open = ['/healthz', '/livez', '/readyz', '/version'];

export const isMaster = (user: User): boolean => user.groups.includes('system:masters');

export function createAuthorizer(roles: Roles): Authorizer {
  function isAllowed(user: User, attempt: Attempt): boolean {
    if (isMaster(user)) return true;
    if ('path' in attempt && attempt.verb === 'get' && open.some((it) => attempt.path === it || attempt.path.startsWith(`${it}/`)))
      return true;
    const namespace = 'path' in attempt ? undefined : attempt.namespace;
    return roles.rulesOf(user, namespace).some((it) => ruleAllows(it, attempt));
  }
  function check(user: User, attempt: Attempt): void {
    if (!isAllowed(user, attempt)) throw refusal(user, attempt);
  }
  return {
    isAllowed,
    check,
    authorize: (user, info) => check(user, attemptOf(info)),
    rulesOf: roles.rulesOf,
    rulesBehind: roles.rulesBehind,
  };
}

function refusal(user: User, attempt: Attempt): StatusError {
  if ('path' in attempt)
    return new StatusError('Forbidden', `forbidden: User "${user.name}" cannot ${attempt.verb} path "${attempt.path}"`, { details: {} });
  const { verb, group, plural, subresource, namespace, name } = attempt;
  const what = subresource ? `${plural}/${subresource}` : plural;
  const resource = group ? `${plural}.${group}` : plural;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  const named = name ? ` "${name}"` : '';
  return new StatusError(
    'Forbidden',
    `${resource}${named} is forbidden: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}"${where}`,
    { details: { ...(name && { name }), ...(group && { group }), kind: plural } },
  );
}
