import { asList, isRecord, type Json, own } from './record.ts';
import { fieldStep, keyStep, pathText, valueStep } from './step.ts';
import type { Struct, Structure } from './structure.ts';

/** Why a configuration cannot be applied although every field of it can be read, each as `<path>: <why>` (upstream: typed/merge.go, helpers.go). */
export const faultsOf = (structure: Struct, config: Json): string[] => faultsIn(structure, config, []);

function faultsIn(structure: Structure, value: unknown, path: readonly string[]): string[] {
  switch (structure.is) {
    case 'leaf':
      return [];
    case 'struct':
    case 'map':
      if (!isRecord(value)) return [];
      return Object.keys(value).flatMap((key) => {
        const inner = structure.is === 'map' ? structure.of : structure.fields.get(key)?.of;
        return inner ? faultsIn(inner, value[key], [...path, fieldStep(key)]) : [];
      });
    default:
      return faultsInItems(structure, asList(value), path);
  }
}

function faultsInItems(list: Extract<Structure, { is: 'list' | 'set' }>, items: readonly unknown[], path: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const step = list.is === 'set' ? valueStep(item) : keyStep(list.keys, item);
    if (step === undefined) {
      const names = list.is === 'list' ? list.keys.map(({ name }) => JSON.stringify(name)).join(' ') : '';
      return [
        `${pathText(path)}: element ${i}: associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
      ];
    }
    if (seen.has(step)) return [`${pathText(path)}: duplicate entries for key ${pathText([step])}`];
    seen.add(step);
    return list.is === 'list' ? faultsIn(list.of, item, [...path, step]) : [];
  });
}

/**
 * The place of a field as paths of the API name it: `spec.ports[0].x` is `.spec.ports[port=80,protocol="TCP"].x`.
 * Where items have no keys, their number stays.
 */
export function pathByKeys(structure: Struct, config: Json, place: string): string {
  let [at, value]: [Structure | undefined, unknown] = [structure, config];
  let text = '';
  for (const [, name, index] of place.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) {
      text += `.${name}`;
      at = at?.is === 'struct' ? at.fields.get(name)?.of : at?.is === 'map' ? at.of : undefined;
      value = isRecord(value) ? own(value, name) : undefined;
    } else {
      value = asList(value)[Number(index)];
      const step: string | undefined = at?.is === 'list' ? keyStep(at.keys, value) : undefined;
      text += step ? pathText([step]) : `[${index}]`;
      at = at?.is === 'list' ? at.of : undefined;
    }
  }
  return text;
}
