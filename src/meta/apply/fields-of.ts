import { itemStep } from './compare.ts';
import { emptySet, type FieldSet, type FieldSetDraft, isEmpty, member } from './field-set.ts';
import { asList, isRecord, type Json } from './record.ts';
import { fieldStep } from './step.ts';
import type { Struct, Structure } from './structure.ts';

/**
 * The paths a value claims by having them (upstream: typed/tofieldset.go). Objects and lists themselves are not among
 * them, but items of maps and lists are, and objects that are given and empty.
 */
export const fieldsOf = (structure: Struct, value: Json): FieldSet => partsOf(structure, value);

/** The node of one value; undefined when it claims nothing. */
function nodeOf(structure: Structure, value: unknown, isItem: boolean): FieldSet | undefined {
  if (structure.is === 'leaf') return member;
  const parts = partsOf(structure, value);
  const isHere = isItem || value === null || (isRecord(value) && Object.keys(value).length === 0);
  if (isEmpty(parts)) return isHere ? member : undefined;
  return isHere ? { '.': member, ...parts } : parts;
}

function partsOf(structure: Structure, value: unknown): FieldSet {
  const parts: FieldSetDraft = {};
  const add = (step: string, node: FieldSet | undefined): void => {
    if (node !== undefined) parts[step] = node;
  };
  switch (structure.is) {
    case 'leaf':
      return emptySet;
    case 'struct':
      if (!isRecord(value)) return emptySet;
      for (const key of Object.keys(value)) {
        const field = structure.fields.get(key);
        if (field) add(field.step, nodeOf(field.of, value[key], false));
      }
      return parts;
    case 'map':
      if (!isRecord(value)) return emptySet;
      for (const key of Object.keys(value)) add(fieldStep(key), nodeOf(structure.of, value[key], true));
      return parts;
    default:
      for (const item of asList(value)) {
        const step = itemStep(structure, item);
        // Items of the same key are owned together, by their key alone.
        const twice = parts[step] !== undefined;
        add(step, twice || structure.is === 'set' ? member : nodeOf(structure.of, item, true));
      }
      return parts;
  }
}

/**
 * The set with all fields of objects that lie on the way to a member: `spec` and `spec.template` too for
 * `spec.template.spec`. Items of maps and lists on the way are not added (upstream: Set.EnsureNamedFieldsAreMembers).
 */
export function withNamedFields(structure: Structure, set: FieldSet): FieldSet {
  const result: FieldSetDraft = {};
  for (const step of Object.keys(set)) {
    const node = set[step] as FieldSet;
    if (step === '.' || isEmpty(node)) {
      result[step] = node;
      continue;
    }
    const inner = structureBelow(structure, step);
    const deeper = inner === undefined ? node : withNamedFields(inner, node);
    const isField = structure.is === 'struct' && inner !== undefined;
    result[step] = isField ? { '.': member, ...deeper } : deeper;
  }
  return result;
}

function structureBelow(structure: Structure, step: string): Structure | undefined {
  switch (structure.is) {
    case 'struct':
      return step.startsWith('f:') ? structure.fields.get(step.slice(2))?.of : undefined;
    case 'map':
    case 'list':
      return structure.of;
    default:
      return undefined;
  }
}
