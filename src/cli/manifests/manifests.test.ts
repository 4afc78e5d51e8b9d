import { expect, test } from 'vitest';
import { CommandError } from '../command.ts';
import { diskFiles, type ManifestArgs, type ManifestFiles, readManifests } from './index.ts';

const inMemory = (files: Record<string, string>): ManifestFiles => ({
  read: (path) => (Object.hasOwn(files, path) ? Buffer.from(files[path] as string) : undefined),
  isFolder: (path) => Object.keys(files).some((it) => it.startsWith(`${path}/`)),
  list: (path) =>
    [
      ...new Set(
        Object.keys(files)
          .filter((it) => it.startsWith(`${path}/`))
          .map((it) => it.slice(path.length + 1).split('/')[0] as string),
      ),
    ].sort(),
});
const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const files = inMemory({
  'd/b.yaml': `${map('b1')}---\n${map('b2')}---\n# nothing\n`,
  'd/a.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }] }),
  'd/notes.md': '# no manifest',
  'd/deep/c.yml': map('c'),
  'one.yaml': map('one'),
  'empty/readme.txt': '',
  'broken.yaml': 'a: [',
  'text.yaml': 'hello',
  'nameless.yaml': 'a: 1',
  'k/kustomization.yaml': 'resources: [x.yaml]\nnamePrefix: k-',
  'k/x.yaml': map('x'),
  'bad/kustomization.yaml': 'vars: []',
});
const names = async (args: ManifestArgs): Promise<string[]> => {
  const { manifests } = await readManifests(args, { files, stdin: async () => map('piped') });
  return manifests.map(({ object, from }) => `${from}: ${object.kind} ${object.metadata.name}`);
};

const cases: Array<[name: string, args: ManifestArgs, want: string[]]> = [
  ['a file', { filenames: ['one.yaml'] }, ['one.yaml: ConfigMap one']],
  ['a folder, by name, lists apart', { filenames: ['d'] }, ['d/a.json: Secret a', 'd/b.yaml: ConfigMap b1', 'd/b.yaml: ConfigMap b2']],
  [
    'a folder and below',
    { filenames: ['d'], recursive: true },
    ['d/a.json: Secret a', 'd/b.yaml: ConfigMap b1', 'd/b.yaml: ConfigMap b2', 'd/deep/c.yml: ConfigMap c'],
  ],
  ['in the order given', { filenames: ['one.yaml', '-'] }, ['one.yaml: ConfigMap one', 'standard input: ConfigMap piped']],
  ['a kustomization', { kustomize: 'k' }, ['k: ConfigMap k-x']],
];
for (const [name, args, want] of cases) test(name, async () => expect(await names(args)).toEqual(want));

const faults: Array<[args: ManifestArgs, message: string]> = [
  [{}, 'must specify one of -f and -k'],
  [{ filenames: ['a'], kustomize: 'b' }, 'only one of -f or -k can be specified'],
  [{ filenames: ['nowhere.yaml'] }, 'the path "nowhere.yaml" does not exist'],
  [{ filenames: ['empty'] }, 'error reading [empty]: recognized file extensions are [.json .yaml .yml]'],
  [{ filenames: ['broken.yaml'] }, 'error parsing broken.yaml: '],
  [{ filenames: ['text.yaml'] }, 'text.yaml: expected an object, found "hello"'],
  [{ filenames: ['nameless.yaml'] }, `unable to decode "nameless.yaml": Object 'Kind' is missing in '{"a":1}'`],
  [{ filenames: ['https://example.com/a.yaml'] }, 'https://example.com/a.yaml: manifests are not fetched'],
  [{ kustomize: 'bad' }, 'bad/kustomization.yaml: vars: this field is not supported'],
];
for (const [args, message] of faults) {
  test(`says: ${message}`, async () => {
    const failure = await names(args).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandError);
    expect((failure as Error).message).toContain(message);
  });
}

test('reads the demos from the disk', async () => {
  const stdin = async (): Promise<string> => '';
  for (const demo of ['echoserver', 'hello-world', 'counter', 'system-inventory', 'cluster'])
    expect((await readManifests({ filenames: [`manifests/${demo}`] }, { files: diskFiles, stdin })).manifests.length).toBeGreaterThan(0);
  const { manifests } = await readManifests({ kustomize: 'manifests/redis' }, { files: diskFiles, stdin });
  expect(manifests.map((it) => it.object.metadata.name)).toEqual(['example-redis-config-hfbhg9b679', 'redis']);
});
