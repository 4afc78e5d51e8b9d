import type { Client, EventRecorder, Informers } from '../client/index.ts';
import { podDisruptionBudget, pod as podKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import { createBinder } from './binder.ts';
import { findCondition } from '../meta/condition.ts';
import { Cluster } from './cluster.ts';
import { explain, explanation } from './explain.ts';
import type { Context } from './plugins/index.ts';
import { podInfoOf } from './pod-info.ts';
import { type Entry, SchedulingQueue } from './queue.ts';
import { createRoom } from './room.ts';
import { type Decision, schedule } from './schedule.ts';
import { createVerdictWriter, type PodVerdict } from './verdict-writer.ts';
import { namespaceLabels, volumeFacts, watchCluster } from './watch-cluster.ts';

export type SchedulerConfig = {
  /** Pods that name another scheduler are left alone. */
  schedulerName: string;
};

export type SchedulerDeps = {
  client: Client;
  informers: Informers;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
};

/** /debug/scheduler: who waits; /debug/scheduler/pods/<namespace>/<name>: what each node is to a pod. */
export const schedulerPage = (scheduler: Scheduler) => ({
  name: 'scheduler',
  text([what, namespace, name, ...more]: readonly string[]): string | undefined {
    if (what === undefined) return scheduler.describe();
    return what === 'pods' && name !== undefined && more.length === 0 ? scheduler.explain(`${namespace}/${name}`) : undefined;
  },
});

export interface Scheduler {
  /** Undefined when it is well, else what ails it. */
  health(): string | undefined;
  /** The pods that wait for a node and why, for people. */
  describe(): string;
  /** What each node is to a pod, waiting or placed, as things are now; undefined for a pod that is not there. */
  explain(key: string): string | undefined;
  stop(): void;
}

// Decisions made before others in the process get their turn.
const atOnce = 20;

/** Gives every pod without a node one that suits it. Resolves when all that there is is known; ends with the signal. */
export async function startScheduler(config: SchedulerConfig, deps: SchedulerDeps): Promise<Scheduler> {
  const { client, informers, recorder, clock, random, log, signal } = deps;
  const cluster = new Cluster(namespaceLabels(informers));
  const reserved = new Map<string, number>();
  const volumes = volumeFacts(informers, reserved);
  const context: Context = { cluster, volumes, budgets: () => informers.of(podDisruptionBudget).list() };
  const verdicts = createVerdictWriter(client, clock, log);
  const room = createRoom(cluster, context, deps);
  const queue = new SchedulingQueue(clock, () => plan());
  const count = counters(deps.metrics, queue);
  let isRunning = false;
  let isPlanned = false;
  let start = 0;

  const binder = createBinder(
    { client, informers, clock, cluster, volumes, reserved },
    {
      bound(entry, node) {
        const { info, first } = entry;
        queue.remove(info.uid);
        verdicts.forget(info.uid);
        count.bound(clock.now() - first);
        recorder.record(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${node}`);
      },
      missed(entry) {
        queue.remove(entry.info.uid);
        queue.wake('pod gone');
      },
      failed(entry, error) {
        queue.wake('pod gone');
        fail(entry, error);
      },
    },
  );

  function plan(): void {
    if (isPlanned || !isRunning) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      for (let i = 0; i < atOnce && isRunning; i++) {
        const entry = queue.next();
        if (!entry) return;
        attempt(entry);
      }
      plan();
    });
  }

  function attempt(entry: Entry): void {
    room.release(entry.info.uid);
    try {
      room.decideFor(entry.info, () => {
        const decision = schedule(entry.info, context, random, start);
        start = (start + 1) % Math.max(1, cluster.nodes.length);
        if (decision.type === 'node') binder.bind(entry, decision.node);
        else refuse(entry, decision);
      });
    } catch (error) {
      fail(entry, error);
    }
  }

  function refuse(entry: Entry, decision: Decision & { type: 'none' }): void {
    const verdict = room.make(entry.info, decision);
    count.refused();
    queue.refuse(entry, decision.wokenBy);
    tell(entry, verdict);
  }

  function fail(entry: Entry, error: unknown): void {
    if (entry.state === 'gone' || signal.aborted) return;
    const message = error instanceof Error ? error.message : String(error);
    log.warn('a pod could not be scheduled', { pod: entry.info.key, error: message });
    count.failed();
    queue.retry(entry);
    tell(entry, { reason: 'SchedulerError', message });
  }

  function tell({ info }: Entry, verdict: PodVerdict): void {
    recorder.record(info.pod, 'Warning', 'FailedScheduling', verdict.message);
    verdicts.write(info, verdict);
  }

  function tellOf(key: string): string | undefined {
    const pod = informers.of(podKind).get(key);
    if (!pod) return undefined;
    const place = cluster.placeOf(pod.metadata.uid);
    const entry = [...queue.entries()].find((it) => it.info.uid === pod.metadata.uid);
    const info = entry?.info ?? podInfoOf(pod);
    const said = findCondition(pod.status?.conditions, 'PodScheduled');
    const where = place?.isAssumed ? `is promised to ${place.node}` : place ? `is on ${place.node}` : 'has no node';
    const lines = [
      `${key} ${where}${entry ? `, ${describeEntry(entry).replaceAll('\t', ', ')}` : ''}`,
      ...(said?.message ? [said.message] : []),
      '',
    ];
    return [...lines, explanation(explain(info, context, place?.node))].join('\n');
  }

  const unwatch = watchCluster(informers, config.schedulerName, cluster, {
    wants: (info) => queue.set(info),
    settled(uid) {
      room.release(uid);
      queue.remove(uid);
      verdicts.forget(uid);
    },
    news: (news) => queue.wake(news),
  });
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    isRunning = false;
    queue.stop();
    binder.stop();
    verdicts.stop();
    void unwatch.then((end) => end());
  };
  signal.addEventListener('abort', stop, { once: true });
  await unwatch;
  isRunning = !isStopped;
  plan();
  return { health: () => (isRunning ? undefined : 'the scheduler has ended'), describe: () => describe(queue), explain: tellOf, stop };
}

function counters(metrics: Metrics, queue: SchedulingQueue) {
  const attempts = metrics.counter('peapod_scheduler_attempts_total', 'Tries to find a node for a pod, by result', ['result']);
  const wait = metrics.histogram(
    'peapod_scheduler_bound_seconds',
    'From the first sight of a pod until it is bound',
    [],
    [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  );
  metrics.gauge('peapod_scheduler_pods_count', 'Pods without a node, by where they stand', ['state'], (gauge) => {
    for (const [state, pods] of Object.entries(queue.counts())) gauge.set({ state }, pods);
  });
  return {
    bound(after: number) {
      attempts.inc({ result: 'scheduled' });
      wait.observe(after / 1000);
    },
    refused: () => attempts.inc({ result: 'unschedulable' }),
    failed: () => attempts.inc({ result: 'error' }),
  };
}

function describe(queue: SchedulingQueue): string {
  const lines = [...queue.entries()].map((it) => `${it.info.key}\t${describeEntry(it)}`);
  return lines.sort().join('\n');
}

function describeEntry({ state, attempts, wokenBy }: Entry): string {
  const waits = wokenBy.size > 0 ? `\twaits for: ${[...wokenBy].join(', ')}` : '';
  return `${state}\tattempts=${attempts}${waits}`;
}
