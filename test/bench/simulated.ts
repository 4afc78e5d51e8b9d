/**
 * A large cluster without containers, in a process of its own: the real API, store (in memory), controllers and scheduler,
 * and node agents that say at once what is asked of them. Prints its figures as JSON. Needs --expose-gc. Arguments, for a
 * smaller one: nodes, pods at first, pods in the end, replicas that are rolled out.
 */
import { admissionOf } from '../../src/api/admission/admission.ts';
import { namespaceLifecycle } from '../../src/api/admission/namespace.ts';
import { podDefaults } from '../../src/api/admission/pod.ts';
import { podPriority } from '../../src/api/admission/priority.ts';
import { quotaAdmission } from '../../src/api/admission/quota.ts';
import { createContext } from '../../src/api/context.ts';
import { localTransport } from '../../src/api/local.ts';
import { createClient, createEventRecorder, createInformers, type Transport } from '../../src/client/index.ts';
import { controllers, runControllers } from '../../src/controllers/index.ts';
import { type core, deployment, isPodReady, namespace, node, pod } from '../../src/kinds/index.ts';
import { hours, systemClock, toTime } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/lib/metrics.ts';
import { WorkQueue } from '../../src/lib/queue.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { isDeleting, keyOf, splitKey } from '../../src/meta/owner.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { templateOf } from '../simulation/objects.ts';

export type ScaleFigures = {
  /** Pods per second from the Deployment's creation until the last is bound, and CPU seconds for a thousand. */
  small: { pods: number; perSecond: number; cpuPerThousand: number };
  large: { pods: number; perSecond: number; cpuPerThousand: number };
  /** Kilobytes of heap for each pod between the two. */
  kilobytesPerPod: number;
  /** Resident, with all pods, in MB. */
  resident: number;
  /** Seconds to give 5,000 replicas a new template. */
  rollSeconds: number;
};

const [nodes = 1_000, few = 1_000, many = 10_000, rolled = 5_000] = process.argv.slice(2).map(Number);

const store = openMemoryStore({ memoryBytes: 16 << 20, diskBytes: 16 << 20 });
const [clock, random, log] = [systemClock, systemRandom, silentLog];
const admission = admissionOf([namespaceLifecycle(store), podPriority(store), podDefaults, await quotaAdmission(store, clock)]);
const transport = localTransport(createContext({ store, clock, random, log, admission })) as unknown as Transport;
const client = createClient(transport, { fieldManager: 'bench' });
const abort = new AbortController();
// Timers of the clock do not keep a process alive.
setInterval(() => {}, 60_000);
const { signal } = abort;
const informers = createInformers(client, { clock, log, signal });
const recorderFor = (component: string) => createEventRecorder(client, { component, clock, log });

for (const name of ['default', 'kube-node-lease']) await client.create(namespace, { metadata: { name }, spec: {} });
for (let i = 0; i < nodes; i++) {
  const name = `node-${i}`;
  const allocatable = { cpu: '16', memory: '64Gi', pods: '110' };
  const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime: toTime(clock.now()) }];
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${i % 3}` };
  await client.create(node, { metadata: { name, labels }, spec: {}, status: { conditions, allocatable, capacity: allocatable } });
}
const pods = informers.of(pod);
let bound = 0;
let hear = (): void => {};
const agents = new WorkQueue({
  clock,
  workers: 32,
  async work(key) {
    const it = pods.get(key);
    if (!it?.spec.nodeName) return;
    if (isDeleting(it)) await client.delete(pod, splitKey(key) as { name: string }, { gracePeriodSeconds: 0 });
    else if (!isPodReady(it)) await client.changeStatus(pod, it, (draft) => say(draft));
  },
});
function say(draft: core.Pod): void {
  const now = toTime(clock.now());
  const others = (draft.status?.conditions ?? []).filter((it) => it.type !== 'Ready');
  const address = { podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }] };
  draft.status = {
    ...draft.status,
    ...address,
    phase: 'Running',
    conditions: [...others, { type: 'Ready', status: 'True', lastTransitionTime: now }],
  };
}
pods.onChange(({ object, old, type }) => {
  if (type !== 'deleted' && object.spec.nodeName && !old?.spec.nodeName) bound += 1;
  if (object.spec.nodeName) agents.add(keyOf(object));
  hear();
});
informers.of(deployment).onChange(() => hear());

await Promise.all([
  runControllers(
    controllers,
    { rootCa: '', nodeMonitorGrace: hours(24), cluster: 'bench' },
    { client, informers, clock, log, metrics: createMetrics(), signal, recorderFor },
  ),
  startScheduler(
    { schedulerName: 'default-scheduler' },
    { client, informers, clock, random, log, metrics: createMetrics(), signal, recorder: recorderFor('default-scheduler') },
  ),
]);

const when = (isSo: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    hear = () => {
      if (!isSo()) return;
      hear = () => {};
      resolve();
    };
    hear();
  });
const heap = (): number => {
  // Twice: what the first finds unreachable may hold more.
  for (let i = 0; i < 2; i++) global.gc?.();
  return process.memoryUsage().heapUsed;
};
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const isSettled = (name: string, replicas: number): boolean => {
  const { metadata, status } = informers.of(deployment).get(`default/${name}`) ?? {};
  if (status?.observedGeneration !== metadata?.generation) return false;
  return status?.updatedReplicas === replicas && status.availableReplicas === replicas && status.replicas === replicas;
};

async function add(name: string, replicas: number): Promise<{ pods: number; perSecond: number; cpuPerThousand: number }> {
  const [from, cpu, target] = [performance.now(), cpuSeconds(), bound + replicas];
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: templateOf(name, 1) };
  await client.create(deployment, { metadata: { namespace: 'default', name }, spec });
  await when(() => bound >= target);
  const took = (performance.now() - from) / 1_000;
  await when(() => isSettled(name, replicas));
  return { pods: replicas, perSecond: replicas / took, cpuPerThousand: ((cpuSeconds() - cpu) / replicas) * 1_000 };
}

const small = await add('few', few);
const before = heap();
// Two halves, so that one of them can be rolled out.
const halves = [await add('rolled', rolled), await add('rest', many - few - rolled)];
const kilobytesPerPod = (heap() - before) / (many - few) / 1_024;
const mean = (of: (it: typeof small) => number): number => halves.reduce((sum, it) => sum + of(it) * it.pods, 0) / (many - few);
const large = {
  pods: many,
  perSecond: (many - few) / halves.reduce((sum, it) => sum + it.pods / it.perSecond, 0),
  cpuPerThousand: mean((it) => it.cpuPerThousand),
};
const resident = process.memoryUsage().rss / 2 ** 20;

const from = performance.now();
await client.change(deployment, { namespace: 'default', name: 'rolled' }, (draft) => {
  draft.spec.template = templateOf('rolled', 2);
});
await when(() => (informers.of(deployment).get('default/rolled')?.metadata.generation ?? 0) > 1 && isSettled('rolled', rolled));
const rollSeconds = (performance.now() - from) / 1_000;
const figures: ScaleFigures = { small, large, kilobytesPerPod, resident, rollSeconds };
console.log(JSON.stringify(figures));
abort.abort();
process.exit();
