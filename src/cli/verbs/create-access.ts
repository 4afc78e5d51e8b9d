import { CommandError } from '../command.ts';
import { duration, lines, text, texts } from '../grammar/flags.ts';
import { PlainFault } from '../faults.ts';
import { findResource } from '../resources/index.ts';
import { type CreateContext, createFlags, createMade, oneName } from './create-from.ts';
import { verb } from './verb.ts';

const group = 'rbac.authorization.k8s.io';
const apiVersion = `${group}/v1`;

const ruleFlags = {
  verb: texts('What may be done: get,list'),
  resource: texts('To what: pods,deployments.apps,pods/log'),
  resourceName: lines('Only to objects of this name'),
} as const;
type RuleFlags = {
  verb?: readonly string[] | undefined;
  resource?: readonly string[] | undefined;
  resourceName?: readonly string[] | undefined;
};

const unique = (words: readonly string[] | undefined): string[] => [...new Set(words ?? [])];

/** One rule for each API group, its resources by the names the server knows them by. */
async function rulesFor(context: CreateContext, given: RuleFlags): Promise<object[]> {
  const verbs = unique(given.verb).includes('*') ? ['*'] : unique(given.verb);
  const byGroup = new Map<string, string[]>();
  for (const word of unique(given.resource)) {
    const [type = '', ...sub] = word.split('/');
    if (type === '') throw new CommandError('resource must be specified if apiGroup/subresource specified');
    const found = type === '*' ? { group: '*', plural: '*' } : findResource(await context.session().served(), type);
    if (!found) throw new PlainFault(`the server doesn't have a resource type ${JSON.stringify(type)}`);
    const name = [found.plural, ...sub].join('/');
    byGroup.set(found.group, [...(byGroup.get(found.group) ?? []), name]);
  }
  const resourceNames = unique(given.resourceName);
  return [...byGroup.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([it, resources]) => ({ apiGroups: [it], ...(resourceNames.length > 0 && { resourceNames }), resources, verbs }));
}

export const createRole = verb({
  name: 'role',
  summary: 'Create a role with one rule',
  usage: 'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  flags: { ...createFlags, ...ruleFlags },
  async run(context) {
    const name = oneName(context, 'create role');
    if (!context.flags.verb?.length) throw new CommandError('at least one verb must be specified');
    if (!context.flags.resource?.length) throw new CommandError('at least one resource must be specified');
    const rules = await rulesFor(context, context.flags);
    await createMade(context, { apiVersion, kind: 'Role', metadata: { name }, rules });
    return 0;
  },
});

const urlVerbs = ['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*'];

export const createClusterRole = verb({
  name: 'clusterrole',
  summary: 'Create a cluster role',
  usage: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  flags: {
    ...createFlags,
    ...ruleFlags,
    nonResourceUrl: texts('Paths that may be asked for: /logs/*'),
    aggregationRule: texts('Labels of cluster roles to combine: key=value'),
  },
  async run(context) {
    const { flags: given } = context;
    const name = oneName(context, 'create clusterrole');
    const urls = unique(given.nonResourceUrl);
    if (given.aggregationRule?.length) {
      if (urls.length > 0 || given.verb?.length || given.resource?.length || given.resourceName?.length)
        throw new CommandError('aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames');
      const matchLabels = Object.fromEntries(given.aggregationRule.map((it) => it.split('=', 2)));
      const aggregationRule = { clusterRoleSelectors: [{ matchLabels }] };
      await createMade(
        context,
        { aggregationRule, apiVersion, kind: 'ClusterRole', metadata: { name }, rules: null },
        { namespaced: false },
      );
      return 0;
    }
    if (!given.verb?.length) throw new CommandError('at least one verb must be specified');
    if (!given.resource?.length && urls.length === 0) throw new CommandError('one of resource or nonResourceURL must be specified');
    const odd = urls.length > 0 ? given.verb.find((it) => !urlVerbs.includes(it)) : undefined;
    if (odd) throw new CommandError(`invalid verb: '${odd}' for nonResourceURL`);
    if (urls.some((it) => it !== '*' && !it.startsWith('/'))) throw new CommandError('nonResourceURL should start with /');
    if (urls.some((it) => it.slice(0, -1).includes('*')))
      throw new CommandError("nonResourceURL only supports wildcard matches when '*' is at the end");
    const rules = [...(await rulesFor(context, given)), ...(urls.length > 0 ? [{ nonResourceURLs: urls, verbs: unique(given.verb) }] : [])];
    await createMade(context, { apiVersion, kind: 'ClusterRole', metadata: { name }, rules }, { namespaced: false });
    return 0;
  },
});

const subjectFlags = {
  user: lines('A user that gets the role'),
  group: lines('A group that gets the role'),
  serviceaccount: lines('A service account that gets the role: namespace:name'),
} as const;

function subjectsOf(given: {
  user?: readonly string[] | undefined;
  group?: readonly string[] | undefined;
  serviceaccount?: readonly string[] | undefined;
}): object[] {
  const accounts = (given.serviceaccount ?? []).map((it) => {
    const [namespace, name, ...more] = it.split(':');
    if (!namespace || !name || more.length > 0) throw new CommandError('serviceaccount must be <namespace>:<name>');
    return { kind: 'ServiceAccount', name, namespace };
  });
  return [
    ...(given.user ?? []).map((name) => ({ apiGroup: group, kind: 'User', name })),
    ...(given.group ?? []).map((name) => ({ apiGroup: group, kind: 'Group', name })),
    ...accounts,
  ];
}

export const createRoleBinding = verb({
  name: 'rolebinding',
  summary: 'Give a role, or a cluster role, to somebody in this namespace',
  usage:
    'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  flags: { ...createFlags, ...subjectFlags, role: text('The role'), clusterrole: text('The cluster role') },
  async run(context) {
    const { role = '', clusterrole = '' } = context.flags;
    const name = oneName(context, 'create rolebinding');
    if ((role === '') === (clusterrole === '')) throw new CommandError('exactly one of clusterrole or role must be specified');
    const roleRef = { apiGroup: group, kind: role === '' ? 'ClusterRole' : 'Role', name: role || clusterrole };
    await createMade(context, { apiVersion, kind: 'RoleBinding', metadata: { name }, roleRef, ...withSubjects(context.flags) });
    return 0;
  },
});

const withSubjects = (given: Parameters<typeof subjectsOf>[0]): { subjects?: object[] } => {
  const subjects = subjectsOf(given);
  return subjects.length > 0 ? { subjects } : {};
};

export const createClusterRoleBinding = verb({
  name: 'clusterrolebinding',
  summary: 'Give a cluster role to somebody everywhere',
  usage:
    'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  flags: { ...createFlags, ...subjectFlags, clusterrole: text('The cluster role', { required: true }) },
  async run(context) {
    const name = oneName(context, 'create clusterrolebinding');
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: context.flags.clusterrole };
    const made = { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, ...withSubjects(context.flags) };
    await createMade(context, made, { namespaced: false });
    return 0;
  },
});

export const createToken = verb({
  name: 'token',
  summary: 'Ask for a token of a service account, and print it',
  usage: 'SERVICE_ACCOUNT_NAME',
  flags: { duration: duration('How long it is to be good for'), audience: lines('Whom it is for (default: the API server)') },
  async run(context) {
    const { flags: given, io } = context;
    const name = oneName(context, 'create token');
    const session = context.session();
    if ((given.duration ?? 0) < 0) throw new CommandError('--duration must be greater than or equal to 0');
    if ((given.duration ?? 0) % 1000 !== 0) throw new CommandError('--duration cannot be expressed in units less than seconds');
    if (given.audience?.includes('')) throw new CommandError('--audience must not be an empty string');
    const spec = {
      audiences: given.audience ?? null,
      ...(given.duration && { expirationSeconds: given.duration / 1000 }),
    };
    const { status } = await session.requests
      .json<{ status?: { token?: string } }>({
        method: 'POST',
        path: `/api/v1/namespaces/${session.namespace}/serviceaccounts/${name}/token`,
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
      })
      .catch((cause: unknown) => {
        throw new CommandError(`failed to create token: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      });
    if (!status?.token) throw new CommandError('failed to create token: no token in server response');
    io.print(status.token);
    return 0;
  },
});
