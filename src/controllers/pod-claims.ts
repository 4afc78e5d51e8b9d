import type { core } from '../kinds/index.ts';

/** Names of the claims a pod mounts; that of an ephemeral volume is made of the pod's and the volume's (KEP-1698). */
export const claimNamesOf = ({ metadata, spec }: core.Pod): string[] =>
  (spec.volumes ?? []).flatMap((it) => (it.ephemeral ? `${metadata.name}-${it.name}` : (it.persistentVolumeClaim?.claimName ?? [])));

export const claimKeysOf = (pod: core.Pod): string[] => claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`);
