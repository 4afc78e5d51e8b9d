import { type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import type { DownwardAPIVolumeFile, KeyToPath } from '../../generated/core-v1.ts';
import { fieldRefFaults, resourceRefFaults } from './env.ts';
import { filePathFaults } from './paths.ts';

export const modeFaults = (path: string, mode: number | undefined): FieldError[] =>
  mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalidValue(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];

export const keyFaults = (item: KeyToPath, path: string): FieldError[] => [
  ...(item.key ? [] : [required(`${path}.key`)]),
  ...(item.path ? [] : [required(`${path}.path`)]),
  ...filePathFaults(item.path ?? '', `${path}.path`),
  ...modeFaults(`${path}.mode`, item.mode),
];

/** A file of what the pod says of itself. Upstream tells its faults at the list, without saying which file it is. */
export function downwardFileFaults(item: DownwardAPIVolumeFile, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef } = item;
  const faults = item.path ? filePathFaults(item.path, `${path}.path`) : [required(`${path}.path`)];
  if (fieldRef) {
    faults.push(...fieldRefFaults(fieldRef, `${path}.fieldRef`, true));
    if (resourceFieldRef) faults.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (resourceFieldRef) faults.push(...resourceRefFaults(resourceFieldRef, `${path}.resourceFieldRef`, true));
  else faults.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...faults, ...modeFaults(`${path}.mode`, item.mode)];
}
