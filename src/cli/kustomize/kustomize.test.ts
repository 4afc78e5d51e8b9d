import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { buildKustomization, type Files, KustomizationError } from './index.ts';

const golden = new URL('../../../test/golden/kustomize/', import.meta.url);
const onDisk: Files = {
  read: (path) => (statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined),
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
};

for (const file of readdirSync(golden).filter((it) => it.endsWith('.yaml'))) {
  const name = file.replace('.yaml', '');
  test(`${name}: the same objects in the same order as kubectl's`, () => {
    const folder = new URL(`${name}/`, golden).pathname;
    const { objects } = buildKustomization(existsSync(`${folder}overlay`) ? `${folder}overlay` : folder, onDisk);
    const want = readYamlDocuments(readFileSync(new URL(file, golden), 'utf8'));
    const named = (it: unknown): string => {
      const { kind, metadata } = it as { kind: string; metadata: { name: string; namespace?: string } };
      return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    };
    expect(objects.map(named)).toEqual(want.map(named));
    expect(objects).toEqual(want);
  });
}

const inMemory = (files: Record<string, string>): Files => ({
  read: (path) => (Object.hasOwn(files, path) ? Buffer.from(files[path] as string) : undefined),
  isFolder: (path) => Object.keys(files).some((it) => it.startsWith(`${path}/`)),
});

const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n';
const faults: Array<[name: string, files: Record<string, string>, message: RegExp]> = [
  [
    'no kustomization file',
    { 'k/pod.yaml': pod },
    /^unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '.*\/k'$/,
  ],
  ['two of them', { 'k/kustomization.yaml': 'resources: []', 'k/Kustomization': 'resources: []' }, /more than one kustomization file/],
  ['nothing in it', { 'k/kustomization.yaml': 'kind: Kustomization' }, /no content/],
  ['an unknown field', { 'k/kustomization.yaml': 'resource: [a]' }, /^k\/kustomization.yaml: unknown field "resource"$/],
  [
    'an unknown field within',
    { 'k/kustomization.yaml': 'images: [{name: a, tag: b}]' },
    /^k\/kustomization.yaml: images\[0\]: unknown field "tag"$/,
  ],
  ['a field we do not have', { 'k/kustomization.yaml': 'vars: []' }, /^k\/kustomization.yaml: vars: this field is not supported$/],
  [
    'a wrong type',
    { 'k/kustomization.yaml': 'commonLabels: {version: 1}' },
    /^k\/kustomization.yaml: commonLabels.version: expected a text, found a number$/,
  ],
  [
    'another API',
    { 'k/kustomization.yaml': 'apiVersion: v1\nresources: []' },
    /apiVersion for Kustomization should be kustomize.config.k8s.io\/v1beta1/,
  ],
  ['a missing file', { 'k/kustomization.yaml': 'resources: [pod.yaml]' }, /^k: there is no file pod.yaml$/],
  [
    'a file above',
    { 'k/kustomization.yaml': 'resources: [../pod.yaml]', 'pod.yaml': pod },
    /^security; file 'pod.yaml' is not in or below 'k'$/,
  ],
  [
    'a secret file above',
    { 'k/kustomization.yaml': 'secretGenerator: [{name: s, files: [/etc/shadow]}]' },
    /security; file '\/etc\/shadow' is not in or below/,
  ],
  ['a remote base', { 'k/kustomization.yaml': 'resources: ["https://example.com/x"]' }, /remote resources are not supported/],
  [
    'a circle',
    { 'k/kustomization.yaml': 'resources: [../l]', 'l/kustomization.yaml': 'resources: [../k]' },
    /the folders include each other: k -> l -> k/,
  ],
  [
    'the same object twice',
    { 'k/kustomization.yaml': 'resources: [a.yaml, b.yaml]', 'k/a.yaml': pod, 'k/b.yaml': pod },
    /may not add resource with an already registered id: Pod.v1\/a/,
  ],
  [
    'a patch without its object',
    { 'k/kustomization.yaml': 'patches: [{patch: "{apiVersion: v1, kind: Pod, metadata: {name: a}}"}]' },
    /no object matches Pod.v1\/a/,
  ],
  [
    'a JSON patch without a target',
    { 'k/kustomization.yaml': 'patches: [{patch: "[{op: remove, path: /a}]"}]' },
    /a JSON patch needs a target/,
  ],
  [
    'a JSON patch that does not fit',
    {
      'k/kustomization.yaml': 'resources: [p.yaml]\npatches: [{target: {kind: Pod}, patch: "[{op: remove, path: /spec}]"}]',
      'k/p.yaml': pod,
    },
    /Pod.v1\/a cannot be patched/,
  ],
  ['replicas of nothing', { 'k/kustomization.yaml': 'replicas: [{name: a, count: 1}]' }, /there is no Deployment, .* named a/],
  [
    'a merge with nothing',
    { 'k/kustomization.yaml': 'configMapGenerator: [{name: a, behavior: merge}]' },
    /ConfigMap.v1\/a does not exist; cannot merge/,
  ],
  ['a key twice', { 'k/kustomization.yaml': 'configMapGenerator: [{name: a, literals: [x=1, x=2]}]' }, /the key "x" is given twice/],
  [
    'a key that is none',
    { 'k/kustomization.yaml': 'configMapGenerator: [{name: a, literals: ["x/y=1"]}]' },
    /"x\/y" is not a valid key name/,
  ],
  [
    'a replacement from nothing',
    { 'k/kustomization.yaml': 'replacements: [{source: {kind: Pod}, targets: [{select: {kind: Pod}}]}]' },
    /nothing is selected by Pod/,
  ],
  [
    'a replacement of a field that is not there',
    {
      'k/kustomization.yaml':
        'resources: [p.yaml]\nreplacements: [{sourceValue: x, targets: [{select: {kind: Pod}, fieldPaths: [spec.nodeName]}]}]',
      'k/p.yaml': pod,
    },
    /unable to find field spec.nodeName in Pod.v1\/a/,
  ],
  ['broken YAML', { 'k/kustomization.yaml': 'resources: [' }, /^k\/kustomization.yaml: error converting YAML to JSON/],
  [
    'a component among resources',
    { 'k/kustomization.yaml': 'resources: [c]', 'k/c/kustomization.yaml': 'kind: Component\nnamePrefix: a-' },
    /c is a component/,
  ],
];
for (const [name, files, message] of faults) {
  test(`refuses ${name}`, () => {
    const build = (): unknown => buildKustomization('k', inMemory(files));
    expect(build).toThrow(KustomizationError);
    expect(build).toThrow(message);
  });
}

test('says which fields are outdated', () => {
  const { warnings } = buildKustomization('k', inMemory({ 'k/kustomization.yaml': 'commonLabels: {a: b}' }));
  expect(warnings).toEqual(["k/kustomization.yaml: 'commonLabels' is deprecated, use 'labels'"]);
});

test('leaves what it read as it was, and a key called __proto__ a key', () => {
  const files = { 'k/kustomization.yaml': 'configMapGenerator: [{name: a, literals: [x=1]}]\ncommonLabels: {__proto__: polluted}' };
  const [first] = buildKustomization('k', inMemory(files)).objects;
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(buildKustomization('k', inMemory(files)).objects[0]).toEqual(first);
});
