import type { rbac } from '../../../kinds/index.ts';
import type { User } from '../../request.ts';
import { accountIn } from '../tokens/claims.ts';
import type { Attempt } from '../attempt.ts';

type Rule = rbac.PolicyRule;

const has = (list: readonly string[] | undefined, value: string): boolean => list?.includes('*') === true || list?.includes(value) === true;

/** Whether a rule allows what somebody wants to do (component-helpers, auth/rbac/validation). */
export function ruleAllows(rule: Rule, attempt: Attempt): boolean {
  if (!has(rule.verbs, attempt.verb)) return false;
  if ('path' in attempt) return (rule.nonResourceURLs ?? []).some((it) => pathFits(it, attempt.path));
  const { group, plural, subresource, name } = attempt;
  const whole = subresource ? `${plural}/${subresource}` : plural;
  const fits = (rule.resources ?? []).some((it) => it === '*' || it === whole || (subresource !== undefined && it === `*/${subresource}`));
  return has(rule.apiGroups, group) && fits && (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)));
}

const pathFits = (pattern: string, path: string): boolean =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));

export function isSubject(user: User, { kind, name, namespace }: rbac.Subject, bindingNamespace: string | undefined): boolean {
  switch (kind) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const account = accountIn(user.name);
      return account?.name === name && account.namespace === (namespace || bindingNamespace);
    }
    default:
      return false;
  }
}

/** A rule's single parts: what one verb may do to one resource. Of a rule that must be held by whoever gives it away. */
function* partsOf(rule: Rule): Generator<Rule> {
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [path] };
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        for (const name of rule.resourceNames?.length ? rule.resourceNames : [undefined])
          yield { verbs: [verb], apiGroups: [group], resources: [resource], ...(name !== undefined && { resourceNames: [name] }) };
  }
}

function covers(owned: Rule, { verbs, nonResourceURLs, apiGroups, resources, resourceNames }: Rule): boolean {
  const [verb = '', url] = [verbs[0], nonResourceURLs?.[0]];
  if (!has(owned.verbs, verb)) return false;
  if (url !== undefined) return (owned.nonResourceURLs ?? []).some((it) => pathFits(it, url));
  const [group = '', resource = ''] = [apiGroups?.[0], resources?.[0]];
  const subresource = resource.split('/')[1];
  const fits = has(owned.resources, resource) || (subresource !== undefined && owned.resources?.includes(`*/${subresource}`) === true);
  const names = !owned.resourceNames?.length || (resourceNames?.[0] !== undefined && owned.resourceNames.includes(resourceNames[0]));
  return has(owned.apiGroups, group) && fits && names;
}

/** The parts of `wanted` that nothing in `owned` allows. */
export const notCovered = (owned: readonly Rule[], wanted: readonly Rule[]): Rule[] =>
  wanted.flatMap((rule) => [...partsOf(rule)]).filter((part) => !owned.some((it) => covers(it, part)));
