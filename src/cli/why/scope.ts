import type { apps, core } from '../../kinds/index.ts';
import { isTrue } from '../../meta/condition.ts';
import { controllerOf, isDeleting } from '../../meta/owner.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Facts, Workload } from './facts.ts';
import { lineOf, madeBy, podsOf } from './owners.ts';

/** All that can be at fault when something is wrong with one object, from it downwards. */
export type Scope = {
  facts: Facts;
  subject: KubeObject;
  /** The subject, if it is one, and those that it has made. */
  workloads: readonly Workload[];
  /** Those that are meant to stay, and the subject. */
  pods: readonly core.Pod[];
  services: readonly core.Service[];
  claims: readonly core.PersistentVolumeClaim[];
  nodes: readonly core.Node[];
};

export function scopeOf(facts: Facts, subject: KubeObject): Scope {
  const below = currentOf(facts, subject, madeBy(facts, subject));
  const workloads = [...lineOf(facts, subject).filter(isWorkload), ...below.workloads];
  const service = subject.kind === 'Service' ? (subject as core.Service) : undefined;
  const candidates = subject.kind === 'Pod' ? [subject as core.Pod] : service ? podsOf(facts, service) : below.pods;
  const pods = candidates.filter((it) => it === subject || (!isDeleting(it) && !isForgiven(facts, it)));
  return {
    facts,
    subject,
    workloads: [...new Set(workloads)],
    pods,
    services: service ? [service] : [],
    claims: subject.kind === 'PersistentVolumeClaim' ? [subject as core.PersistentVolumeClaim] : claimsOf(facts, pods),
    nodes:
      subject.kind === 'Node'
        ? [subject as core.Node]
        : facts.nodes.filter(({ metadata }) => pods.some(({ spec }) => spec.nodeName === metadata.name)),
  };
}

type Below = ReturnType<typeof madeBy>;

/**
 * Of what a Deployment has made, its newest revision: what is wrong with an older one is on its way out. While its
 * controller has not seen the newest wish, all is of older ones.
 */
function currentOf(facts: Facts, subject: KubeObject, below: Below): Below {
  const { observedGeneration = 0 } = (subject as apps.Deployment).status ?? {};
  if (!rolling.includes(subject.kind)) return below;
  if (observedGeneration < (subject.metadata.generation ?? 0)) return { workloads: [], pods: [] };
  const [newest] = subject.kind === 'Deployment' ? below.workloads : [];
  return newest ? { workloads: [newest], pods: madeBy(facts, newest).pods } : below;
}

const rolling = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** A pod of a Job that another pod has completed. */
const isForgiven = ({ jobs }: Facts, pod: core.Pod): boolean => {
  const owner = jobs.find(({ metadata }) => metadata.uid === controllerOf(pod)?.uid);
  return isTrue(owner?.status?.conditions, 'Complete');
};

const workloadKinds = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];
const isWorkload = (it: KubeObject): it is Workload => workloadKinds.includes(it.kind ?? '');

/** The claims that pods mount, those of ephemeral volumes too. */
function claimsOf(facts: Facts, pods: readonly core.Pod[]): core.PersistentVolumeClaim[] {
  const wanted = new Set(pods.flatMap((pod) => claimNamesOf(pod).map((it) => `${pod.metadata.namespace}/${it}`)));
  return facts.claims.filter(({ metadata }) => wanted.has(`${metadata.namespace}/${metadata.name}`));
}

export const claimNamesOf = ({ metadata, spec }: core.Pod): string[] =>
  (spec.volumes ?? []).flatMap((it) =>
    it.persistentVolumeClaim ? [it.persistentVolumeClaim.claimName] : it.ephemeral ? [`${metadata.name}-${it.name}`] : [],
  );
