import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { selectorText } from '../../meta/selector.ts';
import { defaultTemplate } from '../core/pod/defaults.ts';
import { templateFaults } from '../core/pod/validate.ts';
import { type Column, defineKind } from '../define.ts';
import { goNamed, notNegative } from '../faults.ts';
import type { DaemonSet, DaemonSetSpec } from '../generated/apps-v1.ts';
import { amountFaults, isNothing, moreThanAll } from './amounts.ts';
import { selectorFaults, workloadColumns } from './replica-set.ts';

/** Counts changes of the template; upstream keeps it for clients of long ago. */
const generationKey = 'deprecated.daemonset.template.generation';

/** Upstream: pkg/apis/apps/v1/defaults.go. */
function defaults(draft: DaemonSet): void {
  draft.spec ??= {} as DaemonSetSpec;
  const { spec } = draft;
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec.template);
}

function strategyFaults({ updateStrategy = {} }: DaemonSetSpec): FieldError[] {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = updateStrategy;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [notSupported(path, goNamed({ type, rollingUpdate: rollingUpdate ?? null }), ['RollingUpdate', 'OnDelete'])];
  if (!rollingUpdate) return [required(`${path}.rollingUpdate`)];
  const { maxSurge, maxUnavailable } = rollingUpdate;
  const [surge, unavailable] = [`${path}.rollingUpdate.maxSurge`, `${path}.rollingUpdate.maxUnavailable`];
  const faults = [
    ...amountFaults(unavailable, maxUnavailable),
    ...amountFaults(surge, maxSurge),
    ...moreThanAll(unavailable, maxUnavailable),
    ...moreThanAll(surge, maxSurge),
  ];
  if (!isNothing(maxSurge) && !isNothing(maxUnavailable))
    faults.push(invalidValue(surge, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (isNothing(maxSurge) && isNothing(maxUnavailable)) faults.push(required(unavailable, 'cannot be 0 when maxSurge is 0'));
  return faults;
}

function withGeneration(draft: DaemonSet, generation: number): void {
  draft.metadata.annotations = { ...draft.metadata.annotations, [generationKey]: String(generation) };
}

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  generation: true,
  defaults,
  prepareCreate: (draft) => {
    withGeneration(draft, 1);
    draft.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  prepareUpdate: (draft, was) => {
    const generation = Number(was.metadata.annotations?.[generationKey]) || 1;
    withGeneration(draft, deepEqual(draft.spec.template, was.spec.template) ? generation : generation + 1);
  },
  validate: (it, was) => [
    ...selectorFaults(it, was, 'daemonset'),
    ...templateFaults(it.spec.template, 'spec.template', 'DaemonSet'),
    ...notNegative('spec.minReadySeconds', it.spec.minReadySeconds),
    ...strategyFaults(it.spec),
    ...notNegative('spec.revisionHistoryLimit', it.spec.revisionHistoryLimit),
  ],
  columns: [
    { name: 'Desired', type: 'integer', value: (it) => it.status?.desiredNumberScheduled ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.currentNumberScheduled ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.numberReady ?? 0 },
    { name: 'Up-to-date', type: 'integer', value: (it) => it.status?.updatedNumberScheduled ?? 0 },
    { name: 'Available', type: 'integer', value: (it) => it.status?.numberAvailable ?? 0 },
    {
      name: 'Node Selector',
      type: 'string',
      value: (it) => selectorText({ matchLabels: it.spec.template?.spec?.nodeSelector ?? {} }) || '<none>',
    },
    ...(workloadColumns as ReadonlyArray<Column<DaemonSet>>),
  ],
});
