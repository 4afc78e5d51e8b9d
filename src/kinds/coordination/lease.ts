import { defineKind } from '../define.ts';
import type { Lease } from '../generated/coordination-v1.ts';

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  columns: [{ name: 'Holder', type: 'string', value: (it) => it.spec?.holderIdentity ?? '' }],
});
