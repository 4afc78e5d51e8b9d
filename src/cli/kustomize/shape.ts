/** A kustomization that cannot be built: what is wrong, and where. */
export class KustomizationError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KustomizationError';
  }
}

/** Checks a value that came from a file; fails with a KustomizationError that names the path. */
export type Reader<T> = (value: unknown, path: string) => T;

export type Json = { [key: string]: unknown };

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`);

function expected(what: string, value: unknown, path: string): KustomizationError {
  return new KustomizationError(`${path || 'kustomization'}: expected ${what}, found ${kindOf(value)}`);
}

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw expected('a text', value, path);
  return value;
};

export const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw expected('true or false', value, path);
  return value;
};

export const count: Reader<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw expected('a whole number', value, path);
  return value;
};

export const anything: Reader<unknown> = (value) => value;

export const listOf =
  <T>(item: Reader<T>): Reader<T[]> =>
  (value, path) => {
    if (value === null) return [];
    if (!Array.isArray(value)) throw expected('a list', value, path);
    return value.map((it, at) => item(it, `${path}[${at}]`));
  };

export const texts: Reader<{ [key: string]: string }> = (value, path) => {
  if (value === null) return {};
  if (!isRecord(value)) throw expected('a mapping', value, path);
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, text(it, `${path}.${key}`)]));
};

type Fields = { [field: string]: Reader<unknown> };
type Given<F extends Fields> = { -readonly [field in keyof F]?: ReturnType<F[field]> };

/** A mapping with these fields, all of them optional, and no others. */
export const record =
  <const F extends Fields>(fields: F): Reader<Given<F>> =>
  (value, path) => {
    if (!isRecord(value)) throw expected('a mapping', value, path);
    const given: Json = {};
    for (const [field, it] of Object.entries(value)) {
      const reader = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (!reader) throw new KustomizationError(`${path === '' ? '' : `${path}: `}unknown field ${JSON.stringify(field)}`);
      given[field] = reader(it, path === '' ? field : `${path}.${field}`);
    }
    return given as Given<F>;
  };

/** A field that upstream knows and we do not: an error, never ignored. */
export const unsupported: Reader<never> = (_, path) => {
  throw new KustomizationError(`${path}: this field is not supported`);
};
