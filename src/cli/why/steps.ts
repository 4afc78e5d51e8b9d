import { type apps, type batch, type core, isPodReady } from '../../kinds/index.ts';
import { controllerOf } from '../../meta/owner.ts';
import type { KubeObject } from '../../meta/types.ts';
import { lastEnd, type Seen } from './containers.ts';
import { eventsOf, lastSeen } from './events.ts';
import { type Facts, titleOf } from './facts.ts';
import { writersOf } from './managed-fields.ts';
import { ago, plural } from './words.ts';

/** One link of the chain: an object or a container, and how it came to be as it is. */
export type Step = { what: string; says: readonly string[] };

export const stepOf = (facts: Facts, it: KubeObject | Seen): Step =>
  'container' in it ? containerStep(facts, it) : objectStep(facts, it as KubeObject);

function objectStep(facts: Facts, it: KubeObject): Step {
  return { what: titleOf(it), says: [originOf(facts, it), ...howItIs(facts, it)].filter((text) => text !== '') };
}

/** Who wrote it, and when; what a controller has made, by its owner. */
function originOf({ now }: Facts, it: KubeObject): string {
  const owner = controllerOf(it);
  const made = ago(now, it.metadata.creationTimestamp);
  if (owner) return `made for ${owner.kind.toLowerCase()}/${owner.name} ${made}`;
  const [last, ...before] = writersOf(it);
  const first = before.at(-1) ?? last;
  if (!first) return `made ${made}`;
  const changed = last && last !== first ? `, last changed by ${last.manager} ${ago(now, last.time)}` : '';
  return `made by ${first.manager} ${made}${changed}`;
}

function howItIs(facts: Facts, it: KubeObject): string[] {
  switch (it.kind) {
    case 'Deployment': {
      const { spec, status } = it as apps.Deployment;
      return [
        `wants ${plural(spec?.replicas ?? 1, 'pod')}; ${status?.updatedReplicas ?? 0} of its newest revision, ${status?.availableReplicas ?? 0} available`,
      ];
    }
    case 'ReplicaSet':
    case 'StatefulSet': {
      const { spec, status } = it as apps.StatefulSet;
      return [`wants ${plural(spec?.replicas ?? 1, 'pod')}; ${status?.replicas ?? 0} made, ${status?.readyReplicas ?? 0} ready`];
    }
    case 'DaemonSet': {
      const { status } = it as apps.DaemonSet;
      return [
        `wants ${plural(status?.desiredNumberScheduled ?? 0, 'pod')}; ${status?.currentNumberScheduled ?? 0} made, ${status?.numberReady ?? 0} ready`,
      ];
    }
    case 'Job': {
      const { status } = it as batch.Job;
      return [`${status?.active ?? 0} active, ${status?.succeeded ?? 0} succeeded, ${status?.failed ?? 0} failed`];
    }
    case 'Pod':
      return howAPodIs(facts, it as core.Pod);
    case 'Service': {
      const { spec } = it as core.Service;
      const selector = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
      return [`${spec?.type ?? 'ClusterIP'}, selects ${selector.join(',') || 'nothing'}`];
    }
    case 'PersistentVolumeClaim': {
      const { spec, status } = it as core.PersistentVolumeClaim;
      return [
        `${status?.phase ?? 'Pending'}, asks for ${spec?.resources?.requests?.storage ?? 'some room'} of class ${spec?.storageClassName ?? '<default>'}`,
      ];
    }
    default:
      return [];
  }
}

function howAPodIs(facts: Facts, pod: core.Pod): string[] {
  const placed = eventsOf(facts, pod, { reasons: ['Scheduled'] }).at(-1);
  const node = pod.spec.nodeName;
  return [
    node ? `put on node ${node}${placed ? ` by the scheduler ${ago(facts.now, lastSeen(placed))}` : ''}` : 'has no node yet',
    isPodReady(pod) ? 'ready' : `${pod.status?.phase ?? 'Pending'}, not ready`,
  ];
}

function containerStep({ now }: Facts, seen: Seen): Step {
  const { container, status, isInit } = seen;
  const { running, waiting, terminated } = status?.state ?? {};
  const before = lastEnd(seen);
  const ended = (it: core.ContainerStateTerminated): string =>
    `ended ${ago(now, it.finishedAt)} with exit code ${it.exitCode}${it.reason ? ` (${it.reason})` : ''}`;
  return {
    what: `${isInit ? 'init container' : 'container'} ${container.name}`,
    says: [
      `image ${container.image}`,
      ...(waiting ? [`waits: ${waiting.reason ?? 'not said'}`] : []),
      ...(running ? [`runs since ${ago(now, running.startedAt).replace(/ ago$/, '')}, ${status?.ready ? 'ready' : 'not ready'}`] : []),
      ...(terminated ? [ended(terminated)] : before ? [`the run before ${ended(before)}`] : []),
      ...(status?.restartCount ? [`started again ${plural(status.restartCount, 'time')}`] : []),
    ],
  };
}
