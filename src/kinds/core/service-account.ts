import { defineKind } from '../define.ts';
import type { ServiceAccount } from '../generated/core-v1.ts';

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  returnsDeleted: true,
  columns: [{ name: 'Secrets', type: 'integer', value: (it) => it.secrets?.length ?? 0 }],
});
