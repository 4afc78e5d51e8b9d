import type { rbac } from '../../../kinds/index.ts';
import { deepEqual } from '../../../meta/copy.ts';
import { StatusError } from '../../../meta/status-error.ts';
import type { KubeObject } from '../../../meta/types.ts';
import type { User } from '../../request.ts';
import { type Authorizer, isMaster } from '../authorize.ts';
import { notCovered } from './rules.ts';

type Kind = { group: string; plural: string; resource: string };
const group = 'rbac.authorization.k8s.io';

/**
 * Nobody gives away what they do not have: a role may be written by who holds all its rules (or the verb `escalate`), a
 * binding by who holds all of the role's (or `bind`). Fails with Forbidden.
 */
export function checkEscalation(
  authorizer: Authorizer,
  user: User,
  { plural, resource }: Kind,
  object: KubeObject,
  was?: KubeObject,
): void {
  if (isMaster(user)) return;
  // Other fields than the rules are for everyone who may write at all.
  if (was && 'rules' in object && deepEqual((object as rbac.Role).rules, (was as rbac.Role).rules)) return;
  const { namespace, name } = object.metadata;
  const place = { group, ...(namespace !== undefined && { namespace }) };
  if (plural === 'roles' || plural === 'clusterroles') {
    if (authorizer.isAllowed(user, { verb: 'escalate', plural, name, ...place })) return;
    refuseExcess(authorizer, user, resource, object, (object as rbac.Role).rules ?? []);
  } else if (plural === 'rolebindings' || plural === 'clusterrolebindings') {
    const { roleRef } = object as rbac.RoleBinding;
    if (!roleRef) return;
    const bound = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (authorizer.isAllowed(user, { verb: 'bind', plural: bound, name: roleRef.name, ...place })) return;
    const rules = authorizer.rulesBehind(roleRef, namespace);
    if (!rules) {
      const what = `${bound.slice(0, -1)}.${group} "${roleRef.name}" not found`;
      throw new StatusError('NotFound', what, { details: { name: roleRef.name, group, kind: bound.slice(0, -1) } });
    }
    refuseExcess(authorizer, user, resource, object, rules);
  }
}

function refuseExcess(
  authorizer: Authorizer,
  user: User,
  resource: string,
  { metadata }: KubeObject,
  rules: readonly rbac.PolicyRule[],
): void {
  const missing = notCovered(authorizer.rulesOf(user, metadata.namespace), rules);
  if (missing.length === 0) return;
  const groups = `[${user.groups.map((it) => JSON.stringify(it)).join(' ')}]`;
  const lines = missing.map(goRule).join('\n');
  throw new StatusError(
    'Forbidden',
    `${resource} ${JSON.stringify(metadata.name)} is forbidden: user ${JSON.stringify(user.name)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n${lines}`,
    { details: { name: metadata.name, group, kind: resource.split('.')[0] as string } },
  );
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}` */
function goRule({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: rbac.PolicyRule): string {
  const parts = {
    APIGroups: apiGroups,
    Resources: resources,
    ResourceNames: resourceNames,
    NonResourceURLs: nonResourceURLs,
    Verbs: verbs,
  };
  const shown = Object.entries(parts).flatMap(([name, list]) =>
    list?.length ? [`${name}:[${list.map((it) => JSON.stringify(it)).join(', ')}]`] : [],
  );
  return `{${shown.join(', ')}}`;
}
