import type { StatusCause } from './types.ts';

/** One fault in one field, worded as apimachinery's util/validation/field does. */
export type FieldError = { path: string; reason: string; message: string };

const show = (value: unknown): string => {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
};

/** The field is missing or empty. */
export const required = (path: string, detail = ''): FieldError => ({
  path,
  reason: 'FieldValueRequired',
  message: detail ? `Required value: ${detail}` : 'Required value',
});

export const invalidValue = (path: string, value: unknown, detail: string): FieldError => ({
  path,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${show(value)}${detail ? `: ${detail}` : ''}`,
});

/** The value is none of a closed set; `supported` is listed in the order given. */
export const notSupported = (path: string, value: unknown, supported: readonly string[]): FieldError => ({
  path,
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${show(value)}${supported.length ? `: supported values: ${supported.map((it) => JSON.stringify(it)).join(', ')}` : ''}`,
});

export const duplicate = (path: string, value: unknown): FieldError => ({
  path,
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${show(value)}`,
});

export const forbidden = (path: string, detail: string): FieldError => ({
  path,
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
});

export const tooLong = (path: string, limit: number): FieldError => ({
  path,
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${limit} bytes`,
});

export const tooMany = (path: string, actual: number, limit: number): FieldError => ({
  path,
  reason: 'FieldValueTooMany',
  message: `Too many: ${actual}: must have at most ${limit} items`,
});

export const fieldNotFound = (path: string, value: unknown): FieldError => ({
  path,
  reason: 'FieldValueNotFound',
  message: `Not found: ${show(value)}`,
});

export const toCause = (it: FieldError): StatusCause => ({ reason: it.reason, message: it.message, field: it.path });
