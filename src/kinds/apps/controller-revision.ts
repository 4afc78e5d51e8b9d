import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { controllerOf } from '../../meta/owner.ts';
import { defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { ControllerRevision } from '../generated/apps-v1.ts';

/** `statefulset.apps/web` */
function ownerText(it: ControllerRevision): string {
  const owner = controllerOf(it);
  if (!owner) return '<none>';
  const [group, version] = (owner.apiVersion ?? '').split('/');
  return `${(owner.kind ?? '').toLowerCase()}${version === undefined ? '' : `.${group}`}/${owner.name}`;
}

function validate(it: ControllerRevision, was?: ControllerRevision): FieldError[] {
  const faults: FieldError[] = [];
  if (it.data === undefined) faults.push(required('data', 'data is mandatory'));
  faults.push(...notNegative('revision', it.revision));
  if (was && !deepEqual(it.data, was.data)) faults.push(invalidValue('data', it.data, 'field is immutable'));
  return faults;
}

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  validate,
  columns: [
    { name: 'Controller', type: 'string', value: ownerText },
    { name: 'Revision', type: 'string', value: (it) => String(it.revision ?? 0) },
  ],
});
