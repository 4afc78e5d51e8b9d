import { isAbsolute, join, normalize, relative, resolve } from 'node:path/posix';
import { deepCopy } from '../../meta/copy.ts';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import type { KubeObject } from '../../meta/types.ts';
import { absorb, generate } from './generate.ts';
import { addHashes } from './hash.ts';
import { type Kustomization, kustomizationFileNames, readKustomization, readReplacements } from './kustomization.ts';
import { objectsIn } from './objects.ts';
import { inOrder } from './order.ts';
import { applyPatch, applyStrategic } from './patch.ts';
import { followNames } from './references.ts';
import { replace } from './replace.ts';
import { currentOf, describe, everCalled, metadataOf, type Resource, resourceOf } from './resource.ts';
import { isRecord, KustomizationError } from './shape.ts';
import { addAnnotations, addCommonLabels, addLabels, addPrefix, addSuffix, setImages, setNamespace, setReplicas } from './transform.ts';

/** Where a kustomization's files are read. Paths have slashes; the result of one path does not change during a build. */
export interface Files {
  /** The content of a file; undefined when there is none. */
  read(path: string): Buffer | undefined;
  isFolder(path: string): boolean;
}

/** `warnings` name fields that are taken but outdated. */
export type Built = { objects: KubeObject[]; warnings: string[] };

/**
 * Builds the kustomization of a folder, as `kubectl kustomize` does: the same objects in the same order. Fails with a
 * KustomizationError that names the file; a field that is not supported is such a failure.
 */
export function buildKustomization(folder: string, files: Files): Built {
  const build = new Build(files);
  const root = normalize(folder);
  const { kustomization, resources } = build.accumulate(root, [], []);
  addHashes(resources);
  followNames(resources);
  const kept = resources.filter((it) => !isLocal(it));
  for (const it of kept) dropEmptyAnnotations(it);
  return {
    objects: inOrder(kept, kustomization.sortOptions).map((it) => it.object as unknown as KubeObject),
    warnings: build.warnings,
  };
}

/** Objects that only configure a build are marked by an annotation. */
function isLocal({ object }: Resource): boolean {
  const { annotations } = metadataOf(object);
  return isRecord(annotations) && annotations['config.kubernetes.io/local-config'] === 'true';
}

function dropEmptyAnnotations({ object }: Resource): void {
  const metadata = metadataOf(object);
  if (Object.keys(metadata.annotations ?? {}).length === 0) delete metadata.annotations;
}

const outdated: ReadonlyArray<[field: keyof Kustomization, instead: string]> = [
  ['bases', 'resources'],
  ['commonLabels', 'labels'],
  ['imageTags', 'images'],
  ['patchesJson6902', 'patches'],
  ['patchesStrategicMerge', 'patches'],
];

type Layer = { kustomization: Kustomization; resources: Resource[] };

class Build {
  readonly warnings: string[] = [];
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  /** One layer with all below it. A component works on the resources of the layer that names it. */
  accumulate(folder: string, above: readonly string[], given: Resource[]): Layer {
    if (above.includes(folder))
      throw new KustomizationError(`${folder}: the folders include each other: ${[...above, folder].join(' -> ')}`);
    const kustomization = this.#kustomizationIn(folder);
    const path = [...above, folder];
    const resources = given;
    for (const it of [...(kustomization.resources ?? []), ...(kustomization.bases ?? [])])
      add(resources, this.#resourcesAt(folder, it, path));
    const read = (file: string): Buffer => this.#fileBelow(folder, file);
    inFile(folder, () => {
      for (const it of kustomization.configMapGenerator ?? [])
        absorb(resources, generate('ConfigMap', it, kustomization.generatorOptions, read));
      for (const it of kustomization.secretGenerator ?? []) absorb(resources, generate('Secret', it, kustomization.generatorOptions, read));
    });
    for (const it of kustomization.components ?? []) this.#addComponent(folder, it, path, resources);
    inFile(folder, () => transform(resources, kustomization, { read, tryRead: (file) => this.#files.read(join(folder, file)) }));
    return { kustomization, resources };
  }

  #kustomizationIn(folder: string): Kustomization {
    const found = kustomizationFileNames.flatMap((name) => {
      const content = this.#files.read(join(folder, name));
      return content ? [{ name, content: content.toString('utf8') }] : [];
    });
    const [file] = found;
    if (!file)
      throw new KustomizationError(
        `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${resolve(folder)}'`,
      );
    if (found.length > 1)
      throw new KustomizationError(`${folder}: more than one kustomization file: ${found.map((it) => it.name).join(', ')}`);
    const kustomization = inFile(join(folder, file.name), () => readKustomization(file.content));
    for (const [field, instead] of outdated)
      if (kustomization[field] !== undefined) this.warnings.push(`${join(folder, file.name)}: '${field}' is deprecated, use '${instead}'`);
    return kustomization;
  }

  #resourcesAt(folder: string, entry: string, above: readonly string[]): Resource[] {
    if (/^[a-z+]+:\/\/|^git@|^github\.com\//.test(entry))
      throw new KustomizationError(`${folder}: resource ${entry}: remote resources are not supported; fetch it and name the folder`);
    const path = resolved(folder, entry);
    if (this.#files.isFolder(path)) {
      const layer = this.accumulate(path, above, []);
      if (layer.kustomization.kind === 'Component')
        throw new KustomizationError(`${folder}: ${entry} is a component: name it in components`);
      return layer.resources;
    }
    const content = this.#fileBelow(folder, entry).toString('utf8');
    return inFile(path, () => objectsIn(readYamlDocuments(content), entry).map((it) => resourceOf(deepCopy(it))));
  }

  #addComponent(folder: string, entry: string, above: readonly string[], resources: Resource[]): void {
    const path = resolved(folder, entry);
    if (!this.#files.isFolder(path)) throw new KustomizationError(`${folder}: component ${entry} is no folder`);
    const { kustomization } = this.accumulate(path, above, resources);
    if (kustomization.kind !== 'Component') throw new KustomizationError(`${folder}: ${entry} is no component: its kind is Kustomization`);
  }

  /** Files must be in the folder or below it, as kustomize insists; whole folders may be anywhere. */
  #fileBelow(folder: string, entry: string): Buffer {
    const path = resolved(folder, entry);
    const way = relative(folder, path);
    if (way.startsWith('..') || isAbsolute(way)) throw new KustomizationError(`security; file '${path}' is not in or below '${folder}'`);
    const content = this.#files.read(path);
    if (!content) throw new KustomizationError(`${folder}: there is no file ${entry}`);
    return content;
  }
}

const resolved = (folder: string, entry: string): string =>
  normalize(isAbsolute(entry) ? entry : join(folder, entry)).replace(/(.)\/$/, '$1');

function add(resources: Resource[], more: readonly Resource[]): void {
  for (const it of more) {
    if (everCalled(resources, currentOf(it)).some((other) => describe(currentOf(other)) === describe(currentOf(it))))
      throw new KustomizationError(`may not add resource with an already registered id: ${describe(currentOf(it))}`);
    resources.push(it);
  }
}

type Readers = { read: (path: string) => Buffer; tryRead: (path: string) => Buffer | undefined };

// The order is kustomize's (target/kusttarget_configplugin.go).
function transform(resources: Resource[], layer: Kustomization, { read, tryRead }: Readers): void {
  for (const it of layer.patchesStrategicMerge ?? []) applyStrategic(resources, it, tryRead);
  for (const it of layer.patches ?? []) applyPatch(resources, it, read);
  if (layer.namespace) setNamespace(resources, layer.namespace);
  if (layer.namePrefix) addPrefix(resources, layer.namePrefix);
  if (layer.nameSuffix) addSuffix(resources, layer.nameSuffix);
  for (const it of layer.labels ?? []) addLabels(resources, it);
  addCommonLabels(resources, layer.commonLabels ?? {});
  addAnnotations(resources, layer.commonAnnotations ?? {});
  for (const it of layer.patchesJson6902 ?? []) applyPatch(resources, it, read);
  for (const it of layer.replicas ?? []) setReplicas(resources, it);
  for (const it of [...(layer.images ?? []), ...(layer.imageTags ?? [])]) setImages(resources, it);
  for (const it of layer.replacements ?? [])
    for (const each of it.path ? readReplacements(read(it.path).toString('utf8'), it.path) : [it]) replace(resources, each);
}

/** Adds the file to a failure that does not name one yet. */
function inFile<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof KustomizationError && message.startsWith('security;')) throw cause;
    throw new KustomizationError(`${path}: ${message}`, { cause });
  }
}
