import { itemStep } from './compare.ts';
import { asList, asRecord, isRecord, type Json, own, put } from './record.ts';
import type { Struct, Structure } from './structure.ts';

/** The live object with everything the configuration says (upstream: typed/merge.go). Neither is changed. */
export const mergeObjects = (structure: Struct, live: Json, config: Json): Json => mergeFields(structure, live, config);

function mergeValue(structure: Structure | undefined, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined || structure === undefined) return config;
  switch (structure.is) {
    case 'leaf':
      return config;
    case 'struct':
    case 'map': {
      if (isEmptyOf(live) && isEmptyOf(config)) return config;
      return mergeFields(structure, asRecord(live), asRecord(config));
    }
    default:
      return mergeItems(structure, asList(live), asList(config));
  }
}

const isEmptyOf = (value: unknown): boolean => !isRecord(value) || Object.keys(value).length === 0;

function mergeFields(structure: Extract<Structure, { is: 'struct' | 'map' }>, live: Json, config: Json): Json {
  const result: Json = {};
  for (const key of Object.keys(live)) {
    const inner = structure.is === 'map' ? structure.of : structure.fields.get(key)?.of;
    put(result, key, mergeValue(inner, live[key], own(config, key)));
  }
  for (const key of Object.keys(config)) if (!Object.hasOwn(live, key)) put(result, key, config[key]);
  return result;
}

type Items = Extract<Structure, { is: 'list' | 'set' }>;

/**
 * Items of the configuration come in its order. Those only the live list has keep their place: behind what stands
 * before them there, as far as the configuration's order allows.
 */
function mergeItems(list: Items, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const liveSteps = live.map((it) => itemStep(list, it));
  const configSteps = config.map((it) => itemStep(list, it));
  const wanted = new Set(configSteps);
  const liveByStep = itemsOnce(liveSteps, live);
  const shared = configSteps.filter((step) => liveByStep.has(step));
  const result: unknown[] = [];
  let at = 0;
  const takeLiveUpTo = (stop: string | undefined): void => {
    for (; at < live.length && liveSteps[at] !== stop; at++) if (!wanted.has(liveSteps[at] as string)) result.push(live[at]);
  };
  for (const [i, step] of configSteps.entries()) {
    takeLiveUpTo(shared[0]);
    result.push(list.is === 'set' ? config[i] : mergeValue(list.of, liveByStep.get(step), config[i]));
    if (step !== shared[0]) continue;
    shared.shift();
    at++;
  }
  takeLiveUpTo(undefined);
  return result;
}

/** The live items by their step. Several of the same are not merged with what is new: they count as an item without fields. */
function itemsOnce(steps: readonly string[], items: readonly unknown[]): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [i, step] of steps.entries()) found.set(step, found.has(step) ? undefined : items[i]);
  return found;
}
