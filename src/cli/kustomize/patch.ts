import { applyJsonPatch } from '../../meta/patch/json.ts';
import { applyStrategicPatch } from '../../meta/patch/strategic.ts';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { kindByName } from '../../kinds/index.ts';
import type { PatchArgs, Target } from './kustomization.ts';
import { select } from './select.ts';
import { currentOf, describe, everCalled, metadataOf, originalOf, remember, type Resource, resourceOf, typeOf } from './resource.ts';
import { isRecord, type Json, KustomizationError } from './shape.ts';
import { objectsIn } from './objects.ts';

type Read = (path: string) => Buffer;

/** One entry of `patches`: a strategic merge patch, or a JSON patch, for one object or for all that the target selects. */
export function applyPatch(resources: Resource[], args: PatchArgs, read: Read): void {
  const inline = args.patch?.trim() ?? '';
  if (inline === '' && !args.path) throw new KustomizationError('patches: one of patch and path must be given');
  if (inline !== '' && args.path) throw new KustomizationError("patches: patch and path can't be set at the same time");
  const from = args.path ?? 'patch';
  const documents = readYamlDocuments(inline === '' ? read(args.path as string).toString('utf8') : inline);
  if (documents.length === 1 && Array.isArray(documents[0])) patchWithOperations(resources, documents[0], args.target, from);
  else mergePatches(resources, documents, args, from);
}

/** `patchesStrategicMerge`: paths of files, or the patches themselves. */
export function applyStrategic(resources: Resource[], pathOrPatch: string, read: (path: string) => Buffer | undefined): void {
  const content = pathOrPatch.includes('\n') ? undefined : read(pathOrPatch)?.toString('utf8');
  mergePatches(resources, readYamlDocuments(content ?? pathOrPatch), {}, content === undefined ? 'patch' : pathOrPatch);
}

function patchWithOperations(resources: Resource[], operations: unknown[], target: Target | undefined, from: string): void {
  if (!target) throw new KustomizationError(`${from}: a JSON patch needs a target`);
  for (const it of select(resources, target)) {
    remember(it);
    const patched = explained(from, it, () => applyJsonPatch(it.object, operations));
    if (!isRecord(patched)) throw new KustomizationError(`${from}: ${describe(currentOf(it))} would be no object any more`);
    it.object = patched;
  }
}

function mergePatches(resources: Resource[], documents: unknown[], { target, options = {} }: PatchArgs, from: string): void {
  const patches = objectsIn(documents, from);
  if (target && patches.length > 1) throw new KustomizationError(`${from}: several strategic merge patches cannot share a target`);
  for (const patch of patches) {
    const found = target ? select(resources, target) : [named(resources, patch, from)];
    for (const it of found) mergePatch(resources, it, patch, options, from);
  }
}

function named(resources: Resource[], patch: Json, from: string): Resource {
  const id = originalOf(resourceOf(structuredClone(patch)));
  const found = everCalled(resources, id);
  if (found.length !== 1)
    throw new KustomizationError(`${from}: ${found.length === 0 ? 'no object matches' : 'several objects match'} ${describe(id)}`);
  return found[0] as Resource;
}

function mergePatch(resources: Resource[], it: Resource, patch: Json, options: NonNullable<PatchArgs['options']>, from: string): void {
  if (patch.$patch === 'delete') {
    resources.splice(resources.indexOf(it), 1);
    return;
  }
  const { name, namespace } = metadataOf(it.object);
  const { kind } = it.object;
  if (options.allowNameChange || options.allowKindChange) remember(it);
  const type = typeOf(it.object);
  const message =
    kindByName(String(it.object.apiVersion), type.kind)?.message ?? `${type.group.split('.')[0] || 'core'}/${type.version}.${type.kind}`;
  const merged = withoutNulls(explained(from, it, () => applyStrategicPatch(message, it.object, patch, { patchedFirst: true }))) as Json;
  const metadata = metadataOf(merged);
  if (!options.allowKindChange) merged.kind = kind;
  // Who it is stays, unless it is said to change.
  if (!options.allowNameChange) metadata.name = name;
  if (namespace === undefined) delete metadata.namespace;
  else metadata.namespace = namespace;
  it.object = merged;
}

/** kustomize's merge drops fields without a value, wherever they are; a written `null` it keeps, which means the same to the API. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, it]) => (it === null ? [] : [[key, withoutNulls(it)]])));
}

function explained<T>(from: string, it: Resource, apply: () => T): T {
  try {
    return apply();
  } catch (cause) {
    throw new KustomizationError(`${from}: ${describe(currentOf(it))} cannot be patched: ${(cause as Error).message}`, { cause });
  }
}
