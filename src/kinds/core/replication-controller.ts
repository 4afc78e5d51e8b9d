import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { matchesMap, selectorText } from '../../meta/selector.ts';
import { workloadColumns } from '../apps/replica-set.ts';
import { type Column, defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { ReplicationController } from '../generated/core-v1.ts';

import { defaultTemplate } from './pod/defaults.ts';
import { templateFaults } from './pod/validate.ts';

const selectorOf = (it: ReplicationController): string => selectorText({ matchLabels: it.spec.selector ?? {} });
const isEmpty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;

function validate({ spec }: ReplicationController): FieldError[] {
  const labels = spec.template?.metadata?.labels;
  const faults = [...notNegative('spec.minReadySeconds', spec.minReadySeconds), ...notNegative('spec.replicas', spec.replicas)];
  if (isEmpty(spec.selector)) faults.push(required('spec.selector'));
  else if (spec.template && !matchesMap(spec.selector, labels))
    faults.push(invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  return [
    ...faults,
    ...(spec.template ? templateFaults(spec.template, 'spec.template', 'ReplicationController') : [required('spec.template')]),
  ];
}

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= {};
    const { spec } = draft;
    const labels = spec.template?.metadata?.labels;
    // One without a selector has that of its template, and the labels too.
    if (!isEmpty(labels)) {
      if (isEmpty(spec.selector)) spec.selector = { ...labels };
      if (isEmpty(draft.metadata.labels)) draft.metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  prepareCreate: (draft) => {
    draft.status = { replicas: 0 };
  },
  validate,
  scale: {
    replicas: (it) => it.spec.replicas ?? 0,
    setReplicas: (draft, replicas) => {
      draft.spec.replicas = replicas;
    },
    statusReplicas: (it) => it.status?.replicas ?? 0,
    selector: selectorOf,
  },
  columns: [
    { name: 'Desired', type: 'integer', value: (it) => it.spec.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.readyReplicas ?? 0 },
    ...(workloadColumns as ReadonlyArray<Column<unknown>>).slice(0, 2),
    { name: 'Selector', type: 'string', wide: true, value: selectorOf },
  ],
  fields: { 'status.replicas': (it) => String(it.status?.replicas ?? 0) },
});
