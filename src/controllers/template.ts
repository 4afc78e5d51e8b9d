import { type apps, type core, replicaSet } from '../kinds/index.ts';
import { fnv } from '../lib/fnv.ts';
import { deepCopy } from '../meta/copy.ts';
import { compareQuantities, isQuantity } from '../meta/quantity.ts';

export const hashLabel = 'pod-template-hash';

/** Where quantities stand in a template; elsewhere `1` and `1000m` are different texts. */
const quantities = new Set(['limits', 'requests', 'overhead']);
const lonelyQuantities = new Set(['sizeLimit', 'divisor', 'storage']);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0);

/** As upstream's semantic equality: what is empty equals what is absent, and quantities count by their value. */
function same(a: unknown, b: unknown, asQuantity = false): boolean {
  if (a === b) return true;
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (typeof a !== 'object' || typeof b !== 'object') {
    return asQuantity && isQuantity(a) && isQuantity(b) && compareQuantities(a, b) === 0;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((it, i) => same(it, b[i]));
  }
  const [first, second] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].every((key) =>
    quantities.has(key) && typeof first[key] === 'object' && typeof second[key] === 'object'
      ? sameQuantities(first[key], second[key])
      : same(first[key], second[key], lonelyQuantities.has(key)),
  );
}

function sameQuantities(a: unknown, b: unknown): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  const [first, second] = [a, b] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].every((key) => same(first[key], second[key], true));
}

export function withoutHash(template: core.PodTemplateSpec): core.PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } as typeof template.metadata };
}

/** The same but for the hash that was put on it. */
export function sameTemplate(a: core.PodTemplateSpec | undefined, b: core.PodTemplateSpec | undefined): boolean {
  const [first, second] = [withoutHash(a ?? {}), withoutHash(b ?? {})];
  return same(first, second) || same(withDefaults(first), withDefaults(second));
}

/** What was stored before a field had a default is the same as what is stored after: an upgrade rolls nothing out. */
function withDefaults(template: core.PodTemplateSpec): core.PodTemplateSpec {
  const draft = { spec: { template: deepCopy(template) } } as apps.ReplicaSet;
  replicaSet.defaults?.(draft);
  return draft.spec.template ?? {};
}

/** JSON with the keys in order: two spellings of one object are one text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

// Letters and digits that spell no words (apimachinery, util/rand SafeEncodeString).
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A name for a template: up to ten characters, in the form of upstream's. It stands in labels and names of stored
 * objects, so it must stay as it is. `collisions` makes another one for a template whose name is taken.
 */
export function templateHash(template: core.PodTemplateSpec, collisions: number | undefined): string {
  const text = canonical(withoutHash(template));
  const hash = fnv(collisions === undefined ? text : `${text}#${collisions}`);
  return [...String(hash)].map((it) => alphabet[it.charCodeAt(0) % alphabet.length]).join('');
}
