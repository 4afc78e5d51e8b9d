export type Json = Record<string, unknown>;

export const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A null and an absence are read as an empty object: both have no fields. */
export const asRecord = (value: unknown): Json => (isRecord(value) ? value : {});
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Sets a key of whatever name; `__proto__` too is nothing but data. */
export function put(target: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

export const own = (value: Json, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
