import type { Client } from '../../client/index.ts';
import { type authentication, type core, serviceAccount } from '../../kinds/index.ts';
import { type Clock, hours, type Milliseconds, seconds } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { TokenSource } from './volume-type.ts';

/** Tokens of the pods here, fetched anew before they run out. */
export type Tokens = {
  source: TokenSource;
  /** When the first of a pod's tokens is to be replaced; undefined when it has none. */
  dueAt(uid: string): Milliseconds | undefined;
  forget(uid: string): void;
};

type Kept = { token: string; dueAt: Milliseconds; endsAt: Milliseconds };
type Deps = { client: Pick<Client, 'post'>; clock: Clock; random: Random };

// As upstream (kubelet, token manager): a fifth of its life before the end, at the latest after a day, not all at once.
const used = 0.8;
const oldest = hours(24);
const spread = seconds(10);
/** Where a new one cannot be had, the old one is kept and a new one asked for so much later. */
const retryAfter = seconds(60);

export function createTokens({ client, clock, random }: Deps): Tokens {
  const kept = new Map<string, Map<string, Kept>>();

  async function fetch(pod: core.Pod, { audience, expirationSeconds }: { audience: string; expirationSeconds: number }): Promise<Kept> {
    const { name, uid, namespace = '' } = pod.metadata;
    const spec: authentication.TokenRequestSpec = {
      audiences: audience === '' ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    };
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const at = clock.now();
    const answer = await client.post(serviceAccount, { namespace, name: pod.spec.serviceAccountName ?? 'default' }, 'token', body);
    const { token, expirationTimestamp } = (answer as authentication.TokenRequest).status ?? {};
    if (!token || !expirationTimestamp) throw new Error('the answer holds no token');
    const endsAt = Date.parse(expirationTimestamp);
    return { token, endsAt, dueAt: at + Math.min((endsAt - at) * used, oldest) - random.next() * spread };
  }

  return {
    async source(pod, want) {
      const own = kept.get(pod.metadata.uid) ?? new Map<string, Kept>();
      kept.set(pod.metadata.uid, own);
      const key = JSON.stringify([want.audience, want.expirationSeconds]);
      const old = own.get(key);
      if (old && clock.now() < old.dueAt) return old.token;
      try {
        const fresh = await fetch(pod, want);
        own.set(key, fresh);
        return fresh.token;
      } catch (error) {
        if (!old || clock.now() >= old.endsAt) throw error;
        old.dueAt = clock.now() + retryAfter;
        return old.token;
      }
    },
    dueAt(uid) {
      const times = [...(kept.get(uid)?.values() ?? [])].map((it) => it.dueAt);
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    forget: (uid) => void kept.delete(uid),
  };
}
