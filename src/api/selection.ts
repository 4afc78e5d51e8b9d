import type { AnyKind } from '../kinds/index.ts';
import { matchesRequirements, parseFieldSelector, parseLabelSelector } from '../meta/selector.ts';
import { badRequest } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';

export type Selection = { matches: (object: KubeObject) => boolean; any: boolean };

/** Label and field selectors of a request as one question. Fields that the kind does not offer are refused. */
export function selectionOf(kind: AnyKind, labelSelector: string | undefined, fieldSelector: string | undefined): Selection {
  const labels = parseLabelSelector(labelSelector ?? '');
  const fields = parseFieldSelector(fieldSelector ?? '').map(({ path, equal, value }) => {
    const read = fieldReader(kind, path);
    return (object: KubeObject): boolean => (read(object) === value) === equal;
  });
  if (labels.length === 0 && fields.length === 0) return { matches: () => true, any: false };
  return { any: true, matches: (it) => matchesRequirements(labels, it.metadata.labels) && fields.every((fits) => fits(it)) };
}

function fieldReader(kind: AnyKind, path: string): (object: KubeObject) => string {
  if (path === 'metadata.name') return (it) => it.metadata.name;
  if (path === 'metadata.namespace' && kind.namespaced) return (it) => it.metadata.namespace ?? '';
  const read = kind.fields && Object.hasOwn(kind.fields, path) ? kind.fields[path] : undefined;
  if (!read) throw badRequest(`field label not supported: ${path}`);
  return read;
}
