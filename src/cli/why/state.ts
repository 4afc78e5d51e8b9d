import { type apps, type batch, type core, isPodReady } from '../../kinds/index.ts';
import { isTrue } from '../../meta/condition.ts';
import type { KubeObject } from '../../meta/types.ts';
import { containersIn } from './containers.ts';
import { type Facts, titleOf } from './facts.ts';
import { podsOf } from './owners.ts';
import type { Scope } from './scope.ts';
import { plural } from './words.ts';

/** `coming`: not there yet, and nothing is wrong so far. */
export type State = { is: 'wrong' } | { is: 'well' | 'coming'; says: string };

type Verdict = { well: boolean; says: string };

/** How an object is with which nothing is wrong. */
export function stateOf(facts: Facts, subject: KubeObject, { pods }: Pick<Scope, 'pods'>): State {
  const { well, says } = verdictOf(facts, subject, pods);
  return { is: well ? 'well' : 'coming', says };
}

function verdictOf(facts: Facts, it: KubeObject, pods: readonly core.Pod[]): Verdict {
  const title = titleOf(it);
  switch (it.kind) {
    case 'Pod':
      return podVerdict(it as core.Pod);
    case 'Deployment':
      return deploymentVerdict(it as apps.Deployment);
    case 'ReplicaSet':
    case 'StatefulSet': {
      const { spec, status, metadata } = it as apps.StatefulSet;
      const wanted = spec?.replicas ?? 1;
      const isNew = (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);
      const isRolling =
        it.kind === 'StatefulSet' &&
        status?.updateRevision !== undefined &&
        spec?.updateStrategy?.type !== 'OnDelete' &&
        (status.updatedReplicas ?? 0) < wanted - (spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
      return countVerdict(title, status?.readyReplicas ?? 0, wanted, isNew || isRolling);
    }
    case 'DaemonSet': {
      const { status, metadata, spec } = it as apps.DaemonSet;
      const wanted = status?.desiredNumberScheduled ?? 0;
      const isNew = (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);
      const isRolling = spec?.updateStrategy?.type !== 'OnDelete' && (status?.updatedNumberScheduled ?? 0) < wanted;
      return countVerdict(title, status?.numberReady ?? 0, wanted, isNew || isRolling);
    }
    case 'Job':
      return jobVerdict(it as batch.Job);
    case 'Service':
      return serviceVerdict(it as core.Service, facts);
    case 'PersistentVolumeClaim': {
      const { status, spec } = it as core.PersistentVolumeClaim;
      if (status?.phase === 'Bound') return { well: true, says: `${title} is bound to the volume ${spec?.volumeName}` };
      const waits = facts.events.some(
        ({ involvedObject, reason }) => involvedObject.uid === it.metadata.uid && reason === 'WaitForFirstConsumer',
      );
      return waits
        ? { well: true, says: `${title} waits for the first pod that uses it; its class makes volumes then` }
        : { well: false, says: `${title} is not bound yet` };
    }
    case 'Node':
      return {
        well: true,
        says: `${title} is ready, with ${plural(facts.pods.filter(({ spec }) => spec.nodeName === it.metadata.name).length, 'pod')}`,
      };
    default:
      return { well: true, says: `${title} is there${pods.length > 0 ? `, with ${plural(pods.length, 'pod')}` : ''}` };
  }
}

function podVerdict(pod: core.Pod): Verdict {
  const title = titleOf(pod);
  const phase = pod.status?.phase ?? 'Pending';
  if (phase === 'Succeeded') return { well: true, says: `${title} has done its work: all containers ended with exit code 0` };
  if (isPodReady(pod)) {
    const restarts = containersIn(pod).reduce((sum, { status }) => sum + (status?.restartCount ?? 0), 0);
    return {
      well: true,
      says: `${title} runs and is ready${restarts > 0 ? `; its containers have been started again ${plural(restarts, 'time')}` : ''}`,
    };
  }
  if (!pod.spec.nodeName) return { well: false, says: `${title} waits for the scheduler` };
  const open = containersIn(pod).find(({ status, isInit }) => (isInit ? !status?.state?.terminated : !status?.ready));
  const what = open?.status?.state?.waiting?.reason ?? (open?.status?.state?.running ? 'running, not ready yet' : 'not started yet');
  return { well: false, says: `${title} is coming up${open ? `: container ${open.container.name} is at ${what}` : ''}` };
}

/** After kubectl's rollout status: what counts is the newest revision, all of it available and nothing older left. */
function deploymentVerdict({ metadata, spec, status, ...rest }: apps.Deployment): Verdict {
  const title = titleOf({ metadata, ...rest });
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const isNew = observedGeneration < (metadata.generation ?? 0);
  const done = !isNew && updatedReplicas >= wanted && replicas === updatedReplicas && availableReplicas >= wanted;
  if (done && wanted === 0) return { well: true, says: `${title} is scaled to zero: it wants no pods` };
  if (done) return { well: true, says: `${title} is rolled out: ${availableReplicas} of ${wanted} pods are available` };
  if (spec?.paused) return { well: true, says: `${title} is paused: peapod rollout resume goes on with it` };
  return {
    well: false,
    says: `${title} is being rolled out: ${updatedReplicas} of ${wanted} pods are of the new revision, ${availableReplicas} are available`,
  };
}

function countVerdict(title: string, ready: number, wanted: number, isNew: boolean): Verdict {
  if (isNew || ready < wanted) return { well: false, says: `${title} is coming up: ${ready} of ${wanted} pods are ready` };
  return { well: true, says: wanted === 0 ? `${title} wants no pods` : `${title} has its ${plural(wanted, 'pod')}, all ready` };
}

function jobVerdict(it: batch.Job): Verdict {
  const { status, spec } = it;
  if (isTrue(status?.conditions, 'Complete'))
    return { well: true, says: `${titleOf(it)} is complete: ${plural(status?.succeeded ?? 0, 'pod')} succeeded` };
  if (spec?.suspend) return { well: true, says: `${titleOf(it)} is suspended` };
  return {
    well: false,
    says: `${titleOf(it)} is at work: ${plural(status?.active ?? 0, 'pod')} active, ${status?.succeeded ?? 0} succeeded`,
  };
}

function serviceVerdict(it: core.Service, facts: Facts): Verdict {
  const title = titleOf(it);
  if (it.spec?.type === 'ExternalName') return { well: true, says: `${title} is another name for ${it.spec.externalName}` };
  const pods = podsOf(facts, it);
  const ready = pods.filter(isPodReady).length;
  const address = it.status?.loadBalancer?.ingress?.[0];
  if (it.spec?.type === 'LoadBalancer' && !address) return { well: false, says: `${title} waits for its address` };
  const at = address ? ` at ${address.ip ?? address.hostname}` : '';
  if (Object.keys(it.spec?.selector ?? {}).length === 0)
    return { well: true, says: `${title} has no selector: its endpoints are set by hand` };
  return { well: true, says: `${title}${at} leads to ${ready} of ${plural(pods.length, 'pod')}` };
}
