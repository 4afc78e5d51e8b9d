import type { Client, EventRecorder, Informers } from '../client/index.ts';
import type { AnyKind, core, Kind } from '../kinds/index.ts';
import type { Clock, Milliseconds } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { WorkQueue } from '../lib/queue.ts';
import { controllerOf, keyOf } from '../meta/owner.ts';
import { isReason } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { Expectations } from './expectations.ts';

export type Result = { again?: Milliseconds };
export const done: Result = {};
export const again = (after: Milliseconds): Result => ({ again: after });

export type ControllerContext = {
  client: Client;
  informers: Informers;
  clock: Clock;
  recorder: EventRecorder;
  log: Log;
  config: ControllersConfig;
  /** What this controller has written and its caches may not show yet. */
  expectations: Expectations;
};
export type ControllersConfig = {
  rootCa: string;
  /** A token of an account that holds as long as the secret of that name. Absent: none are signed here. */
  signToken?: (account: core.ServiceAccount, secretName: string) => string;
  nodeMonitorGrace: Milliseconds;
  /** The cluster's name, by which its Docker volumes are told from others. */
  cluster: string;
};

/** Objects of another kind whose changes make keys of this controller due. */
export type Trigger = { kind: AnyKind; keys: (object: KubeObject, context: ControllerContext) => Iterable<string> };

/**
 * A reconciler takes a key, reads everything it needs from the caches, and may run at any time. Throwing means
 * "again, later"; a lasting fault belongs into the object's conditions.
 */
export type Controller = {
  name: string;
  for: AnyKind;
  /** Kinds that carry a controller reference to what this one is for. */
  owns?: readonly AnyKind[];
  /** Other kinds that matter. */
  also?: readonly Trigger[];
  workers?: number;
  reconcile(key: string, context: ControllerContext): Promise<Result>;
};

export type ControllersDeps = {
  client: Client;
  informers: Informers;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
  recorderFor: (component: string) => EventRecorder;
};

/** Runs the controllers until the signal aborts; resolves when all their caches are filled. */
export async function runControllers(controllers: readonly Controller[], config: ControllersConfig, deps: ControllersDeps): Promise<void> {
  const duration = deps.metrics.histogram(
    'peapod_controller_reconcile_seconds',
    'How long one reconcile takes',
    ['controller'],
    [0.001, 0.01, 0.1, 1, 10],
  );
  const waits = deps.metrics.histogram(
    'peapod_controller_queue_seconds',
    'How long a key was due before it was worked on',
    ['controller'],
    [0.001, 0.01, 0.1, 1, 10],
  );
  const retries = deps.metrics.counter('peapod_controller_retries_total', 'Reconciles that failed and were queued again', ['controller']);
  const queues = new Map<string, WorkQueue>();
  deps.metrics.gauge('peapod_controller_queue_keys', 'Keys waiting or worked on', ['controller'], (gauge) => {
    for (const [controller, queue] of queues) gauge.set({ controller }, queue.depth);
  });
  await Promise.all(controllers.map((controller) => start(controller)));

  async function start(controller: Controller): Promise<void> {
    const { name } = controller;
    const log = deps.log.with({ controller: name });
    const { client, informers, clock } = deps;
    const expectations = new Expectations(clock);
    const recorder = deps.recorderFor(`${name}-controller`);
    const context: ControllerContext = { client, informers, clock, log, config, recorder, expectations };
    const queue = new WorkQueue({
      clock,
      workers: controller.workers ?? 4,
      onWait: (span) => waits.observe({ controller: name }, span / 1000),
      async work(key) {
        const stop = duration.startTimer({ controller: name });
        try {
          await expectations.lookUp(key, client);
          const result = await controller.reconcile(key, context);
          queue.forget(key);
          if (result.again !== undefined) queue.addAfter(key, result.again);
        } catch (error) {
          retries.inc({ controller: name });
          // A conflict says that the cache lags, which mends itself.
          const level = isReason(error, 'Conflict') ? 'debug' : 'warn';
          log[level]('a reconcile failed and is tried again', { key, error: String(error) });
          queue.retry(key);
        } finally {
          stop();
        }
      },
    });
    queues.set(name, queue);
    deps.signal.addEventListener('abort', () => queue.stop());
    const watched = [controller.for, ...(controller.owns ?? []), ...(controller.also ?? []).map((it) => it.kind)] as Kind[];
    await Promise.all(watched.map((kind) => informers.of(kind).synced));
    for (const kind of watched) expectations.follow(kind, informers.of(kind));
    informers.of(controller.for as Kind).onChange(({ object }) => queue.add(keyOf(object)));
    for (const kind of controller.owns ?? []) {
      informers.of(kind as Kind).onChange(({ object, old }) => {
        for (const it of [object, old]) {
          const owner = it && controllerOf(it);
          if (owner?.kind === controller.for.kind)
            queue.add(it?.metadata.namespace ? `${it.metadata.namespace}/${owner.name}` : owner.name);
        }
      });
    }
    for (const { kind, keys } of controller.also ?? []) {
      informers.of(kind as Kind).onChange(({ object, old }) => {
        for (const it of old ? [object, old] : [object]) for (const key of keys(it, context)) queue.add(key);
      });
    }
  }
}
