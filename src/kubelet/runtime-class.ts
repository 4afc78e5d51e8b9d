import type { core } from '../kinds/index.ts';
import type { Parts } from './parts.ts';

/** Which of the engine's runtimes a pod wants; undefined for the usual one. Fails when its class is not there. */
export async function runtimeOf({ lookups }: Pick<Parts, 'lookups'>, { spec }: core.Pod): Promise<string | undefined> {
  if (!spec.runtimeClassName) return undefined;
  const its = await lookups.runtimeClass(spec.runtimeClassName);
  if (!its) throw new Error(`RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
  return its.handler;
}
