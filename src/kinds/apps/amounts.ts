import { type FieldError, invalidValue } from '../../meta/field-error.ts';
import type { IntOrString } from '../../meta/types.ts';
import { notNegative } from '../faults.ts';

/** A number of pods, or a share of them. */
export const amountFaults = (path: string, value: IntOrString | undefined): FieldError[] => {
  if (typeof value === 'number') return notNegative(path, value);
  if (value === undefined || /^[0-9]+%$/.test(value)) return [];
  return [
    invalidValue(
      path,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ),
  ];
};

export const moreThanAll = (path: string, value: IntOrString | undefined): FieldError[] =>
  typeof value === 'string' && Number.parseInt(value, 10) > 100 ? [invalidValue(path, value, 'must not be greater than 100%')] : [];

/** Zero, as number or as share. */
export const isNothing = (value: IntOrString | undefined): boolean => value === undefined || Number.parseInt(String(value), 10) === 0;
