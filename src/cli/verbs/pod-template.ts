import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import type { AnyObject } from '../resources/index.ts';

type WithTemplate = { template?: { spec?: core.PodSpec } };
type WithJobTemplate = { jobTemplate?: { spec?: WithTemplate } };

/** The pod spec in an object, and how a patch reaches it. Fails for kinds that have none. */
export function podSpecOf(object: AnyObject): { spec: core.PodSpec; patch: (spec: object) => object } {
  if (object.kind === 'Pod') return { spec: object.spec as core.PodSpec, patch: (spec) => ({ spec }) };
  const { template } = (object.spec ?? {}) as WithTemplate;
  if (template?.spec) return { spec: template.spec, patch: (spec) => ({ spec: { template: { spec } } }) };
  const job = ((object.spec ?? {}) as WithJobTemplate).jobTemplate?.spec?.template;
  if (job?.spec) return { spec: job.spec, patch: (spec) => ({ spec: { jobTemplate: { spec: { template: { spec } } } } }) };
  throw new CommandError(`the object is not a pod or does not have a pod template: ${goTypeOf(object)}`);
}

/** `*`, a name, or a name with stars. */
export function matchesName(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${escaped}$`).test(name);
}

/** What Go calls the type of an object: `*v1.ConfigMap`. */
export const goTypeOf = ({ apiVersion, kind }: AnyObject): string => `*${apiVersion.split('/').at(-1)}.${kind}`;
