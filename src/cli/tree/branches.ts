import { type apps, type batch, type core, isPodReady } from '../../kinds/index.ts';
import { controllerOf, isDeleting } from '../../meta/owner.ts';
import type { KubeObject } from '../../meta/types.ts';
import { containersIn, type Facts, scopeOf, stateOf, titleOf } from '../why/index.ts';
import { type Branch, together } from './branch.ts';
import { containerBranch } from './container.ts';

/** Deployment → ReplicaSet → Pod → container → probe: how far each is. Pods of older revisions show until they are gone. */
export function branchOf(facts: Facts, it: KubeObject): Branch {
  switch (it.kind) {
    case 'Pod':
      return podBranch(facts, it as core.Pod);
    case 'Service':
      return serviceBranch(facts, it as core.Service);
    case 'PersistentVolumeClaim': {
      const isWell = stateOf(facts, it, scopeOf(facts, it)).is === 'well';
      return {
        title: titleOf(it),
        state: (it as core.PersistentVolumeClaim).status?.phase ?? 'Pending',
        mood: isWell ? 'ok' : 'busy',
        children: [],
      };
    }
    default:
      return workloadBranch(facts, it);
  }
}

function workloadBranch(facts: Facts, it: KubeObject): Branch {
  const children = childrenOf(facts, it).map((below) => branchOf(facts, below));
  const hasGivenUp = ((it as apps.Deployment).status?.conditions ?? []).some(
    ({ type, status, reason }) =>
      (type === 'Failed' && status === 'True') || reason === 'ProgressDeadlineExceeded' || (type === 'ReplicaFailure' && status === 'True'),
  );
  const isWell = stateOf(facts, it, scopeOf(facts, it)).is === 'well';
  const mood = hasGivenUp || (!isWell && together(children) === 'bad') ? 'bad' : isWell ? 'ok' : 'busy';
  return { title: titleOf(it), state: countOf(it), mood, children };
}

/** What it has made; of its ReplicaSets those that have pods or want some. */
function childrenOf({ replicaSets, jobs, pods }: Facts, owner: KubeObject): KubeObject[] {
  const own = (all: readonly KubeObject[]): KubeObject[] => all.filter((it) => controllerOf(it)?.uid === owner.metadata.uid).sort(byName);
  const inUse = (own(replicaSets) as apps.ReplicaSet[]).filter(
    ({ spec, status }) => (spec?.replicas ?? 1) > 0 || (status?.replicas ?? 0) > 0,
  );
  return [...inUse, ...own(jobs), ...own(pods)];
}

function countOf(it: KubeObject): string {
  if (it.kind === 'Job') {
    const { status, spec } = it as batch.Job;
    return `${status?.succeeded ?? 0}/${spec?.completions ?? 1} succeeded${status?.failed ? `, ${status.failed} failed` : ''}`;
  }
  if (it.kind === 'DaemonSet') {
    const { status } = it as apps.DaemonSet;
    return `${status?.numberReady ?? 0}/${status?.desiredNumberScheduled ?? 0} ready`;
  }
  const { spec, status } = it as apps.Deployment;
  return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 1} ready`;
}

function podBranch(facts: Facts, pod: core.Pod): Branch {
  const { status } = pod;
  const children = status?.containerStatuses ? containersIn(pod).map((it) => containerBranch(facts, it)) : [];
  const title = titleOf(pod);
  if (isDeleting(pod)) return { title, state: 'Terminating', mood: 'busy', children };
  const unscheduled = status?.conditions?.find((it) => it.type === 'PodScheduled' && it.status === 'False');
  if (unscheduled) return { title, state: `${unscheduled.reason ?? 'Pending'}: ${unscheduled.message ?? ''}`, mood: 'bad', children };
  const isWell = isPodReady(pod) || status?.phase === 'Succeeded';
  const failed = status?.phase === 'Failed' || children.some(({ mood }) => mood === 'bad');
  return {
    title,
    state: isPodReady(pod) ? 'Ready' : (status?.phase ?? 'Pending'),
    mood: isWell ? 'ok' : failed ? 'bad' : 'busy',
    children,
  };
}

function serviceBranch(facts: Facts, it: core.Service): Branch {
  const fault = (it.status?.conditions ?? []).find(({ type, status }) => type.startsWith('ports.peapod.dev/') && status === 'False');
  const address = it.status?.loadBalancer?.ingress?.[0];
  const isWell = stateOf(facts, it, scopeOf(facts, it)).is === 'well';
  const state = fault
    ? `${fault.reason}: ${fault.message}`
    : (address?.ip ?? address?.hostname ?? (isWell ? (it.spec?.type ?? 'ClusterIP') : 'no address yet'));
  return { title: titleOf(it), state, mood: fault ? 'bad' : isWell ? 'ok' : 'busy', children: [] };
}

const byName = (a: KubeObject, b: KubeObject): number => (a.metadata.name < b.metadata.name ? -1 : 1);
