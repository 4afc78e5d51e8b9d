import type { Client } from '../client/index.ts';
import { type Clock, seconds, sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type core, pod as podKind } from '../kinds/index.ts';
import { deepEqual } from '../meta/copy.ts';
import { StatusError } from '../meta/status-error.ts';
import { mirroredBy } from './static-pods/index.ts';
import { mergeStatus } from './status.ts';

/** Writes a pod's statuses in the order they came, each one, so that a watcher sees every state. */
export type StatusWriter = {
  push(status: core.PodStatus): void;
  /** Resolves when all that was pushed is written, or the pod is gone. */
  flushed(): Promise<void>;
  stop(): void;
};

type Deps = { client: Client; clock: Clock; log: Log };

// Behind by more than this, states are left out rather than the queue grow.
const longestQueue = 16;

export function createStatusWriter({ client, clock, log }: Deps, pod: core.Pod): StatusWriter {
  const queue: core.PodStatus[] = [];
  const stopped = new AbortController();
  let running: Promise<void> | undefined;

  const write = async (status: core.PodStatus): Promise<void> => {
    for (let tries = 0; !stopped.signal.aborted; tries++) {
      try {
        await client.changeStatus(podKind, { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name }, (draft) => {
          // Another pod by the same name is none of ours.
          if (draft.metadata.uid !== pod.metadata.uid && mirroredBy(draft) !== pod.metadata.uid) return false;
          const merged = mergeStatus(draft.status, status);
          if (deepEqual(draft.status, merged)) return false;
          draft.status = merged;
          return;
        });
        return;
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'NotFound') return;
        log.warn('pod status could not be written', { pod: pod.metadata.name, error });
        // It will not be taken another time; what comes after it may be.
        if (error instanceof StatusError && error.reason === 'Invalid') return;
        await sleep(clock, seconds(Math.min(2 ** tries, 30)), stopped.signal);
      }
    }
  };

  const drain = async (): Promise<void> => {
    for (let next = queue.shift(); next && !stopped.signal.aborted; next = queue.shift()) await write(next);
    running = undefined;
  };

  return {
    push(status) {
      if (queue.length >= longestQueue) queue.splice(1, 1);
      queue.push(status);
      running ??= drain();
    },
    flushed: async () => {
      while (running) await running;
    },
    stop: () => stopped.abort(),
  };
}
