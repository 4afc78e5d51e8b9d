import { type core, isPodFinished, isPodReady, lease, node, pod } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { findCondition, withCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { createHeartbeats, lookEvery } from './heartbeats.ts';
import { readinessOf, silentConditions, startupGrace, taintsOf } from './plan.ts';

const heartbeats = perRun(createHeartbeats);
type Told = { since: string; notReady: Set<string>; lost: Set<string> };
/** By node: since when it is silent, and the uids of pods that were called not ready or lost for that. */
const marked = perRun(() => new Map<string, Told>());
const leaseNamespace = 'kube-node-lease';

/** Notices nodes that have fallen silent, and keeps taints as conditions say. */
export const nodeLifecycle: Controller = {
  name: 'node',
  for: node,
  also: [
    { kind: lease, keys: ({ metadata }) => (metadata.namespace === leaseNamespace ? [metadata.name] : []) },
    // One that is ready decides whether pods are driven from those that are not.
    { kind: node, keys: (_, { informers }) => namesOf(informers.of(node).list(), (it) => readinessOf(it) !== 'True') },
    {
      kind: pod,
      keys: (object, { informers }) => {
        const found = informers.of(node).get((object as core.Pod).spec.nodeName ?? '');
        return found && readinessOf(found) === 'Unknown' ? [found.metadata.name] : [];
      },
    },
  ],
  async reconcile(name, context) {
    const { client, clock, config, informers, recorder } = context;
    const found = informers.of(node).get(name);
    if (!found) {
      tellOfRemoval(name, context);
      return done;
    }
    const now = clock.now();
    const heard = heartbeats(context).heard(found, informers.of(lease).get(`${leaseNamespace}/${name}`), now);
    if (heard.isNew) recorder.record(found, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    let it: core.Node | undefined = found;
    const grace = readinessOf(found) === undefined ? startupGrace : config.nodeMonitorGrace;
    const conditions = now - heard.at > grace ? silentConditions(found, now) : undefined;
    if (conditions) {
      const { resourceVersion } = found.metadata;
      it = await client.changeStatus(node, found, (draft) => {
        // It has said something since: the next look will tell.
        if (draft.metadata.resourceVersion !== resourceVersion) return false;
        draft.status = { ...draft.status, conditions };
        return true;
      });
      if (readinessOf(found) === 'True') recorder.record(found, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    if (!it) return done;
    const mayEvict = informers
      .of(node)
      .list()
      .some((one) => one.metadata.name !== name && readinessOf(one) === 'True');
    if (taintsOf(it, mayEvict, now)) {
      await client.change(node, it, (draft) => {
        const taints = taintsOf(draft, mayEvict, now);
        if (!taints) return false;
        if (taints.length > 0) draft.spec.taints = taints;
        else delete draft.spec.taints;
        return true;
      });
    }
    if (readinessOf(it) === 'Unknown') await markPods(it, context);
    return again(lookEvery);
  },
};

const namesOf = (nodes: readonly core.Node[], which: (it: core.Node) => boolean): string[] =>
  nodes.filter(which).map((it) => it.metadata.name);

function tellOfRemoval(name: string, context: ControllerContext): void {
  marked(context).delete(name);
  const uid = heartbeats(context).forget(name);
  if (uid === undefined) return;
  const metadata = { name, uid, resourceVersion: '', creationTimestamp: '' };
  const gone = { apiVersion: 'v1', kind: 'Node', metadata };
  context.recorder.record(gone, 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
}

/** Each pod is told once for a silence: when its agent answers for it after all, that holds. */
async function markPods({ metadata: { name }, status }: core.Node, context: ControllerContext): Promise<void> {
  const since = findCondition(status?.conditions, 'Ready')?.lastTransitionTime ?? '';
  const before = marked(context).get(name);
  const told = before?.since === since ? before : { since, notReady: new Set<string>(), lost: new Set<string>() };
  marked(context).set(name, told);
  const pods = context.informers
    .of(pod)
    .list()
    .filter((it) => it.spec.nodeName === name);
  for (const it of pods) {
    const { uid } = it.metadata;
    if (isPodReady(it) && !told.notReady.has(uid)) {
      await markNotReady(it, context);
      told.notReady.add(uid);
    }
    if (isDeleting(it) && !isPodFinished(it) && !told.lost.has(uid)) {
      await markLost(it, name, context);
      told.lost.add(uid);
    }
  }
}

/** Nobody can say that it is well: no traffic is sent to it. */
async function markNotReady(it: core.Pod, { client, clock, recorder }: ControllerContext): Promise<void> {
  recorder.record(it, 'Warning', 'NodeNotReady', 'Node is not ready');
  await client.changeStatus(pod, it, (draft) => {
    const was = draft.status?.conditions?.find((one) => one.type === 'Ready');
    if (was?.status !== 'True') return false;
    const conditions = withCondition(draft.status?.conditions, { ...was, status: 'False' }, toTime(clock.now()));
    draft.status = { ...draft.status, conditions };
    return true;
  });
}

/** Nobody can say what became of what is to go: `kubectl get` calls it Unknown (SetPodTerminationReason). */
async function markLost(it: core.Pod, nodeName: string, { client }: ControllerContext): Promise<void> {
  await client.changeStatus(pod, it, (draft) => {
    const message = `Node ${nodeName} which was running pod ${it.metadata.name} is unresponsive`;
    draft.status = { ...draft.status, reason: 'NodeLost', message };
  });
}
