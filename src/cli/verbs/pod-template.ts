import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import type { AnyObject } from '../resources/index.ts';

type WithTemplate = { template?: { metadata?: { annotations?: Record<string, string> }; spec?: core.PodSpec } };

/** The pod spec in an object, and how a patch reaches it. Fails for kinds that have none. */
export function podSpecOf(object: AnyObject): { spec: core.PodSpec; patch: (spec: object) => object } {
  if (object.kind === 'Pod') return { spec: object.spec as core.PodSpec, patch: (spec) => ({ spec }) };
  const { template } = (object.spec ?? {}) as WithTemplate;
  if (template?.spec) return { spec: template.spec, patch: (spec) => ({ spec: { template: { spec } } }) };
  throw new CommandError(`the object is not a pod or does not have a pod template: ${object.kind}`);
}

/** `*`, a name, or a name with stars. */
export function matchesName(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${escaped}$`).test(name);
}
