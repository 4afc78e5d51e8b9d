import { type apps, type core, isPodReady } from '../../kinds/index.ts';
import { controllerOf } from '../../meta/owner.ts';

/** A line of the tree and what is below it. `ok` is what is wanted, `bad` what will not come right by waiting alone. */
export type Branch = { title: string; state: string; mood: 'ok' | 'bad' | 'busy'; children: readonly Branch[] };

/** What there is in the cluster, of all kinds that the tree shows. */
export type Seen = {
  deployments: readonly apps.Deployment[];
  replicaSets: readonly apps.ReplicaSet[];
  pods: readonly core.Pod[];
};

/** What one demo runs: names of its Deployments and of Pods without an owner, all in one namespace each. */
export type Workload = { kind: 'Deployment' | 'Pod'; namespace: string; name: string };
export type Show = { demo: string; workloads: readonly Workload[] };

/** Demo, Deployment, Pod, container: how far each is. Pods of older revisions show until they are gone. */
export const treeOf = (shows: readonly Show[], seen: Seen): Branch[] =>
  shows
    .filter(({ workloads }) => workloads.length > 0)
    .map(({ demo, workloads }) => {
      const children = workloads.map((it) => workloadBranch(it, seen));
      return { title: demo, state: '', mood: together(children), children };
    });

export const isReady = (tree: readonly Branch[]): boolean => tree.every(({ mood }) => mood === 'ok');

function workloadBranch({ kind, namespace, name }: Workload, seen: Seen): Branch {
  const isIt = (it: { metadata: { namespace?: string; name: string } }): boolean =>
    it.metadata.namespace === namespace && it.metadata.name === name;
  const title = `${kind.toLowerCase()}/${name}`;
  if (kind === 'Pod') {
    const pod = seen.pods.find(isIt);
    return pod ? podBranch(pod) : { title, state: 'not there yet', mood: 'busy', children: [] };
  }
  const deployment = seen.deployments.find(isIt);
  if (!deployment) return { title, state: 'not there yet', mood: 'busy', children: [] };
  const sets = seen.replicaSets.filter((it) => controllerOf(it)?.uid === deployment.metadata.uid).map((it) => it.metadata.uid);
  const pods = seen.pods.filter((it) => sets.includes(controllerOf(it)?.uid ?? '')).sort(byName);
  const children = pods.map(podBranch);
  const { state, done } = rollout(deployment);
  return { title, state, mood: children.some(({ mood }) => mood === 'bad') ? 'bad' : done ? 'ok' : 'busy', children };
}

/** After kubectl's rollout status: what counts is the newest revision, all of it available and nothing older left. */
function rollout({ metadata, spec, status }: apps.Deployment): { state: string; done: boolean } {
  const wanted = spec.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0, readyReplicas = 0 } = status ?? {};
  const isCurrent = observedGeneration >= (metadata.generation ?? 0);
  const done = isCurrent && updatedReplicas >= wanted && replicas === updatedReplicas && availableReplicas >= wanted;
  return { state: `${readyReplicas}/${wanted} ready`, done };
}

function podBranch(pod: core.Pod): Branch {
  const { status } = pod;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const children = status?.containerStatuses
    ? containers.map(({ name }) =>
        containerBranch(
          name,
          statuses.find((it) => it.name === name),
        ),
      )
    : [];
  const title = `pod/${pod.metadata.name}`;
  if (pod.metadata.deletionTimestamp) return { title, state: 'Terminating', mood: 'busy', children };
  const unscheduled = status?.conditions?.find((it) => it.type === 'PodScheduled' && it.status === 'False');
  if (unscheduled) return { title, state: `${unscheduled.reason ?? 'Pending'}: ${unscheduled.message ?? ''}`, mood: 'bad', children };
  const ready = isPodReady(pod);
  const failed = status?.phase === 'Failed' || children.some(({ mood }) => mood === 'bad');
  return { title, state: ready ? 'Ready' : (status?.phase ?? 'Pending'), mood: ready ? 'ok' : failed ? 'bad' : 'busy', children };
}

/** Reasons to wait that are stages on the way; the others are faults. */
const stages = new Set(['ContainerCreating', 'PodInitializing']);

function containerBranch(name: string, status: core.ContainerStatus | undefined): Branch {
  const { waiting, running, terminated } = status?.state ?? {};
  const restarts = status?.restartCount ? `, ${status.restartCount} restart${status.restartCount === 1 ? '' : 's'}` : '';
  const branch = (state: string, mood: Branch['mood']): Branch => ({ title: name, state: `${state}${restarts}`, mood, children: [] });
  if (running) return status?.ready ? branch('running', 'ok') : branch('running, not ready yet', 'busy');
  if (terminated)
    return branch(`${terminated.reason ?? 'ended'} (exit code ${terminated.exitCode})`, terminated.exitCode === 0 ? 'ok' : 'bad');
  if (!waiting) return branch('waiting', 'busy');
  const reason = waiting.reason ?? 'waiting';
  return branch(waiting.message ? `${reason}: ${waiting.message}` : reason, stages.has(reason) ? 'busy' : 'bad');
}

const together = (branches: readonly Branch[]): Branch['mood'] =>
  branches.some(({ mood }) => mood === 'bad') ? 'bad' : branches.every(({ mood }) => mood === 'ok') ? 'ok' : 'busy';

const byName = (a: core.Pod, b: core.Pod): number => (a.metadata.name < b.metadata.name ? -1 : 1);
