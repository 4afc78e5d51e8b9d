import { type FieldError, invalidValue } from '../../../meta/field-error.ts';

export const backstepFaults = (value: string, path: string): FieldError[] =>
  value.split('/').includes('..') ? [invalidValue(path, value, "must not contain '..'")] : [];

/** A path that stays below the place it is relative to. */
export const descendingPathFaults = (value: string, path: string): FieldError[] => [
  ...(value.startsWith('/') ? [invalidValue(path, value, 'must be a relative path')] : []),
  ...backstepFaults(value, path),
];

/** The same for files that are laid out under a volume: their first part must not look like the layout's own. */
export const filePathFaults = (value: string, path: string): FieldError[] => [
  ...descendingPathFaults(value, path),
  ...(value.startsWith('..') && !value.startsWith('../') ? [invalidValue(path, value, "must not start with '..'")] : []),
];
