import type { core } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Facts } from './facts.ts';

export const lastSeen = (it: core.Event): string =>
  it.series?.lastObservedTime ?? it.lastTimestamp ?? it.eventTime ?? it.metadata.creationTimestamp;

export const timesSeen = (it: core.Event): number => it.series?.count ?? it.count ?? 1;

/** Who tells: `kubelet`, `default-scheduler`. */
export const tellerOf = (it: core.Event): string => it.source?.component || it.reportingComponent || '';

export type EventQuery = { reasons?: readonly string[]; container?: string };

/** The events kept about an object, oldest first; with `container` only those about it. */
export function eventsOf({ events }: Facts, { kind, metadata }: KubeObject, { reasons, container }: EventQuery = {}): core.Event[] {
  return events
    .filter(({ involvedObject: it }) => it.kind === kind && it.name === metadata.name && (!it.uid || it.uid === metadata.uid))
    .filter((it) => !reasons || reasons.includes(it.reason ?? ''))
    .filter(({ involvedObject: it }) => container === undefined || (it.fieldPath ?? '').endsWith(`{${container}}`))
    .sort((a, b) => (lastSeen(a) < lastSeen(b) ? -1 : 1));
}
