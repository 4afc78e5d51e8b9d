import type { Client, Informers } from '../client/index.ts';
import { type core, persistentVolumeClaim, pod as podKind } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import { WorkQueue } from '../lib/queue.ts';
import { isReason } from '../meta/status-error.ts';
import { createVolumeBinding } from './bind-volumes.ts';
import type { Cluster } from './cluster.ts';
import { type NodeInfo, raise } from './node-info.ts';
import type { Entry } from './queue.ts';
import { planVolumes, podClaims, type VolumeFacts, type VolumePlan } from './volumes.ts';

export interface Binder {
  /** Counts the pod on the node from now on, and sees to it that it gets there: first its volumes, then itself. */
  bind(entry: Entry, node: NodeInfo): void;
  stop(): void;
}

export type BinderEnds = {
  bound: (entry: Entry, node: string) => void;
  /** The pod is gone. */
  missed: (entry: Entry) => void;
  failed: (entry: Entry, error: Error) => void;
};

/** `fault`: its binding was asked for and failed, or so it seems. */
type Choice = { entry: Entry; node: string; fault?: unknown };

type Deps = {
  client: Client;
  informers: Informers;
  clock: Clock;
  cluster: Cluster;
  volumes: VolumeFacts;
  /** Volumes that are about to be given to claims; the facts leave them out. */
  reserved: Map<string, number>;
};

// So many bindings are under way at a time; decisions do not wait for them.
const binders = 32;

export function createBinder({ client, informers, clock, cluster, volumes, reserved }: Deps, ends: BinderEnds): Binder {
  const bindVolumes = createVolumeBinding(client, informers.of(persistentVolumeClaim), clock);
  const chosen = new Map<string, Choice>();

  const queue = new WorkQueue({
    clock,
    workers: binders,
    async work(uid) {
      const choice = chosen.get(uid);
      if (!choice) return;
      const { entry, node } = choice;
      if (choice.fault === undefined) {
        try {
          await post(entry, node);
          settle(entry, node);
          return;
        } catch (error) {
          choice.fault = error;
        }
      }
      const fate = await fateOf(choice);
      if (fate === 'unknown') queue.retry(uid);
      else if (fate === 'bound') settle(entry, node);
      else {
        undo(entry);
        if (fate === 'gone') ends.missed(entry);
        else ends.failed(entry, because('binding rejected: running Bind plugin "DefaultBinder"', choice.fault));
      }
    },
  });

  /**
   * A binding may be made and only its answer lost. Whoever gives the room back then gives it to two pods, as long as the
   * cache does not show the first (upstream takes that chance, and the kubelet refuses the second pod); so it is looked up.
   */
  async function fateOf({ entry, node, fault }: Choice): Promise<'bound' | 'free' | 'gone' | 'unknown'> {
    if (isReason(fault, 'NotFound')) return 'gone';
    const { metadata } = entry.info.pod;
    let found: core.Pod | undefined;
    try {
      found = await client.get(podKind, metadata);
    } catch {
      // The first fault is the one that is told in the end; until somebody answers, the pod counts where it may be.
      return 'unknown';
    }
    if (found?.metadata.uid !== metadata.uid) return 'gone';
    return found.spec.nodeName === node ? 'bound' : 'free';
  }

  function settle(entry: Entry, node: string): void {
    forget(entry);
    ends.bound(entry, node);
  }

  function forget({ info }: Entry): void {
    chosen.delete(info.uid);
    queue.forget(info.uid);
  }

  function post({ info }: Entry, node: string): Promise<unknown> {
    const { namespace, name, uid } = info.pod.metadata;
    const metadata = { ...(namespace && { namespace }), name, uid };
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    return client.post(podKind, metadata, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata, target });
  }

  async function afterVolumes(entry: Entry, plan: VolumePlan, node: string): Promise<void> {
    const names = plan.bind.map(({ volume }) => volume.metadata.name);
    for (const name of names) raise(reserved, name, 1);
    try {
      await bindVolumes(plan, node);
      queue.add(entry.info.uid);
    } catch (error) {
      undo(entry);
      ends.failed(entry, because('running PreBind plugin "VolumeBinding"', error));
    } finally {
      for (const name of names) raise(reserved, name, -1);
    }
  }

  function undo(entry: Entry): void {
    forget(entry);
    cluster.forget(entry.info.uid);
  }

  return {
    bind(entry, node) {
      const { info } = entry;
      cluster.assume(info, node.name);
      chosen.set(info.uid, { entry, node: node.name });
      const claims = info.claims.length > 0 ? podClaims(info.pod, volumes) : undefined;
      const delayed = claims && 'delayed' in claims ? claims.delayed : [];
      const plan = delayed.length > 0 ? planVolumes(delayed, node, volumes) : undefined;
      if (plan) void afterVolumes(entry, plan, node.name);
      else queue.add(info.uid);
    },
    stop: () => queue.stop(),
  };
}

const because = (what: string, cause: unknown): Error =>
  new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
