import { type Client, createClient, createInformers, type EventRecorder, type Informers, type Transport } from '../../src/client/index.ts';
import { type Controller, controllers as allControllers, runControllers } from '../../src/controllers/index.ts';
import { seconds } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/lib/metrics.ts';
import type { Random } from '../../src/lib/random.ts';
import type { VirtualClock } from '../../src/lib/virtual-clock.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import type { Trace } from './trace.ts';

/** What a control plane is made of; tests put in broken ones. */
export type Parts = {
  controllers?: readonly Controller[];
  /** Stands between one part and its requests. */
  tamper?: (actor: string, transport: Transport) => Transport;
  /** Stands between one part and what the caches show it. */
  see?: (actor: string, informers: Informers) => Informers;
};

export type ControlPlane = {
  /** Starts everything anew, as a process does; resolves when all caches are filled. Time has to pass for that. */
  start(): Promise<void>;
  /** All at once and in the middle of whatever it does. */
  stop(): void;
  readonly informers: Informers | undefined;
};

type Deps = { clock: VirtualClock; random: Random; trace: Trace; wayOf: (actor: string, signal: AbortSignal) => Transport };

const config = { rootCa: 'the certificate', nodeMonitorGrace: seconds(50), cluster: 'simulated' };
/** Events are for people, and nothing is decided by them. */
const silent: EventRecorder = { record: () => {} };

/** The controllers and the scheduler, each with a client of its own so that it is known who does what. */
export function createControlPlane(
  { clock, random, trace, wayOf }: Deps,
  { controllers = allControllers, tamper, see = (_, informers) => informers }: Parts = {},
): ControlPlane {
  let abort = new AbortController();
  const plane: { informers: Informers | undefined } = { informers: undefined };
  const clientOf = (actor: string): Client => {
    const way = wayOf(actor, abort.signal);
    return createClient(tamper?.(actor, way) ?? way, { fieldManager: actor });
  };
  return {
    get informers() {
      return plane.informers;
    },
    async start() {
      abort = new AbortController();
      const { signal } = abort;
      const log = silentLog;
      const informers = createInformers(clientOf('informers'), { clock, log, signal });
      plane.informers = informers;
      const started = Promise.all([
        ...controllers.map((it) =>
          runControllers([it], config, {
            ...{ client: clientOf(it.name), informers: see(it.name, informers), clock, log, signal },
            metrics: createMetrics(),
            recorderFor: () => silent,
          }),
        ),
        startScheduler(
          { schedulerName: 'default-scheduler' },
          { client: clientOf('scheduler'), informers, recorder: silent, clock, random, log, metrics: createMetrics(), signal },
        ),
      ]);
      let isUp = false;
      void started.then(() => {
        isUp = true;
      });
      for (let i = 0; !isUp && i < 2_000; i++) await clock.advance(100);
      if (!isUp) throw new Error('the control plane did not start');
      trace.note('the control plane is up');
    },
    stop() {
      trace.note('the control plane is gone');
      abort.abort();
    },
  };
}
