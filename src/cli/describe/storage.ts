import type { core, storage } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEventList } from './events.ts';
import { longTime, putAnnotations, putMap, Sheet } from './sheet.ts';

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modesText = (given: readonly string[] | undefined): string => (given ?? []).map((it) => modes[it] ?? it).join(',');
const finalizersText = (given: readonly string[] | undefined): string => `[${(given ?? []).join(' ')}]`;
const classOf = (it: { metadata: AnyObject['metadata']; spec: { storageClassName?: string } }): string =>
  it.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? it.spec.storageClassName ?? '';

export async function describeClaim(object: AnyObject, lookup: Lookup): Promise<string> {
  const claim = object as unknown as core.PersistentVolumeClaim;
  const { metadata, spec, status } = claim;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  put(`StorageClass:\t${classOf(claim)}`);
  put(
    metadata.deletionTimestamp
      ? `Status:\tTerminating (lasts ${Math.floor((lookup.now - Date.parse(metadata.deletionTimestamp)) / 1000)}s)`
      : `Status:\t${status?.phase ?? ''}`,
  );
  put(`Volume:\t${spec.volumeName ?? ''}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Finalizers:\t${finalizersText(metadata.finalizers)}`);
  const isBound = Boolean(spec.volumeName);
  put(`Capacity:\t${isBound ? (status?.capacity?.storage ?? '') : ''}`);
  put(`Access Modes:\t${isBound ? modesText(status?.accessModes) : ''}`);
  if (spec.volumeMode) put(`VolumeMode:\t${spec.volumeMode}`);
  const pods = ((await lookup.all('pods', metadata.namespace)) as unknown as core.Pod[]).filter((it) =>
    it.spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name),
  );
  if (pods.length === 0) put('Used By:\t<none>');
  for (const [i, pod] of pods.entries()) put(`${i === 0 ? 'Used By:' : ''}\t${pod.metadata.name}`);
  if (status?.conditions?.length) {
    put('Conditions:\n  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage');
    put('  ----\t------\t-----------------\t------------------\t------\t-------');
    for (const it of status.conditions)
      put(
        `  ${it.type} \t${it.status} \t${longTime(it.lastProbeTime)} \t${longTime(it.lastTransitionTime)} \t${it.reason ?? ''} \t${it.message ?? ''}`,
      );
  }
  putEventList(sheet, await lookup.events(object), lookup.now);
  return sheet.toString();
}

export async function describeVolume(object: AnyObject, lookup: Lookup): Promise<string> {
  const volume = object as unknown as core.PersistentVolume;
  const { metadata, spec, status } = volume;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Finalizers:\t${finalizersText(metadata.finalizers)}`);
  put(`StorageClass:\t${classOf(volume)}`);
  put(
    metadata.deletionTimestamp
      ? `Status:\tTerminating (lasts ${Math.floor((lookup.now - Date.parse(metadata.deletionTimestamp)) / 1000)}s)`
      : `Status:\t${status?.phase ?? ''}`,
  );
  put(`Claim:\t${spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : ''}`);
  put(`Reclaim Policy:\t${spec.persistentVolumeReclaimPolicy ?? ''}`);
  put(`Access Modes:\t${modesText(spec.accessModes)}`);
  if (spec.volumeMode) put(`VolumeMode:\t${spec.volumeMode}`);
  put(`Capacity:\t${spec.capacity?.storage ?? ''}`);
  putAffinity(sheet, spec.nodeAffinity);
  put(`Message:\t${status?.message ?? ''}`);
  put('Source:');
  for (const line of sourceOf(spec)) put(`    ${line}`);
  putEventList(sheet, await lookup.events(object), lookup.now);
  return sheet.toString();
}

function putAffinity(sheet: Sheet, affinity: core.VolumeNodeAffinity | undefined): void {
  const terms = affinity?.required?.nodeSelectorTerms;
  if (!affinity?.required) {
    sheet.put(0, 'Node Affinity:\t<none>');
    return;
  }
  sheet.put(0, 'Node Affinity:\t');
  sheet.put(1, `Required Terms:\t${terms?.length ? '' : '<none>'}`);
  for (const [i, term] of (terms ?? []).entries()) {
    for (const [n, it] of (term.matchExpressions ?? []).entries()) {
      const values = it.values?.length ? `[${it.values.join(', ')}]` : '';
      sheet.put(2, `${n === 0 ? `Term ${i}:` : ''}\t${it.key} ${it.operator.toLowerCase()} ${values}`.trimEnd());
    }
  }
}

function sourceOf(spec: core.PersistentVolumeSpec): string[] {
  if (spec.hostPath)
    return [
      'Type:\tHostPath (bare host directory volume)',
      `Path:\t${spec.hostPath.path}`,
      `HostPathType:\t${spec.hostPath.type || '<none>'}`,
    ];
  if (spec.local) return ['Type:\tLocalVolume (a persistent volume backed by local storage on a node)', `Path:\t${spec.local.path}`];
  if (spec.nfs)
    return [
      'Type:\tNFS (an NFS mount that lasts the lifetime of a pod)',
      `Server:\t${spec.nfs.server}`,
      `Path:\t${spec.nfs.path}`,
      `ReadOnly:\t${spec.nfs.readOnly === true}`,
    ];
  if (spec.csi) {
    const attributes = Object.entries(spec.csi.volumeAttributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      'Type:\tCSI (a Container Storage Interface (CSI) volume source)',
      `Driver:\t${spec.csi.driver}`,
      `FSType:\t${spec.csi.fsType ?? ''}`,
      `VolumeHandle:\t${spec.csi.volumeHandle}`,
      `ReadOnly:\t${spec.csi.readOnly === true}`,
      ...(attributes.length === 0
        ? ['VolumeAttributes:\t<none>']
        : attributes.map(([key, value], i) => `${i === 0 ? 'VolumeAttributes:' : ''}\t    ${key}=${value}`)),
    ];
  }
  return ['<unknown>'];
}

export async function describeStorageClass(object: AnyObject, lookup: Lookup): Promise<string> {
  const it = object as unknown as storage.StorageClass;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  const text = (map: Readonly<Record<string, string>> | undefined): string =>
    Object.entries(map ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(',') || '<none>';
  put(`Name:\t${it.metadata.name}`);
  put(`IsDefaultClass:\t${it.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? 'Yes' : 'No'}`);
  put(`Annotations:\t${text(it.metadata.annotations)}`);
  put(`Provisioner:\t${it.provisioner}`);
  put(`Parameters:\t${text(it.parameters)}`);
  put(`AllowVolumeExpansion:\t${it.allowVolumeExpansion === undefined ? '<unset>' : it.allowVolumeExpansion ? 'True' : 'False'}`);
  if (!it.mountOptions?.length) put('MountOptions:\t<none>');
  else {
    put('MountOptions:');
    for (const option of it.mountOptions) put(`  ${option}`);
  }
  if (it.reclaimPolicy) put(`ReclaimPolicy:\t${it.reclaimPolicy}`);
  if (it.volumeBindingMode) put(`VolumeBindingMode:\t${it.volumeBindingMode}`);
  putEventList(sheet, await lookup.events(object), lookup.now);
  return sheet.toString();
}
