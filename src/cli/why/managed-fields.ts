import type { ManagedFieldsEntry } from '../../meta/types.ts';
import type { KubeObject } from '../../meta/types.ts';

export type Writer = { manager: string; time: string | undefined };

const isNewer = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): number => ((a.time ?? '') < (b.time ?? '') ? 1 : -1);
const asWriter = (it: ManagedFieldsEntry): Writer => ({ manager: it.manager ?? 'somebody', time: it.time });

/** Who last wrote what is wanted of an object: its status is left out. */
export const writersOf = ({ metadata }: KubeObject): Writer[] =>
  (metadata.managedFields ?? [])
    .filter((it) => !it.subresource)
    .sort(isNewer)
    .map(asWriter);

/**
 * Who last wrote a field that lies somewhere under these, such as `containers`, `name=app`, `image`: steps in between
 * may be left out.
 */
export function writerOf({ metadata }: KubeObject, path: readonly string[]): Writer | undefined {
  const found = (metadata.managedFields ?? []).filter((it) => !it.subresource && holds(it.fieldsV1, path)).sort(isNewer)[0];
  return found && asWriter(found);
}

function holds(fields: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  if (typeof fields !== 'object' || fields === null) return false;
  return Object.entries(fields).some(([key, below]) =>
    isStep(key, step) ? holds(below, rest) || holds(below, [step, ...rest]) : holds(below, [step, ...rest]),
  );
}

/** `f:image` for a field, `k:{"name":"app"}` for an item of a list. */
function isStep(key: string, step: string): boolean {
  const [name = '', value] = step.split('=');
  return value === undefined
    ? key === `f:${name}`
    : key.startsWith('k:') && key.includes(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
}
