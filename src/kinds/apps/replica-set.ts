import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { matchesSelector, selectorText } from '../../meta/selector.ts';
import type { LabelSelector } from '../../meta/types.ts';
import { deepEqual } from '../../meta/copy.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import { defaultTemplate } from '../core/pod/defaults.ts';
import { templateFaults } from '../core/pod/validate.ts';
import { type Column, defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { ReplicaSet } from '../generated/apps-v1.ts';
import type { PodTemplateSpec } from '../generated/core-v1.ts';

type Workload = { spec: { selector?: LabelSelector; template?: PodTemplateSpec } };

/** Containers, images and selector: the wide columns of every workload. */
export const workloadColumns: ReadonlyArray<Column<Workload>> = [
  {
    name: 'Containers',
    type: 'string',
    wide: true,
    value: (it) => (it.spec.template?.spec?.containers ?? []).map((c) => c.name).join(','),
  },
  { name: 'Images', type: 'string', wide: true, value: (it) => (it.spec.template?.spec?.containers ?? []).map((c) => c.image).join(',') },
  { name: 'Selector', type: 'string', wide: true, value: (it) => selectorText(it.spec.selector ?? {}) },
];

/** A selector that selects the template's pods, and stays as it was. */
export function selectorFaults(it: Workload, was: Workload | undefined, owner = 'deployment'): FieldError[] {
  const { selector, template } = it.spec;
  const changed =
    was && !deepEqual(selector, was.spec.selector) ? [invalidValue('spec.selector', selector ?? null, 'field is immutable')] : [];
  if (!selector) return [required('spec.selector'), ...changed];
  const faults = labelSelectorFaults(selector, 'spec.selector');
  // What cannot be read selects nothing, which is told besides.
  if (faults.length > 0)
    return [
      ...faults,
      ...(owner === 'daemonset' ? [] : [invalidValue('spec.selector', selector, owner === 'statefulset' ? '' : 'invalid label selector')]),
      ...changed,
    ];
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0) {
    faults.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${owner}`));
  } else if (!matchesSelector(selector, template?.metadata?.labels)) {
    faults.push(
      invalidValue('spec.template.metadata.labels', template?.metadata?.labels ?? null, '`selector` does not match template `labels`'),
    );
  }
  return [...faults, ...changed];
}

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= {} as ReplicaSet['spec'];
    draft.spec.replicas ??= 1;
    defaultTemplate(draft.spec.template);
  },
  prepareCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
  validate: (it, was) => [
    ...notNegative('spec.replicas', it.spec.replicas),
    ...notNegative('spec.minReadySeconds', it.spec.minReadySeconds),
    ...selectorFaults(it, was),
    ...templateFaults(it.spec.template, 'spec.template'),
  ],
  scale: {
    replicas: (it) => it.spec.replicas ?? 0,
    setReplicas: (draft, replicas) => {
      draft.spec.replicas = replicas;
    },
    statusReplicas: (it) => it.status?.replicas ?? 0,
    selector: (it) => selectorText(it.spec.selector ?? {}),
  },
  columns: [
    { name: 'Desired', type: 'integer', value: (it) => it.spec.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.readyReplicas ?? 0 },
    ...(workloadColumns as ReadonlyArray<Column<ReplicaSet>>),
  ],
  fields: { 'status.replicas': (it) => String(it.status?.replicas ?? 0) },
});
