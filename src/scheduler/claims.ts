import type { core } from '../kinds/index.ts';

export type ClaimUse = { key: string; name: string; isEphemeral: boolean };

/** The claims a pod mounts. One for an ephemeral volume is named after the pod and the volume (KEP-1698). */
export function claimsOf({ metadata, spec }: core.Pod): ClaimUse[] {
  return (spec.volumes ?? []).flatMap((volume) => {
    const name = volume.ephemeral ? `${metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName;
    return name ? [{ key: `${metadata.namespace}/${name}`, name, isEphemeral: volume.ephemeral !== undefined }] : [];
  });
}
