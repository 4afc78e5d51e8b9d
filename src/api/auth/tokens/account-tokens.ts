import { type AnyKind, type core, node, pod, secret, serviceAccount } from '../../../kinds/index.ts';
import { type Clock, toTime } from '../../../lib/clock.ts';
import type { Random } from '../../../lib/random.ts';
import { StatusError } from '../../../meta/status-error.ts';
import type { KubeObject } from '../../../meta/types.ts';
import type { User } from '../../request.ts';
import { type Binding, boundClaims, isOurs, legacyClaims, type Speaker, speakerOf, userOf } from './claims.ts';
import { type Claims, isSignedBy, keySetOf, readJwt, type SigningKey, signJwt } from './jwt.ts';

/** A token that is not, or no longer, anybody's: why. */
export class TokenRefused extends Error {}

export type TokenUser = { user: User; audiences: readonly string[] };

/** Tokens by which service accounts are known. */
export type AccountTokens = {
  issuer: string;
  /** Whom tokens are meant for that do not say: the API server itself. */
  audiences: readonly string[];
  /** A token for a while; `expires` as the one who asked is told. */
  issue(
    account: core.ServiceAccount,
    binding: Binding,
    wanted: { audiences: readonly string[]; expirationSeconds: number },
  ): { token: string; expires: string };
  /** The token that stands in a secret, for as long as that does. */
  issueLegacy(account: core.ServiceAccount, secretName: string): string;
  /** Whose token it is, for one of these audiences. Undefined: none that we have issued. Fails with TokenRefused. */
  check(token: string, audiences?: readonly string[]): Promise<TokenUser | undefined>;
  /** The public keys that others check tokens by. */
  keySet(): object;
};

const withoutKey = (): never => {
  throw new StatusError('NotImplemented', 'this server has no key to sign tokens with');
};

/** Of a server that has no key: nobody has a token. */
export const noTokens: AccountTokens = {
  issuer: '',
  audiences: [],
  issue: withoutKey,
  issueLegacy: withoutKey,
  check: async () => undefined,
  keySet: () => ({ keys: [] }),
};

type Deps = {
  key: SigningKey;
  issuer: string;
  clock: Clock;
  random: Random;
  find: (kind: AnyKind, namespace: string | undefined, name: string) => Promise<KubeObject | undefined>;
};

/** Clocks may differ by as much, and what is being deleted may still speak for as long. */
const leewaySeconds = 60;
/** Tokens whose signature was looked at lately: an account asks with the same one all the time. */
const mostRemembered = 1000;

export function accountTokens({ key, issuer, clock, random, find }: Deps): AccountTokens {
  const audiences = [issuer];
  const seen = new Map<string, Claims>();
  const now = (): number => Math.floor(clock.now() / 1000);

  /** The claims of a token that carries our signature. */
  function claimsOf(token: string): Claims | undefined {
    const known = seen.get(token);
    if (known) return known;
    const claims = readJwt(token)?.claims;
    if (!claims || !isOurs(claims, issuer)) return undefined;
    if (!isSignedBy(key, token)) throw new TokenRefused('invalid signature');
    if (seen.size >= mostRemembered) seen.delete(seen.keys().next().value as string);
    seen.set(token, claims);
    return claims;
  }

  /** Fails unless all that the token hangs on is there, the same as it was. */
  async function checkObjects(token: string, { namespace, account, ...bound }: Speaker): Promise<void> {
    const invalidated = new TokenRefused('service account token has been invalidated');
    const goneBefore = toTime((now() - leewaySeconds) * 1000);
    const isGone = ({ metadata: { deletionTimestamp } }: KubeObject): boolean =>
      deletionTimestamp !== undefined && deletionTimestamp < goneBefore;
    const found = await find(serviceAccount as AnyKind, namespace, account.name);
    if (!found) throw new TokenRefused(`serviceaccounts ${JSON.stringify(account.name)} not found`);
    if (isGone(found)) throw new TokenRefused(`service account ${namespace}/${account.name} has been deleted`);
    if (found.metadata.uid !== account.uid)
      throw new TokenRefused(`service account UID (${found.metadata.uid}) does not match claim (${account.uid})`);
    if (bound.secret) {
      const it = (await find(secret as AnyKind, namespace, bound.secret.name)) as core.Secret | undefined;
      if (!it || isGone(it)) throw invalidated;
      if (bound.isLegacy && Buffer.from(it.data?.token ?? '', 'base64').toString() !== token)
        throw new TokenRefused("token does not match server's copy");
      if (!bound.isLegacy && it.metadata.uid !== bound.secret.uid)
        throw new TokenRefused(`secret UID (${it.metadata.uid}) does not match service account secret ref claim (${bound.secret.uid})`);
    }
    if (bound.pod) {
      const it = await find(pod as AnyKind, namespace, bound.pod.name);
      if (!it || isGone(it)) throw invalidated;
      if (it.metadata.uid !== bound.pod.uid)
        throw new TokenRefused(`pod UID (${it.metadata.uid}) does not match service account pod ref claim (${bound.pod.uid})`);
    } else if (bound.node) {
      const it = await find(node as AnyKind, undefined, bound.node.name);
      if (!it || isGone(it)) throw invalidated;
      if (it.metadata.uid !== bound.node.uid)
        throw new TokenRefused(`node UID (${it.metadata.uid}) does not match service account node ref claim (${bound.node.uid})`);
    }
  }

  return {
    issuer,
    audiences,
    issue(account, binding, wanted) {
      const at = now();
      // Only what is for ourselves is taken for longer: others have their own ideas of time.
      const mayExtend = wanted.audiences.every((it) => audiences.includes(it));
      const token = signJwt(key, boundClaims(account, binding, { ...wanted, issuer, at, id: random.uuid(), mayExtend }));
      return { token, expires: toTime((at + wanted.expirationSeconds) * 1000) };
    },
    issueLegacy: (account, secretName) => signJwt(key, legacyClaims(account, secretName)),
    async check(token, wanted = audiences) {
      const claims = claimsOf(token);
      if (!claims) return undefined;
      const meant = Array.isArray(claims.aud) ? claims.aud.map(String) : [...audiences];
      const common = meant.filter((it) => wanted.includes(it));
      if (common.length === 0)
        throw new TokenRefused(`token audiences ${goList(meant)} is invalid for the target audiences ${goList(wanted)}`);
      const [from, until] = [claims.nbf, claims.exp].map((it) => (typeof it === 'number' ? it : undefined));
      if (until !== undefined && now() > until + leewaySeconds) throw new TokenRefused('service account token has expired');
      if (from !== undefined && now() < from - leewaySeconds) throw new TokenRefused('service account token is not valid yet');
      const speaker = readSpeaker(claims);
      await checkObjects(token, speaker);
      return { user: userOf(speaker), audiences: common };
    },
    keySet: () => keySetOf(key),
  };
}

function readSpeaker(claims: Claims): Speaker {
  try {
    return speakerOf(claims);
  } catch (error) {
    throw new TokenRefused((error as Error).message, { cause: error });
  }
}

/** `["a" "b"]`, as Go prints a list of strings. */
const goList = (list: readonly string[]): string => `[${list.map((it) => JSON.stringify(it)).join(' ')}]`;
