import type { StatusCause } from '../types.ts';
import { StatusError } from '../status-error.ts';
import { type FieldSet, isEmpty, pathsOf } from './field-set.ts';
import type { Manager } from './managers.ts';
import { pathText } from './step.ts';

/** Fields somebody else owns and has other values for. */
export type Conflict = { manager: Manager; fields: FieldSet };

export const conflictsOf = (manager: Manager, fields: FieldSet): Conflict[] => (isEmpty(fields) ? [] : [{ manager, fields }]);

/** `"kubectl-edit" with subresource "status" using apps/v1`. An applier is told without its version. */
function nameOf({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The error a refused apply ends with, in upstream's words (managedfields/internal/conflict.go). */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const each = conflicts
    .map(({ manager, fields }) => ({ name: nameOf(manager), paths: pathsOf(fields).map(pathText) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const causes: StatusCause[] = each.flatMap(({ name, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  const only = causes.length === 1 ? causes[0] : undefined;
  const message = only
    ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
    : `Apply failed with ${causes.length} conflicts: ${each
        .flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)])
        .join('\n')}`;
  return new StatusError('Conflict', message, { details: { causes } });
}
