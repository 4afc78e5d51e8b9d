import type { AnyKind } from '../kinds/index.ts';
import { parseLabelSelector } from '../meta/parse-label-selector.ts';
import { matchesRequirements, parseFieldSelector } from '../meta/selector.ts';
import { badRequest } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';

/** `any` is false when everything is selected. `name` and `namespace` are what the selectors pin down. */
export type Selection = { matches: (object: KubeObject) => boolean; any: boolean; name?: string; namespace?: string };

/** Label and field selectors of a request as one question. Fields that the kind does not offer are refused. */
export function selectionOf(kind: AnyKind, labelSelector: string | undefined, fieldSelector: string | undefined): Selection {
  const labels = parseLabelSelector(labelSelector ?? '');
  const asked = parseFieldSelector(fieldSelector ?? '');
  const fields = asked.map(({ path, equal, value }) => {
    const read = fieldReader(kind, path);
    return (object: KubeObject): boolean => (read(object) === value) === equal;
  });
  if (labels.length === 0 && fields.length === 0) return { matches: () => true, any: false };
  const pinned = (path: string): string | undefined => asked.find((it) => it.path === path && it.equal && it.value !== '')?.value;
  const [name, namespace] = [pinned('metadata.name'), pinned('metadata.namespace')];
  return {
    any: true,
    matches: (it) => matchesRequirements(labels, it.metadata.labels) && fields.every((fits) => fits(it)),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
  };
}

function fieldReader(kind: AnyKind, path: string): (object: KubeObject) => string {
  if (path === 'metadata.name') return (it) => it.metadata.name;
  if (path === 'metadata.namespace') return (it) => it.metadata.namespace ?? '';
  const read = kind.fields && Object.hasOwn(kind.fields, path) ? kind.fields[path] : undefined;
  if (read) return read;
  throw badRequest(
    kind.fields
      ? `field label not supported: ${path}`
      : `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
