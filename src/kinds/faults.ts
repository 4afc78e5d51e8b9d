import { isIP } from 'node:net';
import { type FieldError, invalidValue } from '../meta/field-error.ts';

/** Each text as a fault of one value. */
export const faultsOf = (path: string, value: unknown, texts: readonly string[]): FieldError[] =>
  texts.map((it) => invalidValue(path, value, it));

export const notNegative = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];

/** User and group ids. */
export const idFaults = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && (value < 0 || value > 2_147_483_647)
    ? [invalidValue(path, value, 'must be between 0 and 2147483647, inclusive')]
    : [];

export const addressFaults = (path: string, value: string): FieldError[] =>
  isIP(value) ? [] : [invalidValue(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
