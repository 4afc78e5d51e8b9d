import { type FieldError, fieldNotFound, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import type { Container, Volume, VolumeMount } from '../../generated/core-v1.ts';
import { backstepFaults, descendingPathFaults } from './paths.ts';

/** The sound volumes of a pod by name: others cannot be mounted. */
export type Volumes = ReadonlyMap<string, Volume>;

/** Volumes in a container. Some faults are told at the list instead of the mount, as upstream does. */
export function mountFaults(
  { volumeMounts = [], volumeDevices = [], securityContext }: Container,
  path: string,
  volumes: Volumes,
): FieldError[] {
  const places = new Set<string>();
  const list = `${path}.volumeMounts`;
  return volumeMounts.flatMap((mount, i) => {
    const { name = '', mountPath = '', subPath, subPathExpr, mountPropagation } = mount;
    const at = `${list}[${i}]`;
    const faults: FieldError[] = [];
    if (!name) faults.push(required(`${at}.name`));
    if (!volumes.has(name)) faults.push(fieldNotFound(`${at}.name`, name));
    if (!mountPath) faults.push(required(`${at}.mountPath`));
    if (places.has(mountPath)) faults.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    places.add(mountPath);
    if (volumeDevices.some((it) => it.name === name))
      faults.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (volumeDevices.some((it) => it.devicePath === mountPath))
      faults.push(invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'));
    if (subPath) faults.push(...descendingPathFaults(subPath, `${list}.subPath`));
    if (subPathExpr) {
      if (subPath) faults.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      faults.push(...descendingPathFaults(subPathExpr, `${list}.subPathExpr`));
    }
    if (mountPropagation !== undefined && !propagations.includes(mountPropagation))
      faults.push(notSupported(`${list}.mountPropagation`, mountPropagation, propagations));
    if (mountPropagation === 'Bidirectional' && !securityContext?.privileged)
      faults.push(forbidden(`${list}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    return [...faults, ...readOnlyFaults(mount, `${list}.recursiveReadOnly`)];
  });
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

function readOnlyFaults({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, path: string): FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible')
    return [notSupported(path, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])];
  return [
    ...(readOnly ? [] : [forbidden(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === undefined || mountPropagation === 'None'
      ? []
      : [forbidden(path, 'may only be specified when mountPropagation is None or not specified')]),
  ];
}

/** Volumes that a container sees as block devices. */
export function deviceFaults({ volumeMounts = [], volumeDevices = [] }: Container, path: string, volumes: Volumes): FieldError[] {
  const names = new Set<string>();
  const places = new Set<string>();
  return volumeDevices.flatMap(({ name = '', devicePath = '' }, i) => {
    const at = `${path}.volumeDevices[${i}]`;
    const faults: FieldError[] = [];
    const volume = volumes.get(name);
    if (!name) faults.push(required(`${at}.name`));
    if (names.has(name)) faults.push(invalidValue(`${at}.name`, name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral)
      faults.push(invalidValue(`${at}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if (!volume) faults.push(fieldNotFound(`${at}.name`, name));
    if (!devicePath) faults.push(required(`${at}.devicePath`));
    if (places.has(devicePath)) faults.push(invalidValue(`${at}.devicePath`, devicePath, 'must be unique'));
    if (backstepFaults(devicePath, at).length > 0)
      faults.push(invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    else places.add(devicePath);
    if (volumeMounts.some((it) => it.name === name))
      faults.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    if (volumeMounts.some((it) => it.mountPath === devicePath))
      faults.push(invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
    return faults;
  });
}
