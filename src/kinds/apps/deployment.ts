import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue, notSupported } from '../../meta/field-error.ts';
import { selectorText } from '../../meta/selector.ts';
import type { IntOrString } from '../../meta/types.ts';
import { defaultTemplate } from '../core/pod/defaults.ts';
import { templateFaults } from '../core/pod/validate.ts';
import { type Column, defineKind } from '../define.ts';
import { goNamed, notNegative } from '../faults.ts';
import type { Deployment } from '../generated/apps-v1.ts';
import { amountFaults, moreThanAll } from './amounts.ts';
import { selectorFaults, workloadColumns } from './replica-set.ts';

const isZero = (value: IntOrString | undefined): boolean => value === 0 || value === '0%';

function strategyFaults(it: Deployment): FieldError[] {
  const strategy = it.spec.strategy;
  if (strategy?.type === 'Recreate' && strategy.rollingUpdate) {
    return [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy?.type !== undefined && strategy.type !== 'RollingUpdate' && strategy.type !== 'Recreate')
    return [
      notSupported(
        'spec.strategy',
        goNamed({
          type: strategy.type,
          rollingUpdate: strategy.rollingUpdate
            ? { maxUnavailable: strategy.rollingUpdate.maxUnavailable, maxSurge: strategy.rollingUpdate.maxSurge }
            : null,
        }),
        ['Recreate', 'RollingUpdate'],
      ),
    ];
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
  const faults = [
    ...amountFaults('spec.strategy.rollingUpdate.maxUnavailable', maxUnavailable),
    ...moreThanAll('spec.strategy.rollingUpdate.maxUnavailable', maxUnavailable),
    ...amountFaults('spec.strategy.rollingUpdate.maxSurge', maxSurge),
  ];
  if (isZero(maxSurge) && isZero(maxUnavailable)) {
    faults.push(invalidValue('spec.strategy.rollingUpdate.maxUnavailable', maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return faults;
}

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= {} as Deployment['spec'];
    const { spec } = draft;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultTemplate(spec.template);
  },
  prepareCreate: (draft) => {
    draft.status = {};
  },
  // New annotations are news to the controller too: it hands them on.
  prepareUpdate: (draft, was) => {
    if (!deepEqual(draft.metadata.annotations ?? {}, was.metadata.annotations ?? {}))
      draft.metadata.generation = (was.metadata.generation ?? 0) + 1;
  },
  validate: (it, was) => [
    ...notNegative('spec.replicas', it.spec.replicas),
    ...selectorFaults(it, was),
    ...templateFaults(it.spec.template, 'spec.template'),
    ...strategyFaults(it),
    ...notNegative('spec.minReadySeconds', it.spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', it.spec.revisionHistoryLimit),
    ...((it.spec.progressDeadlineSeconds ?? 600) <= (it.spec.minReadySeconds ?? 0)
      ? [invalidValue('spec.progressDeadlineSeconds', it.spec.progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
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
    { name: 'Ready', type: 'string', value: (it) => `${it.status?.readyReplicas ?? 0}/${it.spec.replicas ?? 0}` },
    { name: 'Up-to-date', type: 'integer', value: (it) => it.status?.updatedReplicas ?? 0 },
    { name: 'Available', type: 'integer', value: (it) => it.status?.availableReplicas ?? 0 },
    ...(workloadColumns as ReadonlyArray<Column<Deployment>>),
  ],
});
