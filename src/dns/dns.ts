import type { Informers } from '../client/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import { addressKey } from './addresses.ts';
import { createAnswer } from './answer.ts';
import { followNames } from './cluster-names.ts';
import { createPlace } from './place.ts';
import { followResolvConf } from './resolv-conf.ts';
import { withStubDomains } from './stub-domains.ts';
import { createUpstream, type Upstream } from './upstream.ts';

export type DnsConfig = {
  /** Such as cluster.local. */
  domain: string;
  /** Where to listen: the cluster DNS address and others the node has. */
  addresses: readonly string[];
  port: number;
  /** The file that names the servers to ask for all other names: the host's, /etc/resolv.conf. */
  resolvConf: string;
  /** The ranges of services and pods: nobody outside knows their reverse names, so nobody outside is asked. */
  ownRanges?: readonly string[];
  /** Names of single machines: host.docker.internal is the host, as containers know it elsewhere. */
  hosts?: Readonly<Record<string, string>>;
  /** Name servers for names below a domain, instead of those in `resolvConf`. */
  stubDomains?: Readonly<Record<string, readonly string[]>>;
  /** How long answers about the cluster hold; half a minute if not given, as kubeadm sets it up. */
  ttlSeconds?: number;
  /** The port of the servers in `resolvConf`; 53 if not given. */
  upstreamPort?: number;
};

export type DnsDeps = {
  informers: Informers;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
};

export interface Dns {
  /** Undefined when it is well, else what ails it. */
  health(): string | undefined;
  /** Addresses with ports that are listened to. */
  listening(): ReadonlyArray<{ address: string; port: number; by: 'udp' | 'tcp' }>;
  stop(): void;
}

/**
 * Answers names of the cluster, and all others with the help of the host's name servers. Resolves when everything is
 * known and every address has been tried; one that cannot be had is tried again. Ends with the signal.
 */
export async function startDns(config: DnsConfig, deps: DnsDeps): Promise<Dns> {
  const { informers, clock, random, log, metrics, signal } = deps;
  const queries = metrics.counter('peapod_dns_queries_total', 'Questions, by who answers them', ['source']);
  const asked = metrics.counter('peapod_dns_upstream_total', 'Questions for other name servers, by result', ['result']);
  const own = new Set(config.addresses.map(addressKey));
  const nameservers = followResolvConf(config.resolvConf, clock);
  const port = config.upstreamPort ?? 53;
  const cluster = followNames(informers);
  const upstreamOf = (servers: () => Promise<readonly string[]>): Upstream =>
    createUpstream({
      ...{ clock, random, log },
      // Asking ourselves would go round for ever.
      servers: async () =>
        (await servers()).filter((it) => port !== config.port || !own.has(addressKey(it))).map((address) => ({ address, port })),
      count: (result) => asked.inc({ result }),
    });
  const others = upstreamOf(nameservers);
  const stubs = new Map(
    Object.entries(config.stubDomains ?? {}).map(([domain, servers]) => [
      domain.toLowerCase().replace(/\.$/, ''),
      upstreamOf(async () => servers),
    ]),
  );
  const answer = createAnswer({
    ...{ cluster, clock, random, log },
    zone: {
      domain: config.domain.toLowerCase().replace(/\.$/, ''),
      ttl: config.ttlSeconds ?? 30,
      servers: config.addresses.slice(0, 1),
      ownRanges: config.ownRanges ?? [],
      ...(config.hosts && { hosts: config.hosts }),
    },
    upstream: withStubDomains(stubs, others),
    count: (source) => queries.inc({ source }),
  });

  await cluster.synced;
  const places = config.addresses.flatMap((address) =>
    (['udp', 'tcp'] as const).map((by) => createPlace(address, config.port, by, { answer, clock, log })),
  );
  await Promise.all(places.map((it) => it.open()));
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    cluster.stop();
    for (const it of places) it.close();
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  log.info('DNS is ready', { addresses: config.addresses, port: config.port });
  return {
    health: () => (isStopped ? 'DNS has ended' : places.map((it) => it.fault()).find((it) => it !== undefined)),
    listening: () => places.flatMap((it) => it.listens() ?? []),
    stop,
  };
}
