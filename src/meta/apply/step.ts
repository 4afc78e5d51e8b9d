/** One step of a field path, in the form managedFields has: a field of an object. */
export const fieldStep = (name: string): string => `f:${name}`;

/** The item of a set that has this value. */
export const valueStep = (value: unknown): string => `v:${JSON.stringify(value)}`;

export type ListKeys = readonly { readonly name: string; readonly default?: unknown }[];

/**
 * The item of a list with these keys, which are in the order of the alphabet. A key the item leaves out counts with its
 * default or, without one, not at all. Undefined when none is there: such an item has no place.
 */
export function keyStep(keys: ListKeys, item: unknown): string | undefined {
  let text = '';
  for (const { name, default: otherwise } of keys) {
    const value = (item as Record<string, unknown> | null)?.[name] ?? otherwise;
    if (value !== undefined) text += `${text ? ',' : ''}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return text ? `k:{${text}}` : undefined;
}

/** The step in its one right form, whoever wrote it; undefined when it is none. */
export function canonicalStep(step: string): string | undefined {
  const rest = step.slice(2);
  switch (step.slice(0, 2)) {
    case 'f:':
      return step;
    case 'i:':
      return /^-?\d{1,15}$/.test(rest) ? step : undefined;
    case 'v:':
      return withJson(rest, valueStep);
    case 'k:':
      return withJson(rest, (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
        const names = Object.keys(value).sort();
        return keyStep(
          names.map((name) => ({ name })),
          value,
        );
      });
    default:
      return undefined;
  }
}

function withJson(text: string, then: (value: unknown) => string | undefined): string | undefined {
  try {
    return then(JSON.parse(text));
  } catch {
    // No JSON, no step.
    return undefined;
  }
}

/** A path as messages have it: `.spec.ports[port=80,protocol="TCP"].nodePort`, `.metadata.finalizers[="a"]`. */
export const pathText = (path: readonly string[]): string => path.map(stepText).join('');

function stepText(step: string): string {
  const rest = step.slice(2);
  switch (step.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'v:':
      return `[=${rest}]`;
    case 'k:':
      return `[${Object.entries(JSON.parse(rest) as object)
        .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        .join(',')}]`;
    default:
      return `[${rest}]`;
  }
}
