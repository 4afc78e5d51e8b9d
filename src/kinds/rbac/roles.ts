import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { deepEqual } from '../../meta/copy.ts';
import { dns1123Subdomain, pathSegment } from '../../meta/names.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import { faultsOf } from '../faults.ts';
import { type Column, defineKind, type KindRecord } from '../define.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject } from '../generated/rbac-v1.ts';

const group = 'rbac.authorization.k8s.io';

/** Names like `system:controller:x`: whatever can be a part of a path. */
const nameFaults = (name: string): string[] => pathSegment(name);

function ruleFaults(rules: readonly PolicyRule[] | undefined, isNamespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => {
    const at = `rules[${i}]`;
    const faults: FieldError[] = [];
    if (!rule.verbs?.length) faults.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (rule.nonResourceURLs?.length) {
      if (isNamespaced)
        faults.push(invalidValue(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length)
        faults.push(
          invalidValue(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
        );
      return faults;
    }
    if (!rule.apiGroups?.length) faults.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!rule.resources?.length) faults.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return faults;
  });
}

// Upstream's columns for roles are those of a kind that has none of its own.
const named: Column<Role | ClusterRole> = { name: 'Name', type: 'string', format: 'name', value: (it) => it.metadata.name };
const created: Column<Role | ClusterRole> = { name: 'Created At', type: 'date', value: (it) => it.metadata.creationTimestamp };

export const role = defineKind<Role>({
  ...{ group, version: 'v1', kind: 'Role', plural: 'roles', namespaced: true, bareTable: true, nameFaults },
  validate: (it) => ruleFaults(it.rules, true),
  columns: [named as Column<Role>, created as Column<Role>],
});

export const clusterRole = defineKind<ClusterRole>({
  ...{ group, version: 'v1', kind: 'ClusterRole', plural: 'clusterroles', namespaced: false, bareTable: true, nameFaults },
  validate: (it) => [
    ...ruleFaults(it.rules, false),
    ...(it.aggregationRule && !it.aggregationRule.clusterRoleSelectors?.length
      ? [required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
      : []),
    ...(it.aggregationRule?.clusterRoleSelectors ?? []).flatMap((selector, i) => {
      const at = `aggregationRule.clusterRoleSelectors[${i}]`;
      const faults = labelSelectorFaults(selector, at);
      return faults.length > 0 ? [...faults, invalidValue(at, null, 'invalid label selector.')] : [];
    }),
  ],
  columns: [named as Column<ClusterRole>, created as Column<ClusterRole>],
});

type Binding = RoleBinding | ClusterRoleBinding;

function bindingDefaults(draft: Binding): void {
  if (draft.roleRef) draft.roleRef.apiGroup ||= group;
  for (const it of draft.subjects ?? []) if (it.kind === 'User' || it.kind === 'Group') it.apiGroup ||= group;
}

/** In a namespace, an account of no namespace is of the binding's. */
function subjectFaults(subject: Subject, at: string, isNamespaced: boolean): FieldError[] {
  const faults: FieldError[] = [];
  if (!subject.name) faults.push(required(`${at}.name`));
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name) faults.push(...faultsOf(`${at}.name`, subject.name, dns1123Subdomain(subject.name)));
      if (subject.apiGroup) faults.push(notSupported(`${at}.apiGroup`, subject.apiGroup, ['']));
      if (!subject.namespace && !isNamespaced) faults.push(required(`${at}.namespace`));
      return faults;
    case 'User':
    case 'Group':
      if (subject.apiGroup !== group) faults.push(notSupported(`${at}.apiGroup`, subject.apiGroup, [group]));
      if (subject.namespace) faults.push(forbidden(`${at}.namespace`, 'users and groups have no namespace'));
      return faults;
    default:
      return [...faults, notSupported(`${at}.kind`, subject.kind ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

function bindingFaults(it: Binding, was: Binding | undefined, kinds: readonly string[]): FieldError[] {
  const faults: FieldError[] = [];
  const ref: Partial<RoleRef> = it.roleRef ?? {};
  if (ref.apiGroup !== group) faults.push(notSupported('roleRef.apiGroup', ref.apiGroup ?? '', [group]));
  if (!kinds.includes(ref.kind ?? '')) faults.push(notSupported('roleRef.kind', ref.kind ?? '', kinds));
  if (!ref.name) faults.push(required('roleRef.name'));
  const asGo = { APIGroup: ref.apiGroup ?? '', Kind: ref.kind ?? '', Name: ref.name ?? '' };
  if (was && !deepEqual(was.roleRef, it.roleRef)) faults.push(invalidValue('roleRef', asGo, 'cannot change roleRef'));
  return [...faults, ...(it.subjects ?? []).flatMap((one, i) => subjectFaults(one, `subjects[${i}]`, it.kind === 'RoleBinding'))];
}

const subjectsOf = (it: Binding, kind: string): string =>
  (it.subjects ?? [])
    .filter((one) => one.kind === kind)
    .map((one) => (kind === 'ServiceAccount' ? `${one.namespace}/${one.name}` : one.name))
    .join(', ');

const binding = <T extends Binding>(kinds: readonly string[]): Pick<KindRecord<T>, 'defaults' | 'validate' | 'columns' | 'nameFaults'> => ({
  nameFaults,
  defaults: bindingDefaults,
  validate: (it, was) => bindingFaults(it, was, kinds),
  columns: [
    { name: 'Role', type: 'string', value: (it) => `${it.roleRef?.kind}/${it.roleRef?.name}` },
    { name: 'Users', type: 'string', wide: true, value: (it) => subjectsOf(it, 'User') },
    { name: 'Groups', type: 'string', wide: true, value: (it) => subjectsOf(it, 'Group') },
    { name: 'ServiceAccounts', type: 'string', wide: true, value: (it) => subjectsOf(it, 'ServiceAccount') },
  ],
});

export const roleBinding = defineKind<RoleBinding>({
  ...{ group, version: 'v1', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true },
  ...binding<RoleBinding>(['Role', 'ClusterRole']),
});

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  ...{ group, version: 'v1', kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', namespaced: false },
  ...binding<ClusterRoleBinding>(['ClusterRole']),
});
