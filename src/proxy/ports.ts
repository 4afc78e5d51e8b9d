import type { EventRecorder } from '../client/index.ts';
import { backoff } from '../lib/backoff.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { KubeObject } from '../meta/types.ts';
import { type Claimant, Claims } from './claims.ts';
import type { Listener } from './table.ts';
import type { ListenFault, Traffic } from './traffic.ts';

/** What an object wants; `name` is unique, such as `Service default/web`. */
export type Wish = { name: string; object: KubeObject | undefined; listeners: readonly Listener[] };

type Fault = { fault: ListenFault; failures: number; cancelRetry: () => void };
type Deps = { recorder: EventRecorder; clock: Clock; log: Log };

/** Faults told as events from this failure on: an address may come up a moment after the proxy. */
const patience: Partial<Record<ListenFault['reason'], number>> = { 'no address': 4 };

/**
 * Keeps `traffic` at what everyone wants, as far as ports can be had. A port that cannot be opened is told as an event of
 * its object and tried again, after growing pauses and whenever the object changes; nothing else suffers.
 */
export function createPorts(traffic: Traffic, { recorder, clock, log }: Deps) {
  const claims = new Claims();
  const objects = new Map<string, KubeObject>();
  const faults = new Map<string, Fault>();
  const told = new Map<string, string>();
  let onRecovered: (name: string) => void = () => {};
  let isClosed = false;

  function tell(by: Claimant, listener: Listener, why: string): void {
    const key = `${by.name} ${listener.id}`;
    const object = objects.get(by.name);
    if (told.get(key) === why || !object) return;
    told.set(key, why);
    const message = `${listener.via} ${listener.port}/${listener.protocol} cannot be served on ${listener.address}: ${why}`;
    recorder.record(object, 'Warning', 'PortNotAvailable', message);
    log.warn('a port cannot be served', { owner: by.name, listener: listener.id, via: listener.via, why });
  }

  function forget(id: string): void {
    faults.get(id)?.cancelRetry();
    faults.delete(id);
  }

  async function open(id: string): Promise<void> {
    const claim = claims.winner(id);
    if (!claim || isClosed) return;
    const { by, listener } = claim;
    const fault = await traffic.put(listener);
    // Changed or closed while it was opened: whoever did that sees to it.
    if (isClosed || claims.winner(id)?.listener !== listener) return;
    const before = faults.get(id);
    forget(id);
    if (!fault) {
      told.delete(`${by.name} ${id}`);
      if (before) onRecovered(by.name);
      return;
    }
    const failures = (before?.failures ?? 0) + 1;
    const cancelRetry = clock.schedule(backoff(failures - 1, seconds(1), seconds(30)), () => void open(id));
    faults.set(id, { fault, failures, cancelRetry });
    // An external IP that is on another host is nothing to worry about.
    const isElsewhere = listener.via === 'external IP' && fault.reason === 'no address';
    if (!isElsewhere && failures >= (patience[fault.reason] ?? 1)) tell(by, listener, words(fault));
  }

  return {
    /** Resolves when each listener works or has failed for the first time. */
    async set(wishes: readonly Wish[]): Promise<void> {
      const touched = new Set<string>();
      for (const { name, object, listeners } of wishes) {
        if (object) objects.set(name, object);
        for (const id of claims.set({ name, since: object?.metadata.creationTimestamp ?? '' }, listeners)) touched.add(id);
        if (!object) objects.delete(name);
      }
      for (const key of [...told.keys()]) if (!isWanted(key)) told.delete(key);
      for (const id of touched) {
        if (claims.winner(id)) continue;
        forget(id);
        traffic.remove(id);
      }
      await Promise.all([...touched].map(open));
      for (const id of touched) {
        for (const { by, listener } of claims.losers(id)) tell(by, listener, `it is in use by ${claims.winner(id)?.by.name}`);
      }
    },
    /** Whether all load balancer ports of an object are its own and work. */
    isServed: (name: string): boolean =>
      [...claims.idsOf(name)].every((id) => {
        const claim = claims.winner(id);
        const isOwn = claim?.by.name === name;
        return isOwn
          ? claim.listener.via !== 'load balancer' || !faults.has(id)
          : !claims.losers(id).some((it) => it.by.name === name && it.listener.via === 'load balancer');
      }),
    /** Hears the name of an object whose port works after it did not. */
    whenRecovered(listener: (name: string) => void): void {
      onRecovered = listener;
    },
    faults: (): ReadonlyMap<string, { fault: ListenFault }> => faults,
    close(): void {
      isClosed = true;
      for (const id of [...faults.keys()]) forget(id);
    },
  };

  function isWanted(key: string): boolean {
    const at = key.search(/ (TCP|UDP) /);
    return claims.idsOf(key.slice(0, at)).has(key.slice(at + 1));
  }
}

function words(fault: ListenFault): string {
  switch (fault.reason) {
    case 'taken':
      return 'it is in use by another program on this host';
    case 'no address':
      return 'this host has no such address';
    case 'not allowed':
      return 'this user may not listen there';
    default:
      return fault.message;
  }
}
