import { type Client, createClient, createInformers, type Informer, type Transport } from '../../src/client/index.ts';
import { type core, isPodFinished, lease, node as nodeKind, persistentVolume, pod as podKind } from '../../src/kinds/index.ts';
import { type Milliseconds, seconds, toMicroTime, toTime } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { WorkQueue } from '../../src/lib/queue.ts';
import { withCondition } from '../../src/meta/condition.ts';
import { isDeleting, keyOf } from '../../src/meta/owner.ts';
import { isReason } from '../../src/meta/status-error.ts';
import type { VirtualClock } from '../../src/lib/virtual-clock.ts';
import type { Draw } from './draw.ts';

/** How pods fare. */
export type Luck = {
  /** The longest until a pod runs, and from then until it is ready. */
  start: Milliseconds;
  ready: Milliseconds;
  /** The longest a pod that comes to an end by itself works; and how many of those fail. */
  work: Milliseconds;
  failures: number;
  /** The longest a pod takes to stop. */
  stop: Milliseconds;
};

/** What an agent knows of a pod it runs, whatever the API server says. */
type Life = {
  pod: core.Pod;
  node: string;
  ip: string;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  ready: boolean;
  readySince: Milliseconds;
  startedAt: Milliseconds | undefined;
  restarts: number;
  isStopping: boolean;
  /** Nothing of it runs any more. */
  hasEnded: boolean;
  cancel: () => void;
};

export type Agents = {
  readonly nodes: ReadonlySet<string>;
  readonly lost: ReadonlySet<string>;
  /** They are about to say that they are there. */
  readonly joining: ReadonlySet<string>;
  addNode(name: string, draft: { labels?: { [key: string]: string }; room?: { [resource: string]: string } }): Promise<void>;
  /** The machine is cut off: its pods run on, and nobody hears of it. */
  lose(name: string): void;
  comeBack(name: string): void;
  /**
   * The machine is gone for good, and everything on it. Not one that is joining: its last request would make a node without
   * a machine, and pods that are bound to such a one are upstream's to wait for as ours, for ever.
   */
  destroy(name: string): void;
  /** A container of a running pod ends by itself. */
  crash(uid: string): void;
  /** Uids of what really runs, by namespace and name of the pod. */
  running(key: string): string[];
  lives(): Iterable<Life>;
};

type Deps = {
  clock: VirtualClock;
  draw: Draw;
  transport: Transport;
  signal: AbortSignal;
  luck: () => Luck;
  onStart: (pod: core.Pod) => void;
};

const volumeFinalizer = 'volume.peapod.dev/docker-volume';
const beatEvery = seconds(20);

/**
 * Stands in for the node agents and everything below: follows pods that are bound to its nodes, runs them in name only,
 * and says so through the API, as the real one does. What it says of a pod's end is final.
 */
export function startAgents({ clock, draw, transport, signal, luck, onStart }: Deps): Agents {
  const client: Client = createClient(transport, { fieldManager: 'kubelet' });
  const informers = createInformers(client, { clock, log: silentLog, signal });
  const pods: Informer<core.Pod> = informers.of(podKind);
  const nodes = new Set<string>();
  const lost = new Set<string>();
  const joining = new Set<string>();
  const lives = new Map<string, Life>();
  const byKey = new Map<string, Set<Life>>();
  let addresses = 2;

  const queue = new WorkQueue({
    clock,
    workers: 64,
    async work(uid) {
      try {
        await sync(uid);
        queue.forget(uid);
      } catch {
        // The API server could not be reached or said no: what is to be said is said again.
        queue.retry(uid);
      }
    },
  });
  const keys = new Map<string, string>();
  pods.onChange(({ type, object, old }) => {
    const { uid } = object.metadata;
    if (type === 'added') keys.set(uid, keyOf(object));
    if (object.spec.nodeName || lives.has(uid)) queue.add(uid);
    if (old && old.metadata.uid !== uid) queue.add(old.metadata.uid);
    if (type === 'deleted' && !lives.has(uid)) keys.delete(uid);
  });

  // Volumes are given back by whoever has them.
  informers.of(persistentVolume).onChange(({ object }) => {
    if (isDeleting(object) && object.metadata.finalizers?.includes(volumeFinalizer)) volumes.add(object.metadata.name);
  });
  const volumes = new WorkQueue({
    clock,
    workers: 4,
    async work(name) {
      try {
        await client.change(persistentVolume, { name }, (draft) => {
          draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((it) => it !== volumeFinalizer);
        });
        volumes.forget(name);
      } catch {
        volumes.retry(name);
      }
    },
  });

  function begin(pod: core.Pod, node: string): Life {
    const n = addresses++;
    const life: Life = {
      ...{ pod, node, ip: `10.${244 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`, phase: 'Pending', ready: false, readySince: 0 },
      ...{ startedAt: undefined, restarts: 0, isStopping: false, hasEnded: false, cancel: () => {} },
    };
    lives.set(pod.metadata.uid, life);
    const key = keyOf(pod);
    const namesakes = byKey.get(key) ?? new Set();
    namesakes.add(life);
    byKey.set(key, namesakes);
    later(life, draw.whole(20, luck().start), () => run(life));
    return life;
  }

  function later(life: Life, span: Milliseconds, act: () => void): void {
    life.cancel();
    life.cancel = clock.schedule(span, () => {
      act();
      queue.add(life.pod.metadata.uid);
    });
  }

  function run(life: Life): void {
    life.phase = 'Running';
    life.startedAt = clock.now();
    onStart(life.pod);
    if (life.pod.spec.restartPolicy === 'Always') later(life, draw.whole(0, luck().ready), () => setReady(life, true));
    else {
      setReady(life, true);
      later(life, draw.whole(100, luck().work), () => finish(life, !draw.chance(luck().failures)));
    }
  }

  function finish(life: Life, isWell: boolean): void {
    if (!isWell && life.pod.spec.restartPolicy === 'OnFailure') {
      life.restarts += 1;
      setReady(life, false);
      later(life, draw.whole(100, seconds(5)), () => {
        setReady(life, true);
        later(life, draw.whole(100, luck().work), () => finish(life, !draw.chance(luck().failures)));
      });
      return;
    }
    end(life, isWell ? 'Succeeded' : 'Failed');
  }

  function end(life: Life, phase: 'Succeeded' | 'Failed'): void {
    life.cancel();
    life.phase = phase;
    life.hasEnded = true;
    setReady(life, false);
  }

  function setReady(life: Life, ready: boolean): void {
    if (life.ready === ready) return;
    life.ready = ready;
    life.readySince = clock.now();
  }

  function forget(life: Life): void {
    life.cancel();
    lives.delete(life.pod.metadata.uid);
    const key = keyOf(life.pod);
    const namesakes = byKey.get(key);
    namesakes?.delete(life);
    if (namesakes?.size === 0) byKey.delete(key);
  }

  async function sync(uid: string): Promise<void> {
    const life = lives.get(uid);
    const found = pods.get(keys.get(uid) ?? '');
    const it = found?.metadata.uid === uid ? found : undefined;
    const where = life?.node ?? it?.spec.nodeName ?? '';
    if (!nodes.has(where) || lost.has(where)) return;
    // Nobody wants it any more: whatever runs of it is killed.
    if (!it) {
      if (life) forget(life);
      keys.delete(uid);
      return;
    }
    if (!life) {
      if (isDeleting(it)) {
        // It never began, and never will: that is said, too, where somebody waits to hear it (upstream: TerminatePod).
        if (it.metadata.finalizers?.length && !isPodFinished(it)) await giveUp(it);
        return remove(it);
      }
      if (isPodFinished(it)) return;
      begin(it, where);
      return;
    }
    if (isDeleting(it) && !life.isStopping) {
      life.isStopping = true;
      if (life.hasEnded) queue.add(uid);
      else
        later(life, draw.whole(0, Math.min(luck().stop, (it.metadata.deletionGracePeriodSeconds ?? 0) * 1000)), () => end(life, 'Failed'));
    }
    if (isDeleting(it) && life.hasEnded) {
      // Somebody may wait to hear how it ended.
      if (it.metadata.finalizers?.length) await tell(it, life);
      await remove(it);
      if (!it.metadata.finalizers?.length) forget(life);
      return;
    }
    await tell(it, life);
  }

  async function tell(it: core.Pod, life: Life): Promise<void> {
    await client.changeStatus(podKind, it, (draft) => {
      if (draft.metadata.uid !== it.metadata.uid || isPodFinished(draft)) return false;
      draft.status = statusOf(draft, life, clock.now());
      return true;
    });
  }

  async function giveUp(it: core.Pod): Promise<void> {
    await client.changeStatus(podKind, it, (draft) => {
      if (draft.metadata.uid !== it.metadata.uid || isPodFinished(draft)) return false;
      draft.status = { ...draft.status, phase: 'Failed' };
      return true;
    });
  }

  async function remove(it: core.Pod): Promise<void> {
    try {
      await client.delete(podKind, it.metadata, { gracePeriodSeconds: 0, preconditions: { uid: it.metadata.uid } });
    } catch (error) {
      // Another pod has the name.
      if (!isReason(error, 'Conflict')) throw error;
    }
  }

  async function beat(name: string): Promise<void> {
    if (!nodes.has(name) || signal.aborted) return;
    clock.schedule(beatEvery, () => void beat(name));
    if (lost.has(name)) return;
    try {
      await client.change(lease, { namespace: 'kube-node-lease', name }, (draft) => {
        draft.spec = { renewTime: toMicroTime(clock.now()) };
      });
      await client.changeStatus(nodeKind, { name }, (draft) => {
        if (draft.status?.conditions?.find((one) => one.type === 'Ready')?.status === 'True') return false;
        const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: toTime(clock.now()) };
        draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, toTime(clock.now())) };
        return true;
      });
    } catch {
      // The next beat says it again.
      return;
    }
  }

  return {
    ...{ nodes, lost, joining },
    async addNode(name, { labels = {}, room = {} }) {
      nodes.add(name);
      joining.add(name);
      lost.delete(name);
      const allocatable = { cpu: '16', memory: '64Gi', pods: '110', ...room };
      const metadata = { name, labels: { 'kubernetes.io/hostname': name, ...labels } };
      const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: toTime(clock.now()) }];
      const put = async (): Promise<void> => {
        try {
          await client.create(nodeKind, { metadata, spec: {}, status: { conditions, allocatable, capacity: allocatable } });
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) return put();
        }
        try {
          await client.create(lease, { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: toMicroTime(clock.now()) } });
        } catch (error) {
          if (!isReason(error, 'AlreadyExists')) return put();
        }
      };
      await put();
      joining.delete(name);
      // Pods of a machine that had the name before are its own now.
      for (const it of pods.list()) if (it.spec.nodeName === name) queue.add(it.metadata.uid);
      void beat(name);
    },
    lose: (name) => void lost.add(name),
    comeBack(name) {
      if (!lost.delete(name)) return;
      for (const it of lives.values()) if (it.node === name) queue.add(it.pod.metadata.uid);
      for (const it of pods.list()) if (it.spec.nodeName === name) queue.add(it.metadata.uid);
    },
    destroy(name) {
      nodes.delete(name);
      lost.delete(name);
      for (const it of [...lives.values()]) if (it.node === name) forget(it);
    },
    crash(uid) {
      const life = lives.get(uid);
      if (life?.phase !== 'Running' || life.hasEnded || life.isStopping) return;
      if (life.pod.spec.restartPolicy !== 'Always') finish(life, false);
      else {
        life.restarts += 1;
        setReady(life, false);
        later(life, draw.whole(100, seconds(10)), () => setReady(life, true));
      }
      queue.add(uid);
    },
    running: (key) =>
      [...(byKey.get(key) ?? [])].filter((it) => it.startedAt !== undefined && !it.hasEnded).map((it) => it.pod.metadata.uid),
    lives: () => lives.values(),
  };
}

function statusOf({ status, spec }: core.Pod, life: Life, now: Milliseconds): core.PodStatus {
  const truth = (is: boolean): string => (is ? 'True' : 'False');
  let conditions = status?.conditions ?? [];
  const started = life.startedAt !== undefined;
  for (const [type, is] of [
    ['Initialized', started],
    ['ContainersReady', life.ready],
    ['Ready', life.ready],
  ] as const)
    conditions = withCondition(conditions, { type, status: truth(is) }, toTime(now));
  const done = life.phase === 'Succeeded' || life.phase === 'Failed';
  const finishedAt = toTime(life.readySince);
  const state = done
    ? { terminated: { exitCode: life.phase === 'Failed' ? 1 : 0, reason: life.phase === 'Failed' ? 'Error' : 'Completed', finishedAt } }
    : started
      ? { running: { startedAt: toTime(life.startedAt ?? now) } }
      : { waiting: { reason: 'ContainerCreating' } };
  return {
    ...status,
    phase: life.phase,
    conditions,
    ...(started && { podIP: life.ip, podIPs: [{ ip: life.ip }] }),
    startTime: status?.startTime ?? toTime(now),
    containerStatuses: spec.containers.map(({ name, image = '' }) => ({
      ...{ name, image, imageID: '', restartCount: life.restarts, ready: life.ready, started, state },
    })),
  };
}
