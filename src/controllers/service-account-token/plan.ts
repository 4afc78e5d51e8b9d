import type { core } from '../../kinds/index.ts';

export const tokenType = 'kubernetes.io/service-account-token';
export const accountName = 'kubernetes.io/service-account.name';
export const accountUid = 'kubernetes.io/service-account.uid';

export type TokenPlan = { act: 'nothing' } | { act: 'remove' } | { act: 'fill'; data: { [key: string]: string }; uid: string };

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What a secret that is to hold a token of an account lacks; without its account it has no use. */
export function planToken(
  secret: core.Secret,
  account: core.ServiceAccount | undefined,
  { rootCa, sign }: { rootCa: string; sign: (account: core.ServiceAccount, secretName: string) => string },
): TokenPlan {
  if (secret.type !== tokenType) return { act: 'nothing' };
  const { annotations = {}, name, namespace = '' } = secret.metadata;
  const uid = annotations[accountUid];
  if (!account || (uid && uid !== account.metadata.uid)) return { act: 'remove' };
  const wanted = { 'ca.crt': base64(rootCa), namespace: base64(namespace) };
  const { data = {} } = secret;
  const differs = Object.entries(wanted).some(([key, value]) => data[key] !== value);
  if (data.token && uid && !differs) return { act: 'nothing' };
  const token = data.token || base64(sign(account, name));
  return { act: 'fill', data: { ...data, ...wanted, token }, uid: account.metadata.uid };
}
