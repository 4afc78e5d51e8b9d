import { wholeOf } from './compare.ts';
import { isRecord, type Json } from './record.ts';
import { keyStep, valueStep } from './step.ts';
import type { Struct, Structure } from './structure.ts';

/**
 * What an object has when it is created, as the JSON of a set: the same as comparing it with nothing, for the path that
 * most writes take. Undefined when it has nothing that is owned.
 */
export const createdText = (structure: Struct, object: Json): string | undefined => textOf(structure, object, true) || undefined;

/** '' when it has nothing. `isThere`: what it belongs to is there before, if only as what is always there. */
function textOf(structure: Structure, value: unknown, isThere: boolean): string {
  switch (structure.is) {
    case 'leaf':
      return '{}';
    case 'struct':
      return node(isRecord(value) ? fieldsText(structure, value, isThere) : '', isThere);
    case 'map': {
      let inner = '';
      if (isRecord(value))
        for (const key of Object.keys(value)) inner += `${inner && ','}${fieldKey(key)}${textOf(structure.of, value[key], false)}`;
      return node(inner, isThere);
    }
    default:
      return itemsText(structure, Array.isArray(value) ? value : [], isThere);
  }
}

const node = (inner: string, isThere: boolean): string => (inner ? (isThere ? `{${inner}}` : `{".":{},${inner}}`) : isThere ? '' : '{}');

function fieldsText(structure: Struct, value: Json, isThere: boolean): string {
  let inner = '';
  for (const key of Object.keys(value)) {
    const field = structure.fields.get(key);
    if (field === undefined) continue;
    const text = textOf(field.of, value[key], isThere && field.always);
    if (text) inner += `${inner && ','}${field.key}${text}`;
  }
  if (!isThere)
    for (const key of structure.always) if (value[key] === undefined) inner += `${inner && ','}${structure.fields.get(key)?.key}{}`;
  return inner;
}

const fieldKey = (name: string): string => (/^[\w./-]+$/.test(name) ? `"f:${name}":` : `${JSON.stringify(`f:${name}`)}:`);

function itemsText(list: Extract<Structure, { is: 'list' | 'set' }>, items: readonly unknown[], isThere: boolean): string {
  const seen = new Set<string>();
  let inner = '';
  for (const item of items) {
    const step = list.is === 'set' ? valueStep(item) : (keyStep(list.keys, item) ?? 'k:{}');
    seen.add(step);
    inner += `${inner && ','}${JSON.stringify(step)}:${list.is === 'set' ? '{}' : textOf(list.of, item, false)}`;
  }
  if (seen.size === items.length) return node(inner, isThere);
  // Items of the same key are rare enough to go the long way.
  const { '.': itself, ...steps } = wholeOf(list, items);
  return JSON.stringify(isThere ? steps : { '.': itself, ...steps });
}
