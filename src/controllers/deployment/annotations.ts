import type { apps } from '../../kinds/index.ts';
import { maxSurge } from './fenceposts.ts';
import { wantedReplicas } from './sets.ts';

type Annotations = { [key: string]: string };
type Annotated = { metadata: { annotations?: Annotations } };

export const revisionKey = 'deployment.kubernetes.io/revision';
const historyKey = 'deployment.kubernetes.io/revision-history';
const desiredKey = 'deployment.kubernetes.io/desired-replicas';
const maxKey = 'deployment.kubernetes.io/max-replicas';

/** A deployment's own, or the set's; everything else (kubernetes.io/change-cause, say) is copied to the set. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionKey,
  historyKey,
  desiredKey,
  maxKey,
]);

/** Longer histories lose their oldest entries. */
const historyLimit = 2000;

const isWhole = (text: string | undefined): text is string => text !== undefined && /^-?\d+$/.test(text);
const wholeNumber = (text: string | undefined): number | undefined => (isWhole(text) ? Number(text) : undefined);

/** An int64: a user's number may be beyond what a double counts by ones. */
export function revisionOf(set: Annotated): bigint {
  const text = set.metadata.annotations?.[revisionKey];
  return isWhole(text) ? BigInt(text) : 0n;
}

export const maxRevision = (sets: readonly Annotated[]): bigint =>
  sets.map(revisionOf).reduce((highest, it) => (it > highest ? it : highest), 0n);
/** The deployment's replicas when the set was last sized. */
export const desiredReplicas = (set: Annotated): number | undefined => wholeNumber(set.metadata.annotations?.[desiredKey]);
/** The most pods the deployment could have then. */
export const maxReplicas = (set: Annotated): number | undefined => wholeNumber(set.metadata.annotations?.[maxKey]);

/** What a set says when it is sized: a later change of the deployment's size is told from a rollout by it. */
export const sizeAnnotations = (deployment: apps.Deployment): Annotations => ({
  [desiredKey]: String(wantedReplicas(deployment)),
  [maxKey]: String(wantedReplicas(deployment) + maxSurge(deployment)),
});

/** The annotations the current set is to have (upstream: deployment_util.go, SetNewReplicaSetAnnotations). */
export function currentAnnotations(deployment: apps.Deployment, before: Annotations | undefined, revision: bigint): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const annotations: Annotations = { ...before, ...Object.fromEntries(copied) };
  const old = before?.[revisionKey];
  // An unreadable revision is left alone. One that is higher stays: sets with lower ones may have been removed.
  if (old && !isWhole(old)) return annotations;
  if (BigInt(old || 0) >= revision) return annotations;
  annotations[revisionKey] = String(revision);
  // It has served before and does so again: the deployment was rolled back to it.
  if (old) annotations[historyKey] = withEntry(before?.[historyKey], old);
  return annotations;
}

function withEntry(history: string | undefined, entry: string): string {
  const entries = history ? [...history.split(','), entry] : [entry];
  while (entries.length > 1 && entries.join(',').length > historyLimit) entries.shift();
  return entries.join(',');
}
