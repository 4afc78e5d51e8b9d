import type { Client, EventRecorder, Informers } from '../client/index.ts';
import { persistentVolumeClaim, pod as podKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { WorkQueue } from '../lib/queue.ts';
import type { Random } from '../lib/random.ts';
import { isReason } from '../meta/status-error.ts';
import { createVolumeBinding } from './bind-volumes.ts';
import { Cluster } from './cluster.ts';
import { evict } from './evict.ts';
import type { NodeInfo } from './node-info.ts';
import { raise } from './node-info.ts';
import type { Context } from './plugins/index.ts';
import { preempt } from './preempt.ts';
import { type Entry, SchedulingQueue } from './queue.ts';
import { type Decision, schedule } from './schedule.ts';
import { createVerdictWriter } from './verdict-writer.ts';
import { planVolumes, podClaims, type VolumePlan } from './volumes.ts';
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

export interface Scheduler {
  /** Undefined when it is well, else what ails it. */
  health(): string | undefined;
  /** The pods that wait for a node and why, for people. */
  describe(): string;
  stop(): void;
}

// So many bindings are under way at a time; decisions do not wait for them.
const binders = 32;
// Decisions made before others in the process get their turn.
const atOnce = 20;

type Binding = { entry: Entry; node: string };

/** Gives every pod without a node one that suits it. Resolves when all that there is is known; ends with the signal. */
export async function startScheduler(config: SchedulerConfig, deps: SchedulerDeps): Promise<Scheduler> {
  const { client, informers, recorder, clock, random, log, signal } = deps;
  const count = counters(deps.metrics, () => queue);
  const cluster = new Cluster(namespaceLabels(informers));
  const reserved = new Map<string, number>();
  const context: Context = { cluster, volumes: volumeFacts(informers, reserved) };
  const verdicts = createVerdictWriter(client, clock, log);
  const bindVolumes = createVolumeBinding(client, informers.of(persistentVolumeClaim), clock);
  /** Pods that wait for others to make room, which is kept for them. */
  const nominated = new Set<string>();
  const bindings = new Map<string, Binding>();
  let isRunning = false;
  let isPlanned = false;
  let start = 0;

  const queue = new SchedulingQueue(clock, () => plan());

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
    const { info } = entry;
    if (nominated.delete(info.uid)) cluster.forget(info.uid);
    try {
      const decision = schedule(info, context, random, start);
      start = (start + 1) % Math.max(1, cluster.nodes.length);
      if (decision.type === 'node') commit(entry, decision.node);
      else refuse(entry, decision);
    } catch (error) {
      fail(entry, error);
    }
  }

  function commit(entry: Entry, node: NodeInfo): void {
    const { info } = entry;
    const claims = info.claims.length > 0 ? podClaims(info.pod, context.volumes) : undefined;
    const delayed = claims && 'delayed' in claims ? claims.delayed : [];
    const volumes = delayed.length > 0 ? planVolumes(delayed, node, context.volumes) : undefined;
    cluster.assume(info, node.name);
    bindings.set(info.uid, { entry, node: node.name });
    if (volumes) void waitForVolumes(entry, volumes, node.name);
    else binds.add(info.uid);
  }

  async function waitForVolumes(entry: Entry, volumes: VolumePlan, node: string): Promise<void> {
    const names = volumes.bind.map(({ volume }) => volume.metadata.name);
    for (const name of names) raise(reserved, name, 1);
    try {
      await bindVolumes(volumes, node);
      binds.add(entry.info.uid);
    } catch (error) {
      undo(entry);
      fail(entry, new Error(`running PreBind plugin "VolumeBinding": ${messageOf(error)}`, { cause: error }));
    } finally {
      for (const name of names) raise(reserved, name, -1);
    }
  }

  const binds = new WorkQueue({
    clock,
    workers: binders,
    async work(uid) {
      const binding = bindings.get(uid);
      if (!binding || signal.aborted) return;
      const { entry, node } = binding;
      const { pod, key } = entry.info;
      const { namespace, name } = pod.metadata;
      const target = { kind: 'Node', name: node };
      const body = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name, uid }, target };
      try {
        await client.post(podKind, { ...(namespace && { namespace }), name }, 'binding', body);
      } catch (error) {
        undo(entry);
        // It has gone, or been bound by someone else: the watch tells.
        if (isReason(error, 'NotFound')) queue.remove(uid);
        else fail(entry, new Error(`binding rejected: running Bind plugin "DefaultBinder": ${messageOf(error)}`, { cause: error }));
        return;
      }
      bindings.delete(uid);
      queue.remove(uid);
      verdicts.forget(uid);
      count.bound(clock.now() - entry.first);
      recorder.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${node}`);
    },
  });

  function undo({ info }: Entry): void {
    bindings.delete(info.uid);
    cluster.forget(info.uid);
    queue.wake('pod gone');
  }

  function refuse(entry: Entry, decision: Decision & { type: 'none' }): void {
    const { info } = entry;
    const outcome = decision.hasNodes ? preempt(info, decision.mightFit, context) : undefined;
    const message = outcome?.type === 'none' ? `${decision.message} ${outcome.message}` : decision.message;
    count.refused();
    queue.refuse(entry, decision.wokenBy);
    recorder.record(info.pod, 'Warning', 'FailedScheduling', message);
    const hadPlace = Boolean(info.pod.status?.nominatedNodeName);
    if (outcome?.type === 'victims') {
      const node = outcome.node.name;
      nominated.add(info.uid);
      cluster.assume(info, node);
      verdicts.write(info, { reason: 'Unschedulable', message, nominatedNodeName: node });
      for (const victim of outcome.victims) void evict(victim, info, node, deps);
    } else
      verdicts.write(info, {
        reason: 'Unschedulable',
        message,
        ...(hadPlace && decision.mightFit.length === 0 && { nominatedNodeName: '' }),
      });
  }

  function fail(entry: Entry, error: unknown): void {
    if (entry.state === 'gone' || signal.aborted) return;
    count.failed();
    const message = messageOf(error);
    log.warn('a pod could not be scheduled', { pod: entry.info.key, error: message });
    queue.retry(entry);
    recorder.record(entry.info.pod, 'Warning', 'FailedScheduling', message);
    verdicts.write(entry.info, { reason: 'SchedulerError', message });
  }

  const settled = (uid: string): void => {
    if (nominated.delete(uid)) cluster.forget(uid);
    queue.remove(uid);
    verdicts.forget(uid);
  };
  const unwatch = watchCluster(informers, config.schedulerName, cluster, {
    wants: (info) => queue.set(info),
    settled,
    news: (news) => queue.wake(news),
  });
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    isRunning = false;
    queue.stop();
    binds.stop();
    verdicts.stop();
    void unwatch.then((end) => end());
  };
  signal.addEventListener('abort', stop, { once: true });
  await unwatch;
  isRunning = !isStopped;
  plan();
  return { health: () => (isRunning ? undefined : 'the scheduler has ended'), describe: () => describe(queue), stop };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function counters(metrics: Metrics, queue: () => SchedulingQueue) {
  const attempts = metrics.counter('peapod_scheduler_attempts_total', 'Tries to find a node for a pod, by result', ['result']);
  const wait = metrics.histogram(
    'peapod_scheduler_bound_seconds',
    'From the first sight of a pod until it is bound',
    [],
    [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  );
  metrics.gauge('peapod_scheduler_pods_count', 'Pods without a node, by where they stand', ['state'], (gauge) => {
    for (const [state, pods] of Object.entries(queue().counts())) gauge.set({ state }, pods);
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
  const lines = [...queue.entries()].map(({ info, state, attempts, wokenBy }) => {
    const waits = wokenBy.size > 0 ? `\twaits for: ${[...wokenBy].join(', ')}` : '';
    return `${info.key}\t${state}\tattempts=${attempts}${waits}`;
  });
  return lines.sort().join('\n');
}
