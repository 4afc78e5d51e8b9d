import { deepCopy } from '../../meta/copy.ts';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import type { Replacement } from './kustomization.ts';
import { currentOf, describe, type Identity, type Resource } from './resource.ts';
import { select } from './select.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';

type Target = NonNullable<Replacement['targets']>[number];
type Options = NonNullable<Target['options']>;

/** Copies a value of one object into fields of others. */
export function replace(resources: readonly Resource[], { source, sourceValue, targets = [] }: Replacement): void {
  if ((!source && sourceValue === undefined) || targets.length === 0)
    throw new KustomizationError('replacements must specify a source and at least one target');
  if (source && sourceValue !== undefined) throw new KustomizationError('replacements: source and sourceValue exclude each other');
  const value = source ? sourceOf(resources, source) : sourceValue;
  for (const target of targets) {
    if (!target.select) throw new KustomizationError('replacements: a target must select objects');
    const rejected = new Set((target.reject ?? []).flatMap((it) => (Object.keys(it).length === 0 ? [] : select(resources, it))));
    for (const it of select(resources, target.select)) if (!rejected.has(it)) writeAll(it, target, value);
  }
}

function sourceOf(resources: readonly Resource[], source: NonNullable<Replacement['source']>): unknown {
  const matches = (id: Identity): boolean =>
    (['group', 'version', 'kind', 'name', 'namespace'] as const).every((field) => !source[field] || source[field] === id[field]);
  const found = resources.filter((it) => [...it.previous, currentOf(it)].some(matches));
  const [only] = found;
  const shown = Object.values(source)
    .filter((it) => typeof it === 'string')
    .join(' ');
  if (!only) throw new KustomizationError(`replacements: nothing is selected by ${shown}`);
  if (found.length > 1) throw new KustomizationError(`replacements: multiple matches for ${shown}`);
  const path = source.fieldPath || 'metadata.name';
  const [place] = placesAt(only.object, splitPath(path), false);
  const value = place?.holder[place.key];
  if (value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0))
    throw new KustomizationError(`replacements: field ${path} is missing in ${describe(currentOf(only))}`);
  const { delimiter, index = 0 } = source.options ?? {};
  if (!delimiter) return value;
  const part = plain(value, path).split(delimiter)[index];
  if (part === undefined) throw new KustomizationError(`replacements: index ${index} is out of bounds for ${plain(value, path)}`);
  return part;
}

function writeAll(it: Resource, { fieldPaths = ['metadata.name'], options = {} }: Target, value: unknown): void {
  for (const path of fieldPaths) {
    const places = placesAt(it.object, splitPath(path), options.create ?? false);
    if (places.length === 0)
      throw new KustomizationError(
        `replacements: unable to find${options.create ? ' or create' : ''} field ${path} in ${describe(currentOf(it))}`,
      );
    for (const { holder, key } of places) {
      const before = holder[key];
      holder[key] = asBefore(before, options.delimiter ? joined(before, value, options, path) : deepCopy(value));
    }
  }
}

/** One part of a text is replaced; beyond its ends the value is added there. */
function joined(before: unknown, value: unknown, { delimiter = '', index = 0 }: Options, path: string): string {
  const parts = before === undefined ? [] : plain(before, path).split(delimiter);
  const text = plain(value, path);
  if (index < 0) parts.unshift(text);
  else if (index >= parts.length) parts.push(text);
  else parts[index] = text;
  return parts.join(delimiter);
}

function plain(value: unknown, path: string): string {
  if (typeof value === 'object')
    throw new KustomizationError(`replacements: delimiter can only be used with plain values, ${path} is none`);
  return String(value);
}

/** A field keeps its type: a number stays a number when a text of digits is written to it. */
function asBefore(before: unknown, value: unknown): unknown {
  if (typeof before === 'string' && typeof value !== 'object') return String(value);
  if ((typeof before !== 'number' && typeof before !== 'boolean') || typeof value !== 'string') return value;
  const [read] = readYamlDocuments(value);
  return typeof read === typeof before ? read : value;
}

/** `a.b\.c.[d.e].[name=x].0.*`: a backslash keeps a dot, and so do brackets. */
const splitPath = (path: string): string[] =>
  [...path.matchAll(/(\[[^\]]*\]|(?:\\.|[^.\\])+)(?:\.|$)/g)].map(([, step = '']) =>
    step.replace(/^\[([^=]*)\]$/, '$1').replace(/\\(.)/g, '$1'),
  );

/** A list is a holder too: its keys are the indexes. */
type Place = { holder: Json; key: string };

/** Where the path leads: several places behind `*`. With `create`, missing fields and named list items are made. */
function placesAt(at: unknown, [step, ...rest]: string[], create: boolean): Place[] {
  if (step === undefined) return [];
  const keys = keysOf(at, step, create);
  if (rest.length === 0) return keys.flatMap((key) => (create || Object.hasOwn(at as Json, key) ? [{ holder: at as Json, key }] : []));
  return keys.flatMap((key) => {
    const holder = at as Json;
    if (create && (holder[key] === undefined || holder[key] === null)) holder[key] = /^\[|^\d+$/.test(rest[0] ?? '') ? [] : {};
    return placesAt(holder[key], rest, create);
  });
}

function keysOf(at: unknown, step: string, create: boolean): string[] {
  if (Array.isArray(at)) {
    if (step === '*') return at.map((_, index) => String(index));
    const [, field = '', value] = /^\[([^=]*)=(.*)\]$/.exec(step) ?? [];
    if (value === undefined) return /^\d+$/.test(step) && (Number(step) < at.length || create) ? [step] : [];
    const found = at.flatMap((item, index) => (isItem(item, field, value) ? [String(index)] : []));
    if (found.length > 0 || !create) return found;
    at.push(field === '' ? value : { [field]: value });
    return [String(at.length - 1)];
  }
  if (!isRecord(at) || step === '__proto__') return [];
  return step === '*' ? Object.keys(at) : [step];
}

const isItem = (item: unknown, field: string, value: string): boolean => {
  const found = field === '' ? item : isRecord(item) ? item[field] : undefined;
  return found !== undefined && typeof found !== 'object' && String(found) === value;
};
