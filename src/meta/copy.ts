import equal from 'fast-deep-equal';

export const deepEqual = equal as unknown as (a: unknown, b: unknown) => boolean;

/** A copy of plain JSON data that shares nothing with it. */
export function deepCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = deepCopy((value as Record<string, unknown>)[key]);
    // A key of this name would set the prototype instead of a property.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: inner, enumerable: true, writable: true, configurable: true });
    else copy[key] = inner;
  }
  return copy as T;
}
