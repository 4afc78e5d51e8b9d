import type { rbac } from '../../../kinds/index.ts';

/** What every cluster has from the start (plugin/pkg/auth/authorizer/rbac/bootstrappolicy), as far as it names what is served here. */
export type Policy = {
  clusterRoles: ReadonlyArray<{ name: string; labels?: { [key: string]: string }; rules?: rbac.PolicyRule[]; aggregates?: string }>;
  clusterRoleBindings: ReadonlyArray<{ role: string; subjects: rbac.Subject[] }>;
};

const group = 'rbac.authorization.k8s.io';
const rule = (verbs: string, groups: string, resources: string): rbac.PolicyRule => ({
  verbs: verbs.split(' '),
  apiGroups: groups.split(' ').map((it) => (it === 'core' ? '' : it)),
  resources: resources.split(' '),
});
const paths = (...nonResourceURLs: string[]): rbac.PolicyRule => ({ verbs: ['get'], nonResourceURLs });
const toGroups = (...names: string[]): rbac.Subject[] => names.map((name) => ({ kind: 'Group', apiGroup: group, name }));

const read = 'get list watch';
const write = 'create delete deletecollection patch update';
const aggregateTo = (name: string): { [key: string]: string } => ({ [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' });

const viewRules = [
  rule(
    read,
    'core',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  rule(
    read,
    'core',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  rule(read, 'core', 'namespaces'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(
    read,
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  rule(read, 'metrics.k8s.io', 'pods nodes'),
];

const editRules = [
  rule(read, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', 'core', 'serviceaccounts'),
  rule(write, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', 'core', 'pods/eviction'),
  rule(
    write,
    'core',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  rule('create', 'core', 'serviceaccounts/token'),
  rule(
    write,
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  ),
  rule(write, 'autoscaling', 'horizontalpodautoscalers'),
  rule(write, 'batch', 'cronjobs jobs'),
  rule(write, 'policy', 'poddisruptionbudgets'),
  rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(`${write} ${read}`, 'coordination.k8s.io', 'leases'),
];

const adminRules = [
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  rule(`${write} ${read}`, group, 'rolebindings roles'),
];

const everything: rbac.PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export const bootstrapPolicy: Policy = {
  clusterRoles: [
    { name: 'cluster-admin', rules: everything },
    {
      name: 'system:discovery',
      rules: [
        paths('/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz', '/version', '/version/'),
      ],
    },
    { name: 'system:public-info-viewer', rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')] },
    {
      name: 'system:monitoring',
      rules: [paths('/metrics', '/metrics/slis', '/livez', '/readyz', '/healthz', '/livez/*', '/readyz/*', '/healthz/*')],
    },
    {
      name: 'system:basic-user',
      rules: [
        rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
        rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
      ],
    },
    {
      name: 'system:service-account-issuer-discovery',
      rules: [paths('/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/')],
    },
    {
      name: 'system:auth-delegator',
      rules: [rule('create', 'authentication.k8s.io', 'tokenreviews'), rule('create', 'authorization.k8s.io', 'subjectaccessreviews')],
    },
    {
      name: 'system:kubelet-api-admin',
      rules: [
        rule(read, 'core', 'nodes'),
        rule('proxy', 'core', 'nodes'),
        rule('*', 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
      ],
    },
    { name: 'system:aggregate-to-view', labels: aggregateTo('view'), rules: viewRules },
    { name: 'system:aggregate-to-edit', labels: aggregateTo('edit'), rules: editRules },
    { name: 'system:aggregate-to-admin', labels: aggregateTo('admin'), rules: adminRules },
    { name: 'view', labels: aggregateTo('edit'), aggregates: 'view' },
    { name: 'edit', labels: aggregateTo('admin'), aggregates: 'edit' },
    { name: 'admin', aggregates: 'admin' },
  ],
  clusterRoleBindings: [
    { role: 'cluster-admin', subjects: toGroups('system:masters') },
    { role: 'system:monitoring', subjects: toGroups('system:monitoring') },
    { role: 'system:discovery', subjects: toGroups('system:authenticated') },
    { role: 'system:basic-user', subjects: toGroups('system:authenticated') },
    { role: 'system:public-info-viewer', subjects: toGroups('system:authenticated', 'system:unauthenticated') },
    { role: 'system:service-account-issuer-discovery', subjects: toGroups('system:serviceaccounts') },
  ],
};

const label = 'kubernetes.io/bootstrapping';
const annotation = 'rbac.authorization.kubernetes.io/autoupdate';

/** The policy as objects. */
export function policyObjects({ clusterRoles, clusterRoleBindings }: Policy = bootstrapPolicy): {
  roles: Array<Partial<rbac.ClusterRole> & { metadata: { name: string } }>;
  bindings: Array<Partial<rbac.ClusterRoleBinding> & { metadata: { name: string } }>;
} {
  const metadata = (name: string, labels: { [key: string]: string } = {}) => ({
    name,
    labels: { [label]: 'rbac-defaults', ...labels },
    annotations: { [annotation]: 'true' },
  });
  return {
    roles: clusterRoles.map(({ name, labels, rules, aggregates }) => ({
      metadata: metadata(name, labels) as never,
      ...(rules && { rules }),
      ...(aggregates && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(aggregates) }] } }),
    })),
    bindings: clusterRoleBindings.map(({ role, subjects }) => ({
      metadata: metadata(role) as never,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects,
    })),
  };
}
