import { type core, event } from '../kinds/index.ts';
import { type Clock, toTime } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { isReason } from '../meta/status-error.ts';
import type { Draft, KubeObject } from '../meta/types.ts';
import type { Client } from './client.ts';
import { createCorrelator, type Kept, type Told } from './event-correlator.ts';

export interface EventRecorder {
  /**
   * Never waits and never fails: events are for people, not for the work. Repeats raise the count of one event. So do
   * events of one `series`, whose message may change each time; they are not held to the limits for one object.
   */
  record(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options?: { fieldPath?: string; series?: string },
  ): void;
}

/** Events waiting for a slow server; more are dropped, as upstream's broadcaster does. */
const mostWaiting = 1000;

export function createEventRecorder(client: Client, options: { component: string; host?: string; clock: Clock; log: Log }): EventRecorder {
  const { component, host, clock, log } = options;
  const correlate = createCorrelator(clock);
  const waiting: Told[] = [];
  let isWriting = false;

  async function write(told: Told): Promise<void> {
    const decision = correlate(told);
    if (!decision) return;
    const { kept, message } = decision;
    if (kept.name) {
      try {
        const lastTimestamp = toTime(told.at);
        await client.patch(
          event,
          { namespace: kept.namespace, name: kept.name },
          { type: 'merge', body: { count: kept.count, message, lastTimestamp } },
        );
        return;
      } catch (error) {
        // It has expired or was deleted: told anew, with the count so far.
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
    for (;;) {
      const draft = draftOf(told, message, kept, component, host);
      try {
        await client.create(event, draft);
        kept.name = draft.metadata.name;
        return;
      } catch (error) {
        // Another component told of the same object in the same moment and has the name: the next one will be free.
        if (!isReason(error, 'AlreadyExists')) throw error;
        kept.stamp = (BigInt(`0x${kept.stamp}`) + 1n).toString(16);
      }
    }
  }

  async function writeAll(): Promise<void> {
    isWriting = true;
    for (let told = waiting.shift(); told; told = waiting.shift()) {
      try {
        await write(told);
      } catch (error) {
        log.debug('an event was not recorded', { reason: told.reason, about: told.about.metadata.name, error: String(error) });
      }
    }
    isWriting = false;
  }

  return {
    record(about, type, reason, message, { fieldPath, series } = {}) {
      if (waiting.length >= mostWaiting) return;
      const more = { ...(fieldPath && { fieldPath }), ...(series && { series }) };
      waiting.push({ about, type, reason, message: message.slice(0, 1024), at: clock.now(), ...more });
      if (!isWriting) void writeAll();
    },
  };
}

function draftOf(
  told: Told,
  message: string,
  kept: Kept,
  component: string,
  host: string | undefined,
): Draft<core.Event> & { metadata: { name: string } } {
  const { about, type, reason, fieldPath, at } = told;
  const { name, uid, resourceVersion, namespace } = about.metadata;
  const now = toTime(at);
  return {
    metadata: { name: `${name.slice(0, 230)}.${kept.stamp}`, namespace: kept.namespace },
    involvedObject: {
      kind: about.kind,
      apiVersion: about.apiVersion,
      name,
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(namespace && { namespace }),
      ...(fieldPath && { fieldPath }),
    },
    reason,
    message,
    type,
    source: { component, ...(host && { host }) },
    reportingComponent: component,
    reportingInstance: host ?? '',
    firstTimestamp: toTime(kept.first),
    lastTimestamp: now,
    count: kept.count,
  };
}
