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

/** A listener that does not work for who wants it. Not told: nothing to worry about, or not yet. */
export type Complaint = { listener: Listener; why: string; isTold: boolean };

type Fault = { fault: ListenFault; failures: number; cancelRetry: () => void };
type Deps = { recorder: EventRecorder; clock: Clock; log: Log };

/** Faults told from this failure on: an address may come up a moment after the proxy. */
const patience: Partial<Record<ListenFault['reason'], number>> = { 'no address': 4 };

/**
 * Keeps `traffic` at what everyone wants, as far as ports can be had. A port that cannot be opened is told as an event of
 * its object and tried again, after growing pauses and whenever the object changes; nothing else suffers.
 */
export function createPorts(traffic: Traffic, { recorder, clock, log }: Deps) {
  const claims = new Claims();
  const objects = new Map<string, KubeObject>();
  const faults = new Map<string, Fault>();
  const complaints = new Map<string, Map<string, Complaint>>();
  let onChange: (name: string) => void = () => {};
  let isClosed = false;

  function complain({ name }: Claimant, listener: Listener, why: string, isTold: boolean): void {
    const own = complaints.get(name) ?? new Map<string, Complaint>();
    const before = own.get(listener.id);
    complaints.set(name, own.set(listener.id, { listener, why, isTold }));
    if (!isTold || (before?.isTold && before.why === why)) return;
    const object = objects.get(name);
    if (object) recorder.record(object, 'Warning', 'PortNotAvailable', complaintText({ listener, why }));
    log.warn('a port cannot be served', { owner: name, listener: listener.id, via: listener.via, why });
    onChange(name);
  }

  function satisfy(name: string, id: string): void {
    const own = complaints.get(name);
    if (!own?.delete(id)) return;
    if (own.size === 0) complaints.delete(name);
    onChange(name);
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
    const failures = (faults.get(id)?.failures ?? 0) + 1;
    forget(id);
    if (!fault) return satisfy(by.name, id);
    const cancelRetry = clock.schedule(backoff(failures - 1, seconds(1), seconds(30)), () => void open(id));
    faults.set(id, { fault, failures, cancelRetry });
    // An external IP that is on another host is nothing to worry about.
    const isElsewhere = listener.via === 'external IP' && fault.reason === 'no address';
    complain(by, listener, words(fault), !isElsewhere && failures >= (patience[fault.reason] ?? 1));
  }

  return {
    /** Resolves when each listener works or has failed for the first time. */
    async set(wishes: readonly Wish[]): Promise<void> {
      const touched = new Set<string>();
      for (const { name, object, listeners } of wishes) {
        if (object) objects.set(name, object);
        else objects.delete(name);
        for (const id of claims.set({ name, since: object?.metadata.creationTimestamp ?? '' }, listeners)) touched.add(id);
        const wanted = claims.idsOf(name);
        for (const id of [...(complaints.get(name)?.keys() ?? [])]) if (!wanted.has(id)) satisfy(name, id);
      }
      const removed = [...touched].filter((id) => !claims.winner(id));
      for (const id of removed) forget(id);
      await Promise.all([...removed.map((id) => traffic.remove(id)), ...[...touched].map(open)]);
      for (const id of touched) {
        for (const { by, listener } of claims.losers(id)) complain(by, listener, `it is in use by ${claims.winner(id)?.by.name}`, true);
      }
    },
    /** What an object wants and does not have. */
    complaintsOf: (name: string): readonly Complaint[] => [...(complaints.get(name)?.values() ?? [])],
    /** Hears the name of an object of which complaints are to be told, or are over. */
    whenChanged(listener: (name: string) => void): void {
      onChange = listener;
    },
    faultOf: (id: string): ListenFault | undefined => faults.get(id)?.fault,
    close(): void {
      isClosed = true;
      for (const id of [...faults.keys()]) forget(id);
    },
  };
}

export const complaintText = ({ listener, why }: Pick<Complaint, 'listener' | 'why'>): string =>
  `${listener.via} ${listener.port}/${listener.protocol} cannot be served on ${listener.address}: ${why}`;

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
