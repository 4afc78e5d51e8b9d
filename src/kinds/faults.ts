import { isIP } from 'node:net';
import { type FieldError, invalidValue } from '../meta/field-error.ts';

/** Each text as a fault of one value. */
export const faultsOf = (path: string, value: unknown, texts: readonly string[]): FieldError[] =>
  texts.map((it) => invalidValue(path, value, it));

export const notNegative = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];

/** A value as upstream shows it that has no names of the API: those of its Go fields, which begin with capitals. */
export function goNamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goNamed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key.charAt(0).toUpperCase() + key.slice(1), goNamed(it)]));
}

/** User and group ids. */
export const idFaults = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && (value < 0 || value > 2_147_483_647)
    ? [invalidValue(path, value, 'must be between 0 and 2147483647, inclusive')]
    : [];

export const addressFaults = (path: string, value: string): FieldError[] =>
  isIP(value) ? [] : [invalidValue(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
