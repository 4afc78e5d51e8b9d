import { type FieldError, forbidden, invalidValue, required } from '../../../meta/field-error.ts';
import { configMapKey, dns1123Label } from '../../../meta/names.ts';
import { faultsOf } from '../../faults.ts';
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume, VolumeProjection } from '../../generated/core-v1.ts';
import { fieldRefFaults, resourceRefFaults } from './env.ts';

const modeFaults = (path: string, mode: number | undefined): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];

/** A path that stays below the place it is relative to. */
export function localPathFaults(path: string, value: string | undefined): FieldError[] {
  if (!value) return [required(path)];
  if (value.startsWith('/')) return [invalidValue(path, value, 'must be a relative path')];
  const parts = value.split('/');
  if (parts.includes('..')) return [invalidValue(path, value, "must not contain '..'")];
  return [];
}

/** The same for files that are laid out under a volume: their first part must not look like the layout's own. */
function filePathFaults(path: string, value: string | undefined): FieldError[] {
  const faults = localPathFaults(path, value);
  if (faults.length === 0 && value?.startsWith('..')) faults.push(invalidValue(path, value, "must not start with '..'"));
  return faults;
}

const itemFaults = (items: readonly KeyToPath[] | undefined, path: string): FieldError[] =>
  (items ?? []).flatMap((item, i) => {
    const at = `${path}.items[${i}]`;
    return [
      ...(item.key ? faultsOf(`${at}.key`, item.key, configMapKey(item.key)) : [required(`${at}.key`)]),
      ...filePathFaults(`${at}.path`, item.path),
      ...modeFaults(`${at}.mode`, item.mode),
    ];
  });

const downwardFaults = (items: readonly DownwardAPIVolumeFile[] | undefined, path: string): FieldError[] =>
  (items ?? []).flatMap((item, i) => {
    const at = `${path}.items[${i}]`;
    const faults = [...filePathFaults(`${at}.path`, item.path), ...modeFaults(`${at}.mode`, item.mode)];
    if (item.fieldRef && item.resourceFieldRef)
      faults.push(invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    if (item.fieldRef) faults.push(...fieldRefFaults(item.fieldRef, `${at}.fieldRef`, true));
    else if (item.resourceFieldRef) faults.push(...resourceRefFaults(item.resourceFieldRef, `${at}.resourceFieldRef`, true));
    else faults.push(required(`${at}.fieldRef`, 'one of fieldRef and resourceFieldRef is required'));
    return faults;
  });

function projectionFaults(source: VolumeProjection, path: string): FieldError[] {
  const given = Object.keys(source);
  if (given.length === 0) return [required(path, 'exactly one volume source is required')];
  const faults = given.slice(1).map((it) => forbidden(`${path}.${it}`, 'may not specify more than 1 volume type per source'));
  for (const name of ['configMap', 'secret'] as const) {
    const one = source[name];
    if (!one) continue;
    if (!one.name) faults.push(required(`${path}.${name}.name`));
    faults.push(...itemFaults(one.items, `${path}.${name}`));
  }
  if (source.downwardAPI) faults.push(...downwardFaults(source.downwardAPI.items, `${path}.downwardAPI`));
  const token = source.serviceAccountToken;
  if (token) {
    faults.push(...filePathFaults(`${path}.serviceAccountToken.path`, token.path));
    const seconds = token.expirationSeconds;
    if (seconds !== undefined && seconds < 600)
      faults.push(
        invalidValue(`${path}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
      );
  }
  return faults;
}

/** Two files of one path: the one that is named later would win. */
function samePathFaults({ sources = [] }: ProjectedVolumeSource, path: string): FieldError[] {
  const taken = new Set<string>();
  return sources.flatMap(({ secret, configMap, downwardAPI, serviceAccountToken }) => {
    const paths: string[] = [
      ...[secret, configMap, downwardAPI].flatMap((it) => (it?.items ?? []).map((item) => item.path)),
      ...(serviceAccountToken ? [serviceAccountToken.path] : []),
    ];
    return paths.flatMap((it) => {
      const isTaken = taken.has(it);
      taken.add(it);
      return isTaken && it ? [invalidValue(path, secret?.name ?? configMap?.name ?? it, 'conflicting duplicate paths')] : [];
    });
  });
}

/** Faults of one volume: its name, one source and no more, and what the sources that are run need. */
export function volumeFaults(volume: Volume, path: string): FieldError[] {
  const faults = volume.name ? faultsOf(`${path}.name`, volume.name, dns1123Label(volume.name)) : [required(`${path}.name`)];
  const sources = Object.keys(volume).filter((it) => it !== 'name');
  for (const extra of sources.slice(1)) faults.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'));
  const { configMap, secret, persistentVolumeClaim: claim, hostPath, emptyDir, downwardAPI, projected, nfs, image } = volume;
  if (configMap) {
    if (!configMap.name) faults.push(required(`${path}.configMap.name`));
    faults.push(...itemFaults(configMap.items, `${path}.configMap`), ...modeFaults(`${path}.configMap.defaultMode`, configMap.defaultMode));
  }
  if (secret) {
    if (!secret.secretName) faults.push(required(`${path}.secret.secretName`));
    faults.push(...itemFaults(secret.items, `${path}.secret`), ...modeFaults(`${path}.secret.defaultMode`, secret.defaultMode));
  }
  if (claim && !claim.claimName) faults.push(required(`${path}.persistentVolumeClaim.claimName`));
  if (hostPath && !hostPath.path) faults.push(required(`${path}.hostPath.path`));
  if (hostPath?.path?.split('/').includes('..')) faults.push(invalidValue(`${path}.hostPath.path`, hostPath.path, "must not contain '..'"));
  if (emptyDir?.sizeLimit?.startsWith('-'))
    faults.push(forbidden(`${path}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  if (downwardAPI)
    faults.push(
      ...downwardFaults(downwardAPI.items, `${path}.downwardAPI`),
      ...modeFaults(`${path}.downwardAPI.defaultMode`, downwardAPI.defaultMode),
    );
  if (projected) {
    faults.push(...modeFaults(`${path}.projected.defaultMode`, projected.defaultMode));
    faults.push(...(projected.sources ?? []).flatMap((it, i) => projectionFaults(it, `${path}.projected.sources[${i}]`)));
    faults.push(...samePathFaults(projected, `${path}.projected`));
  }
  if (nfs && !nfs.server) faults.push(required(`${path}.nfs.server`));
  if (nfs && !nfs.path) faults.push(required(`${path}.nfs.path`));
  else if (nfs && !nfs.path.startsWith('/')) faults.push(invalidValue(`${path}.nfs.path`, nfs.path, 'must be an absolute path'));
  if (image && !image.reference) faults.push(required(`${path}.image.reference`));
  return faults;
}
