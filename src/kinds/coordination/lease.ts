import { invalidValue } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { Lease } from '../generated/coordination-v1.ts';

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  createOnUpdate: true,
  validate: ({ spec }) => [
    ...(spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...notNegative('spec.leaseTransitions', spec?.leaseTransitions),
  ],
  columns: [{ name: 'Holder', type: 'string', value: (it) => it.spec?.holderIdentity ?? '' }],
});
