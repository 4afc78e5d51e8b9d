import type { core } from '../../../kinds/index.ts';
import type { User } from '../../request.ts';
import type { Claims } from './jwt.ts';

/** Who a token speaks for, and what must exist for it to count. */
export type Speaker = {
  namespace: string;
  account: Ref;
  pod?: Ref;
  secret?: Ref;
  node?: Ref;
  /** Of a secret that a controller has filled: it must still hold the very token. */
  isLegacy: boolean;
  /** The token's own name. */
  id?: string;
};
type Ref = { name: string; uid: string };

export type Binding = { pod?: core.Pod; secret?: core.Secret; node?: Ref };

/** What upstream asks for in the volume of every pod: a token that is good for an hour and a bit. */
const inPods = 3607;
/** Such a token goes on being taken for a year: some clients never read the file again (serviceaccount, claims.go). */
const extended = 365 * 24 * 3600;

const legacyIssuer = 'kubernetes/serviceaccount';
const legacy = (field: string): string => `kubernetes.io/serviceaccount/${field}`;
const userName = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;
const refOf = ({ metadata: { name, uid } }: { metadata: Ref }): Ref => ({ name, uid });

/** A token of an account, for a while. `at` in seconds. */
export function boundClaims(
  account: core.ServiceAccount,
  { pod, secret, node }: Binding,
  wanted: { issuer: string; audiences: readonly string[]; expirationSeconds: number; at: number; id: string; mayExtend: boolean },
): Claims {
  const { issuer, audiences, expirationSeconds, at, id, mayExtend } = wanted;
  const extend = mayExtend && pod !== undefined && expirationSeconds === inPods;
  return {
    aud: [...audiences],
    exp: at + (extend ? extended : expirationSeconds),
    iat: at,
    iss: issuer,
    jti: id,
    'kubernetes.io': {
      namespace: account.metadata.namespace,
      ...(node && { node }),
      ...(pod && { pod: refOf(pod) }),
      ...(secret && { secret: refOf(secret) }),
      serviceaccount: refOf(account),
      ...(extend && { warnafter: at + expirationSeconds }),
    },
    nbf: at,
    sub: userName(account.metadata.namespace ?? '', account.metadata.name),
  };
}

/** The token in a secret of type kubernetes.io/service-account-token: it never runs out. */
export const legacyClaims = (account: core.ServiceAccount, secretName: string): Claims => ({
  iss: legacyIssuer,
  [legacy('namespace')]: account.metadata.namespace,
  [legacy('secret.name')]: secretName,
  [legacy('service-account.name')]: account.metadata.name,
  [legacy('service-account.uid')]: account.metadata.uid,
  sub: userName(account.metadata.namespace ?? '', account.metadata.name),
});

export const isOurs = (claims: Claims, issuer: string): boolean => claims.iss === issuer || claims.iss === legacyIssuer;

/** Who speaks by these claims. Fails with a sentence when they are not of the form we give. */
export function speakerOf(claims: Claims): Speaker {
  const speaker = claims.iss === legacyIssuer ? legacySpeaker(claims) : boundSpeaker(claims);
  if (claims.sub !== userName(speaker.namespace, speaker.account.name)) throw new Error('sub claim is invalid');
  return speaker;
}

function legacySpeaker(claims: Claims): Speaker {
  const text = (field: string): string => {
    const value = claims[legacy(field)];
    if (typeof value !== 'string' || value === '') throw new Error(`${field} claim is missing`);
    return value;
  };
  return {
    namespace: text('namespace'),
    account: { name: text('service-account.name'), uid: text('service-account.uid') },
    secret: { name: text('secret.name'), uid: '' },
    isLegacy: true,
  };
}

function boundSpeaker(claims: Claims): Speaker {
  const own = claims['kubernetes.io'] as { [name: string]: unknown } | undefined;
  const account = ref(own?.serviceaccount);
  if (typeof own?.namespace !== 'string' || !account) throw new Error('service account claims are missing');
  const [pod, secret, node] = [ref(own.pod), ref(own.secret), ref(own.node)];
  return {
    ...{ namespace: own.namespace, account, isLegacy: false },
    ...(pod && { pod }),
    ...(secret && { secret }),
    ...(node && { node }),
    ...(typeof claims.jti === 'string' && { id: claims.jti }),
  };
}

function ref(value: unknown): Ref | undefined {
  const { name, uid } = (value ?? {}) as { name?: unknown; uid?: unknown };
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : undefined;
}

/** Groups of every service account of a namespace. */
export const accountGroups = (namespace: string): string[] => ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];

/** Namespace and name of the account that goes by a user's name. */
export function accountIn(user: string): { namespace: string; name: string } | undefined {
  const [system, kind, namespace, name, ...more] = user.split(':');
  return system === 'system' && kind === 'serviceaccount' && namespace && name && more.length === 0 ? { namespace, name } : undefined;
}

export function userOf({ namespace, account, pod, node, id }: Speaker): User {
  const extra = {
    ...(id && { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`] }),
    ...(node && { 'authentication.kubernetes.io/node-name': [node.name], 'authentication.kubernetes.io/node-uid': [node.uid] }),
    ...(pod && { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] }),
  };
  return {
    name: userName(namespace, account.name),
    uid: account.uid,
    groups: [...accountGroups(namespace), 'system:authenticated'],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
