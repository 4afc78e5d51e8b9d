import { type apps, type core, isPodFinished, isPodReady } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isAvailable } from '../available.ts';
import { templateOf } from '../history/revision.ts';
import { type ClaimWork, claimWork, type FindClaim, hasStaleClaim, isNothing } from './claims.ts';
import {
  firstOrdinal,
  hasIdentity,
  isInRange,
  type Member,
  memberDraft,
  ordinalOf,
  podName,
  type Revisions,
  revisionOf,
  wantedReplicas,
} from './identity.ts';
import { planRollout } from './rollout.ts';

type StatefulSet = apps.StatefulSet;

/** Something to be done about one member. */
export type Step =
  | { type: 'create'; draft: Member; claims: ClaimWork }
  | { type: 'remove'; pod: core.Pod }
  /** The claims of a pod that is there. */
  | { type: 'claims'; pod: core.Pod; claims: ClaimWork }
  /** The labels that tell the pod from its siblings. */
  | { type: 'identify'; pod: core.Pod };

/** Phases come one after the other; when a step of one fails, later ones are not begun. */
export type StatefulPlan = ReadonlyArray<readonly Step[]>;

/** `pods` are the set's, whatever their state; each has a name of the set. */
export type Members = { pods: readonly core.Pod[]; claim: FindClaim };

/** How many steps are taken before the set is looked at anew: a size may be a slip of the finger. */
const burst = 500;

const isRunningAndReady = (pod: core.Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);

/** Upstream: stateful_set_control.go, updateStatefulSet. Ordered sets take one step at a time, parallel ones all at once. */
export function planStatefulSet(set: StatefulSet, revisions: Revisions, { pods, claim }: Members, now: Milliseconds): StatefulPlan {
  if (isDeleting(set)) return [];
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const isThere = (pod: core.Pod): boolean => isAvailable(pod, minReadySeconds, now) && !isDeleting(pod);
  const byName = new Map(pods.map((it) => [it.metadata.name, it]));
  const ofCurrent = pods.filter((it) => !isDeleting(it) && revisionOf(it) === revisions.current.metadata.name).length;
  const condemned = pods.filter((it) => !isInRange(set, ordinalOf(it))).sort((a, b) => ordinalOf(b) - ordinalOf(a));

  const living = keepPlaces();
  const phases = [living.steps];
  if (living.waits) return phases;

  const handOver = condemned.flatMap((pod): Step[] => {
    const claims = ownersOnly(claimWork(set, pod, claim));
    return isNothing(claims) ? [] : [{ type: 'claims', pod, claims }];
  });
  const goodbyes = giveUp();
  phases.push(handOver, goodbyes.steps);
  if (goodbyes.waits) return phases;
  const replicas = Array.from({ length: wantedReplicas(set) }, (_, index) => byName.get(podName(set, firstOrdinal(set) + index)));
  return [...phases, planRollout(set, revisions, replicas, isThere).map((pod): Step => ({ type: 'remove', pod }))];

  /** Each ordinal has its pod; an ordered set looks at one only when all before it are well. */
  function keepPlaces(): { steps: Step[]; waits: boolean } {
    const steps: Step[] = [];
    for (let index = 0; index < wantedReplicas(set); index++) {
      if (steps.length >= burst) return { steps, waits: true };
      const ordinal = firstOrdinal(set) + index;
      const pod = byName.get(podName(set, ordinal));
      const { step, waits } = pod ? keepPod(pod) : makePod(index, ordinal);
      steps.push(...step);
      if (waits && ordered) return { steps, waits: true };
    }
    return { steps, waits: false };
  }

  function makePod(index: number, ordinal: number): { step: Step[]; waits: boolean } {
    const revision = startsOld(set, index, ofCurrent) ? revisions.current : revisions.update;
    const draft = memberDraft(set, ordinal, templateOf(revision) ?? set.spec.template, revision.metadata.name);
    if (hasStaleClaim(set, draft, claim)) return { step: [], waits: true };
    return { step: [{ type: 'create', draft, claims: claimWork(set, draft, claim) }], waits: true };
  }

  function keepPod(pod: core.Pod): { step: Step[]; waits: boolean } {
    // However a pod has ended, its place is not empty before it is gone.
    if (isPodFinished(pod)) return { step: isDeleting(pod) ? [] : [{ type: 'remove', pod }], waits: true };
    const work = claimWork(set, pod, claim);
    const claims = isPending(pod) ? work : ownersOnly(work);
    const step: Step[] = isNothing(claims) || isDeleting(pod) ? [] : [{ type: 'claims', pod, claims }];
    if (isDeleting(pod) || !isRunningAndReady(pod) || !isThere(pod)) return { step, waits: true };
    return { step: hasIdentity(set, pod) ? step : [...step, { type: 'identify', pod }], waits: false };
  }

  /** From the highest ordinal down. An ordered set lets one go at a time, and none while a lower one is not well. */
  function giveUp(): { steps: Step[]; waits: boolean } {
    if (!ordered) return { steps: condemned.filter((it) => !isDeleting(it)).map((pod) => ({ type: 'remove', pod })), waits: false };
    const [highest] = condemned;
    if (!highest) return { steps: [], waits: false };
    if (isDeleting(highest)) return { steps: [], waits: true };
    const firstUnwell = [...condemned].reverse().find((it) => !isThere(it));
    const isWell = isRunningAndReady(highest) && isThere(highest);
    return { steps: isWell || highest === firstUnwell ? [{ type: 'remove', pod: highest }] : [], waits: true };
  }
}

/** A pod that runs has its claims, even those that are on their way out. */
const ownersOnly = (work: ClaimWork): ClaimWork => ({ ...work, create: [], going: [] });

const isPending = (pod: core.Pod): boolean => (pod.status?.phase ?? 'Pending') === 'Pending';

/**
 * Whether a new pod at this place gets the template from before the rollout (upstream: newVersionedStatefulSetPod, which
 * asks the status how many pods have it; that may be outdated).
 */
function startsOld({ spec }: StatefulSet, index: number, ofCurrent: number): boolean {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (rollingUpdate) return index < (rollingUpdate.partition ?? 0);
  return type === 'RollingUpdate' && index < ofCurrent;
}

/** What the pods are of: those that nobody may forget, as long as they run. */
export const liveRevisions = (revisions: Revisions, pods: readonly core.Pod[]): Set<string> =>
  new Set([revisions.current.metadata.name, revisions.update.metadata.name, ...pods.map(revisionOf)]);
