import { type Client, createInformers } from '../../client/index.ts';
import * as kinds from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { isReason } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Requests } from '../connection/requests.ts';
import { listObjects, pathOf } from '../resources/index.ts';
import type { Facts } from '../why/index.ts';

export type Reader = Pick<Client, 'list' | 'watch'>;

export type Followed = {
  /** What is known by now; everything after `synced`. */
  facts(now: number): Facts;
  synced: Promise<unknown>;
};

/** Facts that keep themselves up to date until the signal aborts. */
export function followFacts(reader: Reader, { clock, signal }: { clock: Clock; signal: AbortSignal }): Followed {
  const informers = createInformers(reader, { clock, log: silentLog, signal });
  const of = {
    deployments: informers.of(kinds.deployment),
    replicaSets: informers.of(kinds.replicaSet),
    statefulSets: informers.of(kinds.statefulSet),
    daemonSets: informers.of(kinds.daemonSet),
    jobs: informers.of(kinds.job),
    cronJobs: informers.of(kinds.cronJob),
    pods: informers.of(kinds.pod),
    services: informers.of(kinds.service),
    slices: informers.of(kinds.endpointSlice),
    claims: informers.of(kinds.persistentVolumeClaim),
    events: informers.of(kinds.event),
    nodes: informers.of(kinds.node),
    classes: informers.of(kinds.storageClass),
  };
  const entries = Object.entries(of);
  return {
    synced: Promise.all(entries.map(([, it]) => it.synced)),
    facts: (now) => ({ now, ...Object.fromEntries(entries.map(([name, it]) => [name, it.list()])) }) as Facts,
  };
}

/** Reads one namespace, and what belongs to none. What this user may not see is empty. */
export function readerOf(requests: Requests, namespace: string | undefined): Reader {
  const placeOf = (kind: kinds.AnyKind): string | undefined => (kind.namespaced ? namespace : undefined);
  return {
    async list<T extends KubeObject>(kind: kinds.Kind<T>) {
      try {
        return (await listObjects(requests, kind, placeOf(kind as kinds.AnyKind))) as unknown as { items: T[]; resourceVersion: string };
      } catch (error) {
        if (isReason(error, 'Forbidden', 'NotFound')) return { items: [], resourceVersion: '' };
        throw error;
      }
    },
    async *watch(kind, options, signal) {
      const path = pathOf(kind, placeOf(kind as kinds.AnyKind));
      yield* requests.watch({ path, query: { ...options, watch: true }, signal }) as AsyncIterable<never>;
    },
  };
}
