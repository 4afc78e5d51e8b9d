import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import type { Secret } from '../generated/core-v1.ts';
import { dataFaults, largestData } from './config-map.ts';

/** Keys that a typed secret must have. */
const requiredKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);

/** Whose token a secret of that type is to hold. */
const accountName = 'kubernetes.io/service-account.name';

function validate(it: Secret, was?: Secret): FieldError[] {
  const faults = dataFaults(it, was, ['data']);
  if (was && it.type !== was.type) faults.push(invalidValue('type', it.type, 'field is immutable'));
  for (const key of requiredKeys.get(it.type ?? '') ?? []) if (!Object.hasOwn(it.data ?? {}, key)) faults.push(required(`data[${key}]`));
  if (it.type === 'kubernetes.io/service-account-token' && !it.metadata.annotations?.[accountName])
    faults.push(required(`metadata.annotations[${accountName}]`));
  if (it.type === 'kubernetes.io/basic-auth' && !it.data?.username && !it.data?.password) {
    faults.push(required('data[username]'), required('data[password]'));
  }
  if (it.type === 'kubernetes.io/dockerconfigjson' && it.data?.['.dockerconfigjson']) {
    try {
      JSON.parse(Buffer.from(it.data['.dockerconfigjson'], 'base64').toString());
    } catch (error) {
      faults.push(invalidValue('data[.dockerconfigjson]', '<secret contents redacted>', (error as Error).message));
    }
  }
  const size = Object.values(it.data ?? {}).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  if (size > largestData)
    faults.push({ path: 'data', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${largestData} bytes` });
  return faults;
}

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  defaults: (draft) => {
    draft.type ||= 'Opaque';
    for (const [key, text] of Object.entries(draft.stringData ?? {}))
      draft.data = { ...draft.data, [key]: Buffer.from(text).toString('base64') };
    delete draft.stringData;
  },
  validate,
  columns: [
    { name: 'Type', type: 'string', value: (it) => it.type },
    { name: 'Data', type: 'integer', value: (it) => Object.keys(it.data ?? {}).length },
  ],
  fields: { type: (it) => it.type ?? '' },
});
