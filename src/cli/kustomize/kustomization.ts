import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { anything, count, flag, isRecord, KustomizationError, listOf, record, text, texts, unsupported } from './shape.ts';

const generatorOptions = record({ labels: texts, annotations: texts, disableNameSuffixHash: flag, immutable: flag });
export type GeneratorOptions = ReturnType<typeof generatorOptions>;

const generator = {
  name: text,
  namespace: text,
  behavior: text,
  files: listOf(text),
  literals: listOf(text),
  envs: listOf(text),
  env: text,
  options: generatorOptions,
} as const;
const configMapGenerator = record(generator);
const secretGenerator = record({ ...generator, type: text });
export type GeneratorArgs = ReturnType<typeof secretGenerator>;

const target = record({
  group: text,
  version: text,
  kind: text,
  name: text,
  namespace: text,
  labelSelector: text,
  annotationSelector: text,
});
export type Target = ReturnType<typeof target>;

const patch = record({
  path: text,
  patch: text,
  target,
  options: record({ allowNameChange: flag, allowKindChange: flag }),
});
export type PatchArgs = ReturnType<typeof patch>;

const image = record({ name: text, newName: text, newTag: text, digest: text, tagSuffix: text });
export type ImageArgs = ReturnType<typeof image>;

const label = record({
  pairs: texts,
  includeSelectors: flag,
  includeTemplates: flag,
  includeVolumeClaimTemplates: flag,
  fields: unsupported,
});
export type LabelArgs = ReturnType<typeof label>;

const fieldOptions = record({ delimiter: text, index: count, create: flag, encoding: unsupported });
const replacement = record({
  path: text,
  source: record({ group: text, version: text, kind: text, name: text, namespace: text, fieldPath: text, options: fieldOptions }),
  sourceValue: text,
  targets: listOf(record({ select: target, reject: listOf(target), fieldPaths: listOf(text), options: fieldOptions })),
});
export type Replacement = ReturnType<typeof replacement>;

/** A file that `replacements` names: one of them, or a list. */
export function readReplacements(content: string, path: string): Replacement[] {
  return readYamlDocuments(content).flatMap((it) => (Array.isArray(it) ? listOf(replacement)(it, path) : [replacement(it, path)]));
}

/** Fields of a kustomization, after kustomize's types/kustomization.go. */
const kustomization = record({
  apiVersion: text,
  kind: text,
  metadata: anything,
  resources: listOf(text),
  bases: listOf(text),
  components: listOf(text),
  configMapGenerator: listOf(configMapGenerator),
  secretGenerator: listOf(secretGenerator),
  generatorOptions,
  namePrefix: text,
  nameSuffix: text,
  namespace: text,
  labels: listOf(label),
  commonLabels: texts,
  commonAnnotations: texts,
  images: listOf(image),
  imageTags: listOf(image),
  replicas: listOf(record({ name: text, count })),
  patches: listOf(patch),
  patchesStrategicMerge: listOf(text),
  patchesJson6902: listOf(patch),
  sortOptions: record({
    order: text,
    legacySortOptions: record({ orderFirst: listOf(text), orderLast: listOf(text) }),
  }),
  buildMetadata: unsupported,
  configurations: unsupported,
  crds: unsupported,
  generators: unsupported,
  helmChartInflationGenerator: unsupported,
  helmCharts: unsupported,
  helmGlobals: unsupported,
  openapi: unsupported,
  replacements: listOf(replacement),
  transformers: unsupported,
  validators: unsupported,
  vars: unsupported,
});
export type Kustomization = ReturnType<typeof kustomization>;

/** In the order of kustomize's; one folder may have one of them. */
export const kustomizationFileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Reads one kustomization file. Fails with a KustomizationError that names the field. */
export function readKustomization(content: string): Kustomization {
  const documents = readYamlDocuments(content);
  if (documents.length > 1) throw new KustomizationError('more than one YAML document');
  if (!isRecord(documents[0])) throw new KustomizationError(documents.length === 0 ? 'the file is empty' : 'expected a mapping');
  const read = kustomization(documents[0], '');
  const kind = read.kind || 'Kustomization';
  if (kind !== 'Kustomization' && kind !== 'Component') throw new KustomizationError('kind should be Kustomization or Component');
  const apiVersion = `kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`;
  if (read.apiVersion && read.apiVersion !== apiVersion) throw new KustomizationError(`apiVersion for ${kind} should be ${apiVersion}`);
  const { apiVersion: _, kind: __, metadata: ___, ...content_ } = read;
  if (Object.keys(content_).length === 0) throw new KustomizationError('the kustomization has no content');
  for (const it of read.labels ?? [])
    for (const key of Object.keys(it.pairs ?? {}))
      if (Object.hasOwn(read.commonLabels ?? {}, key))
        throw new KustomizationError(`label name '${key}' exists in both commonLabels and labels`);
  return { ...read, kind };
}
