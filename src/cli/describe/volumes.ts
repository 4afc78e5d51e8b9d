import type { core } from '../../kinds/index.ts';
import type { Sheet } from './sheet.ts';

/** `space` stands before each name: in templates it is one blank. */
export function putVolumes(sheet: Sheet, level: number, volumes: readonly core.Volume[], space: string): void {
  if (volumes.length === 0) {
    sheet.put(level, 'Volumes:\t<none>');
    return;
  }
  sheet.put(level, 'Volumes:');
  for (const it of volumes) {
    sheet.put(1, `${space}${it.name}:`);
    for (const line of linesOf(it)) sheet.put(2, line);
  }
}

function linesOf(it: core.Volume): string[] {
  const yes = (value: boolean | undefined): string => String(value === true);
  if (it.hostPath)
    return ['Type:\tHostPath (bare host directory volume)', `Path:\t${it.hostPath.path}`, `HostPathType:\t${it.hostPath.type ?? ''}`];
  if (it.emptyDir)
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${it.emptyDir.medium ?? ''}`,
      `SizeLimit:\t${it.emptyDir.sizeLimit ?? '<unset>'}`,
    ];
  if (it.secret)
    return [
      'Type:\tSecret (a volume populated by a Secret)',
      `SecretName:\t${it.secret.secretName ?? ''}`,
      `Optional:\t${yes(it.secret.optional)}`,
    ];
  if (it.configMap)
    return [
      'Type:\tConfigMap (a volume populated by a ConfigMap)',
      `Name:\t${it.configMap.name ?? ''}`,
      `Optional:\t${yes(it.configMap.optional)}`,
    ];
  if (it.persistentVolumeClaim)
    return [
      'Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      `ClaimName:\t${it.persistentVolumeClaim.claimName}`,
      `ReadOnly:\t${yes(it.persistentVolumeClaim.readOnly)}`,
    ];
  if (it.downwardAPI)
    return [
      'Type:\tDownwardAPI (a volume populated by information about the pod)',
      'Items:',
      ...(it.downwardAPI.items ?? []).map(
        (item) => `  ${item.fieldRef?.fieldPath ?? item.resourceFieldRef?.resource ?? ''} -> ${item.path}`,
      ),
    ];
  if (it.projected)
    return [
      'Type:\tProjected (a volume that contains injected data from multiple sources)',
      ...(it.projected.sources ?? []).flatMap(projectedLines),
    ];
  if (it.nfs)
    return [
      'Type:\tNFS (an NFS mount that lasts the lifetime of a pod)',
      `Server:\t${it.nfs.server}`,
      `Path:\t${it.nfs.path}`,
      `ReadOnly:\t${yes(it.nfs.readOnly)}`,
    ];
  if (it.csi) return ['Type:\tCSI (a Container Storage Interface (CSI) volume source)', `Driver:\t${it.csi.driver}`];
  return ['<unknown>'];
}

function projectedLines(source: core.VolumeProjection): string[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  if (secret) return [`SecretName:\t${secret.name ?? ''}`, `Optional:\t${secret.optional === true}`];
  if (configMap) return [`ConfigMapName:\t${configMap.name ?? ''}`, `Optional:\t${configMap.optional === true}`];
  if (downwardAPI) return ['DownwardAPI:\ttrue'];
  if (serviceAccountToken) return [`TokenExpirationSeconds:\t${serviceAccountToken.expirationSeconds ?? 3600}`];
  return [];
}
