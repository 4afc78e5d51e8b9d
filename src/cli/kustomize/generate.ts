import { basename } from 'node:path/posix';
import type { GeneratorArgs, GeneratorOptions } from './kustomization.ts';
import { currentOf, describe, everCalled, metadataOf, type Resource, resourceOf } from './resource.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';

type Read = (path: string) => Buffer;
type Generated = { resource: Resource; behavior: 'create' | 'merge' | 'replace' };

/** A ConfigMap or a Secret from files, literals and env files. */
export function generate(kind: 'ConfigMap' | 'Secret', args: GeneratorArgs, shared: GeneratorOptions | undefined, read: Read): Generated {
  if (!args.name) throw new KustomizationError(`${kind}: a generator needs a name`);
  const options = mergedOptions(args.options, shared);
  const object: Json = { apiVersion: 'v1', kind, metadata: { name: args.name, ...(args.namespace && { namespace: args.namespace }) } };
  if (kind === 'Secret') object.type = args.type || 'Opaque';
  fill(object, kind, valuesOf(args, read));
  const metadata = metadataOf(object);
  if (Object.keys(options.labels ?? {}).length > 0) metadata.labels = { ...options.labels };
  if (Object.keys(options.annotations ?? {}).length > 0) metadata.annotations = { ...options.annotations };
  if (options.immutable) object.immutable = true;
  const resource = resourceOf(object);
  resource.hashed = !options.disableNameSuffixHash;
  // Upstream takes every other word for `create`, and there are folders that rely on it.
  const behavior = args.behavior === 'merge' || args.behavior === 'replace' ? args.behavior : 'create';
  return { resource, behavior };
}

/** A generator's own options win, but what is switched on for all stays on. */
function mergedOptions(own: GeneratorOptions = {}, shared: GeneratorOptions = {}): GeneratorOptions {
  return {
    labels: { ...shared.labels, ...own.labels },
    annotations: { ...shared.annotations, ...own.annotations },
    disableNameSuffixHash: shared.disableNameSuffixHash || own.disableNameSuffixHash || false,
    immutable: shared.immutable || own.immutable || false,
  };
}

function fill(object: Json, kind: 'ConfigMap' | 'Secret', values: Map<string, Buffer>): void {
  const keys = [...values.keys()].sort();
  if (kind === 'Secret') {
    object.data = Object.fromEntries(keys.map((key) => [key, inLines(values.get(key) as Buffer)]));
    return;
  }
  for (const key of keys) {
    const bytes = values.get(key) as Buffer;
    const text = bytes.toString('utf8');
    const isText = Buffer.from(text, 'utf8').equals(bytes);
    const field = isText ? 'data' : 'binaryData';
    object[field] = { ...(object[field] as Json | undefined), [key]: isText ? text : inLines(bytes) };
  }
}

/** Base64 as kustomize writes it: beyond 70 digits in lines. It counts for the hash. */
function inLines(bytes: Buffer): string {
  const digits = bytes.toString('base64');
  return digits.length < 70 ? digits : digits.replace(/.{1,70}/g, '$&\n');
}

function valuesOf(args: GeneratorArgs, read: Read): Map<string, Buffer> {
  const values = new Map<string, Buffer>();
  const add = (key: string, value: Buffer | string): void => {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..'))
      throw new KustomizationError(`${JSON.stringify(key)} is not a valid key name: alphanumeric characters, '-', '_' or '.'`);
    if (values.has(key)) throw new KustomizationError(`${args.name}: the key ${JSON.stringify(key)} is given twice`);
    values.set(key, Buffer.from(value));
  };
  for (const path of [...(args.envs ?? []), ...(args.env ? [args.env] : [])])
    for (const [key, value] of envLines(read(path).toString('utf8'), path)) add(key, value);
  for (const literal of args.literals ?? []) add(...splitLiteral(literal));
  for (const source of args.files ?? []) {
    const [key, path] = splitFile(source);
    add(key, read(path));
  }
  return values;
}

function splitLiteral(literal: string): [key: string, value: string] {
  const at = literal.indexOf('=');
  if (at <= 0) throw new KustomizationError(`invalid literal source ${literal}, expected key=value`);
  const value = literal.slice(at + 1);
  const quoted = value.length >= 2 && /^(["']).*\1$/s.test(value);
  return [literal.slice(0, at), quoted ? value.slice(1, -1) : value];
}

function splitFile(source: string): [key: string, path: string] {
  const parts = source.split('=');
  if (parts.length === 1) return [basename(source), source];
  const [key, path] = parts;
  if (parts.length > 2 || !key || !path) throw new KustomizationError(`invalid file source ${source}, expected [key=]path`);
  return [key, path];
}

function envLines(content: string, path: string): Array<[key: string, value: string]> {
  const found: Array<[string, string]> = [];
  for (const raw of content.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
      throw new KustomizationError(`${path}: ${JSON.stringify(key)} is not a name of a variable`);
    found.push([key, at < 0 ? '' : line.slice(at + 1)]);
  }
  return found;
}

/** Adds what was generated, or puts it in the place of one from a base, merged with it if so asked. */
export function absorb(resources: Resource[], { resource, behavior }: Generated): void {
  const id = currentOf(resource);
  const found = everCalled(resources, id);
  const [old] = found;
  if (found.length > 1) throw new KustomizationError(`${describe(id)}: several objects could be merged with it`);
  if (!old) {
    if (behavior !== 'create') throw new KustomizationError(`${describe(id)} does not exist; cannot ${behavior}`);
    resources.push(resource);
    return;
  }
  if (behavior === 'create') throw new KustomizationError(`${describe(id)} exists; behavior must be merge or replace`);
  const [metadata, before] = [metadataOf(resource.object), metadataOf(old.object)];
  for (const field of ['labels', 'annotations']) {
    const merged = { ...(before[field] as Json | undefined), ...(metadata[field] as Json | undefined) };
    if (Object.keys(merged).length > 0) metadata[field] = merged;
  }
  metadata.name = before.name;
  if (before.namespace === undefined) delete metadata.namespace;
  else metadata.namespace = before.namespace;
  if (behavior === 'merge') {
    for (const field of ['data', 'binaryData']) {
      if (isRecord(old.object[field])) resource.object[field] = { ...old.object[field], ...(resource.object[field] as Json | undefined) };
    }
  }
  resources[resources.indexOf(old)] = { ...old, object: resource.object, hashed: resource.hashed && old.hashed };
}
