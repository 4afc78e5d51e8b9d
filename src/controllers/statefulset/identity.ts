import { type apps, type core, statefulSet } from '../../kinds/index.ts';
import { deepCopy } from '../../meta/copy.ts';
import type { Draft } from '../../meta/types.ts';
import { podDraft } from '../pod-draft.ts';

type StatefulSet = apps.StatefulSet;

export const podNameLabel = 'statefulset.kubernetes.io/pod-name';
export const indexLabel = 'apps.kubernetes.io/pod-index';
export const revisionLabel = 'controller-revision-hash';

/** `web` and 2 for `web-2`; undefined for a name that no set gives. */
export function readName(name: string): { parent: string; ordinal: number } | undefined {
  const match = /^(.*)-([0-9]+)$/.exec(name);
  if (!match) return undefined;
  const ordinal = Number(match[2]);
  return ordinal <= 0x7fffffff ? { parent: match[1] as string, ordinal } : undefined;
}

export const ordinalOf = (pod: { metadata: { name: string } }): number => readName(pod.metadata.name)?.ordinal ?? -1;
export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`;
export const claimName = (set: StatefulSet, template: core.PersistentVolumeClaim, ordinal: number): string =>
  `${template.metadata.name}-${podName(set, ordinal)}`;
/** A name is the set's when the set would write it just so: `web-01` is not. */
export const isMember = (set: StatefulSet, name: string): boolean => {
  const read = readName(name);
  return read?.parent === set.metadata.name && name === podName(set, read.ordinal);
};

export const wantedReplicas = ({ spec }: StatefulSet): number => spec.replicas ?? 1;
export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;
export const isInRange = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= firstOrdinal(set) && ordinal < firstOrdinal(set) + wantedReplicas(set);

/** The template from before a rollout, and the one after it; the same when none is under way. */
export type Revisions = { current: apps.ControllerRevision; update: apps.ControllerRevision };

export const revisionOf = (pod: core.Pod): string => pod.metadata.labels?.[revisionLabel] ?? '';

/** The labels by which a member is told from its siblings. */
export const identityLabels = (set: StatefulSet, ordinal: number): { [key: string]: string } => ({
  [podNameLabel]: podName(set, ordinal),
  [indexLabel]: String(ordinal),
});

export const hasIdentity = (set: StatefulSet, pod: core.Pod): boolean =>
  Object.entries(identityLabels(set, ordinalOf(pod))).every(([key, value]) => pod.metadata.labels?.[key] === value);

export type Member = Draft<core.Pod> & { metadata: { name: string } };

/** The pod of an ordinal: its name, host name and claims stay the same for ever. */
export function memberDraft(set: StatefulSet, ordinal: number, template: core.PodTemplateSpec, revision: string): Member {
  const draft = podDraft(template, statefulSet, set);
  const { generateName: _, ...metadata } = draft.metadata;
  const name = podName(set, ordinal);
  return {
    metadata: { ...metadata, name, labels: { ...metadata.labels, ...identityLabels(set, ordinal), [revisionLabel]: revision } },
    spec: {
      ...draft.spec,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...withClaims(set, ordinal, draft.spec.volumes),
    },
  };
}

/** A claim's volume replaces one of the template that has its name. */
function withClaims(set: StatefulSet, ordinal: number, volumes: readonly core.Volume[] = []): { volumes?: core.Volume[] } {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(
    (it): core.Volume => ({ name: it.metadata.name, persistentVolumeClaim: { claimName: claimName(set, it, ordinal) } }),
  );
  const taken = new Set(claims.map((it) => it.name));
  const all = [...claims, ...deepCopy(volumes.filter((it) => !taken.has(it.name)))];
  return all.length > 0 ? { volumes: all } : {};
}
