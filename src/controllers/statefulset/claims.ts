import { type apps, type core, pod as podKind, statefulSet } from '../../kinds/index.ts';
import { deepCopy, deepEqual } from '../../meta/copy.ts';
import { isDeleting, ownerReference } from '../../meta/owner.ts';
import type { Draft, KubeObject, OwnerReference } from '../../meta/types.ts';
import { claimName, isInRange, type Member, ordinalOf } from './identity.ts';

type StatefulSet = apps.StatefulSet;
type Claim = core.PersistentVolumeClaim;

/** What is to be done about the claims of one member before it can be what it should. */
export type ClaimWork = {
  create: Array<Draft<Claim> & { metadata: { name: string } }>;
  owners: Array<{ claim: Claim; references: OwnerReference[] }>;
  /** Claims that are on their way out: there are no others as long as they are there. */
  going: string[];
};

export type FindClaim = (name: string) => Claim | undefined;

const policyOf = ({ spec }: StatefulSet): { whenDeleted: string; whenScaled: string } => ({
  whenDeleted: spec.persistentVolumeClaimRetentionPolicy?.whenDeleted ?? 'Retain',
  whenScaled: spec.persistentVolumeClaimRetentionPolicy?.whenScaled ?? 'Retain',
});

export function claimWork(set: StatefulSet, member: core.Pod | Member, find: FindClaim): ClaimWork {
  const work: ClaimWork = { create: [], owners: [], going: [] };
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(set, template, ordinalOf(member));
    const claim = find(name);
    if (!claim) work.create.push(claimDraft(set, member, template, name));
    else if (isDeleting(claim)) work.going.push(name);
    else {
      const references = ownersOf(set, member, claim);
      if (references) work.owners.push({ claim, references });
    }
  }
  return work;
}

export const isNothing = ({ create, owners }: ClaimWork): boolean => create.length + owners.length === 0;

function claimDraft(set: StatefulSet, member: core.Pod | Member, template: Claim, name: string): ClaimWork['create'][number] {
  const { metadata, spec } = deepCopy(template);
  const owners = wantedOwners(set, member);
  return {
    metadata: {
      name,
      namespace: set.metadata.namespace ?? '',
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations && { annotations: metadata.annotations }),
      ...(metadata.finalizers && { finalizers: metadata.finalizers }),
      ...(owners.length > 0 && { ownerReferences: owners }),
    },
    spec,
  };
}

/** Who takes the claim along when it goes: the set when that is deleted, the pod when it has been scaled away. */
function wantedOwners(set: StatefulSet, member: core.Pod | Member): OwnerReference[] {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenScaled === 'Delete' && !isInRange(set, ordinalOf(member))) {
    // A pod that is yet to be made has no uid; nor is it one that is to go.
    return 'uid' in member.metadata ? [ownerReference(podKind, member as core.Pod)] : [];
  }
  return whenDeleted === 'Delete' ? [ownerReference(statefulSet, set)] : [];
}

type Named = { metadata: { name: string; uid?: string } };

const names = (reference: OwnerReference, kind: { apiVersion: string; kind: string }, object: Named): boolean =>
  reference.apiVersion === kind.apiVersion && reference.kind === kind.kind && reference.name === object.metadata.name;

/** The claim has an owner of the same name that is not the same: what an earlier set or pod has left. */
const isStale = (claim: Claim, kind: { apiVersion: string; kind: string }, object: Named): boolean =>
  (claim.metadata.ownerReferences ?? []).some((it) => names(it, kind, object) && it.uid !== object.metadata.uid);

/** As long as a claim goes the way of an earlier pod, the new one must not have it (upstream: PodClaimIsStale). */
export const hasStaleClaim = (set: StatefulSet, member: Member, find: FindClaim): boolean =>
  policyOf(set).whenScaled === 'Delete' &&
  (set.spec.volumeClaimTemplates ?? []).some((template) => {
    const claim = find(claimName(set, template, ordinalOf(member)));
    return claim !== undefined && isStale(claim, podKind, member);
  });

/** The owners a claim is to have; undefined when it has them, or is not ours to touch (upstream: isClaimOwnerUpToDate). */
function ownersOf(set: StatefulSet, member: core.Pod | Member, claim: Claim): OwnerReference[] | undefined {
  if (isStale(claim, statefulSet, set) || isStale(claim, podKind, member)) return undefined;
  const had = claim.metadata.ownerReferences ?? [];
  const others = had.filter((it) => !names(it, statefulSet, set) && !names(it, podKind, member));
  // Somebody else manages it: two controllers would fight.
  const wanted = others.some((it) => it.controller) ? others : [...others, ...wantedOwners(set, member)];
  const ofUid = (it: OwnerReference): string => it.uid;
  const same = deepEqual([...had].map(ofUid).sort(), wanted.map(ofUid).sort()) && wanted.every((it) => had.some((old) => isLike(old, it)));
  return same ? undefined : wanted;
}

const isLike = (a: OwnerReference, b: OwnerReference): boolean => a.uid === b.uid && Boolean(a.controller) === Boolean(b.controller);

/** The sets whose claim one of this name is. */
export function setsOfClaim(claim: KubeObject, sets: readonly StatefulSet[]): StatefulSet[] {
  return sets.filter(({ metadata, spec }) =>
    (spec.volumeClaimTemplates ?? []).some((it) => {
      const prefix = `${it.metadata.name}-${metadata.name}-`;
      return claim.metadata.name.startsWith(prefix) && /^[0-9]+$/.test(claim.metadata.name.slice(prefix.length));
    }),
  );
}
