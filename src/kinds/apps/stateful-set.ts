import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Label, maskTrailingDash } from '../../meta/names.ts';
import { selectorText } from '../../meta/selector.ts';
import { persistentVolumeClaim } from '../core/persistent-volume-claim.ts';
import { defaultTemplate } from '../core/pod/defaults.ts';
import { templateFaults } from '../core/pod/validate.ts';
import { type Column, defineKind } from '../define.ts';
import { faultsOf, goNamed, notNegative } from '../faults.ts';
import type { StatefulSet, StatefulSetSpec } from '../generated/apps-v1.ts';
import type { PodTemplateSpec } from '../generated/core-v1.ts';
import { amountFaults, isNothing, moreThanAll } from './amounts.ts';
import { selectorFaults, workloadColumns } from './replica-set.ts';

/** Upstream: pkg/apis/apps/v1/defaults.go. */
function defaults(draft: StatefulSet): void {
  draft.spec ??= {} as StatefulSetSpec;
  const { spec } = draft;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) {
    strategy.rollingUpdate.partition ??= 0;
    strategy.rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
  }
}

function strategyFaults({ updateStrategy = {} }: StatefulSetSpec): FieldError[] {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = updateStrategy;
  if (type === 'OnDelete')
    return rollingUpdate ? [invalidValue(`${path}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  if (type !== 'RollingUpdate')
    return [invalidValue(path, goNamed({ type, rollingUpdate: rollingUpdate ?? null }), "must be 'RollingUpdate' or 'OnDelete'")];
  if (!rollingUpdate) return [];
  const { partition, maxUnavailable } = rollingUpdate;
  return [
    ...notNegative(`${path}.rollingUpdate.partition`, partition),
    ...amountFaults(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...(maxUnavailable !== undefined && isNothing(maxUnavailable)
      ? [invalidValue(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable, 'cannot be 0')]
      : []),
    ...moreThanAll(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable),
  ];
}

const retentionPolicies = ['Retain', 'Delete'];

function retentionFaults({ persistentVolumeClaimRetentionPolicy = {} }: StatefulSetSpec): FieldError[] {
  const path = 'spec.persistentVolumeClaimRetentionPolicy';
  return (['whenDeleted', 'whenScaled'] as const).flatMap((it) => {
    const value = persistentVolumeClaimRetentionPolicy[it];
    return value === undefined || retentionPolicies.includes(value) ? [] : [notSupported(`${path}.${it}`, value, retentionPolicies)];
  });
}

/** The template as its pods will be: with a volume for each claim. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec | undefined {
  if (!template?.spec || volumeClaimTemplates.length === 0) return template;
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''));
  const claims = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return {
    ...template,
    spec: { ...template.spec, volumes: [...claims, ...(template.spec.volumes ?? []).filter((it) => !names.has(it.name))] },
  };
}

const policies = ['OrderedReady', 'Parallel'];

function validate(it: StatefulSet, was?: StatefulSet): FieldError[] {
  const { spec } = it;
  return [
    ...(policies.includes(spec.podManagementPolicy ?? '')
      ? []
      : [invalidValue('spec.podManagementPolicy', spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]),
    ...strategyFaults(spec),
    ...retentionFaults(spec),
    ...notNegative('spec.replicas', spec.replicas),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.ordinals.start', spec.ordinals?.start),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...(spec.serviceName ? faultsOf('spec.serviceName', spec.serviceName, dns1123Label(spec.serviceName)) : []),
    // That the selector stays is part of the rule for the whole spec.
    ...selectorFaults(it, undefined, 'statefulset'),
    ...templateFaults(withClaims(spec), 'spec.template', 'StatefulSet'),
    // Later they cannot change.
    ...(was ? [] : claimFaults(spec)),
    ...(was && !deepEqual(fixedPart(spec), fixedPart(was.spec)) ? [forbidden('spec', changeable)] : []),
  ];
}

function claimFaults({ volumeClaimTemplates = [] }: StatefulSetSpec): FieldError[] {
  return volumeClaimTemplates.flatMap((claim, i) => {
    const path = `spec.volumeClaimTemplates[${i}]`;
    const inside = (persistentVolumeClaim.validate?.(claim) ?? []).map((it) => ({ ...it, path: `${path}.${it.path}` }));
    return claim.metadata?.name ? inside : [required(`${path}.metadata.name`), ...inside];
  });
}

const changeable =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function fixedPart(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const { replicas: _r, ordinals: _o, template: _t, updateStrategy: _u, revisionHistoryLimit: _h, minReadySeconds: _m, ...rest } = spec;
  const { persistentVolumeClaimRetentionPolicy: _p, ...fixed } = rest;
  return fixed;
}

const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;

function validateStatus({ status = { replicas: 0 } }: StatefulSet, was: StatefulSet): FieldError[] {
  const { collisionCount = 0, replicas = 0 } = status;
  const faults = (['replicas', ...counts, 'observedGeneration', 'collisionCount'] as const).flatMap((it) =>
    notNegative(`status.${it}`, status[it]),
  );
  for (const it of counts)
    if ((status[it] ?? 0) > replicas) faults.push(invalidValue(`status.${it}`, status[it], 'cannot be greater than status.replicas'));
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
    faults.push(invalidValue('status.availableReplicas', status.availableReplicas, 'cannot be greater than status.readyReplicas'));
  if (collisionCount < (was.status?.collisionCount ?? 0))
    faults.push(invalidValue('status.collisionCount', collisionCount, 'cannot be decremented'));
  return faults;
}

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  nameFaults: (name, isPrefix) => dns1123Label(isPrefix ? maskTrailingDash(name) : name),
  defaults,
  prepareCreate: (draft) => {
    draft.status = { replicas: 0, availableReplicas: 0 };
  },
  validate,
  validateStatus,
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
    ...(workloadColumns as ReadonlyArray<Column<StatefulSet>>).slice(0, 2),
  ],
});
