/** The import table of the source tree, for dependency-cruiser: what each folder of src may import besides itself. */
const vocabulary = ['kinds', 'meta', 'lib'];
const mayImport = {
  api: ['store', ...vocabulary],
  controllers: ['client', ...vocabulary],
  scheduler: ['client', ...vocabulary],
  proxy: ['client', ...vocabulary],
  dns: ['client', ...vocabulary],
  front: ['client', ...vocabulary],
  cli: ['client', ...vocabulary],
  dashboard: ['client', ...vocabulary],
  kubelet: ['client', 'runtime', ...vocabulary],
  client: vocabulary,
  // The store knows no kinds, the runtime knows no Pods.
  store: ['lib'],
  runtime: ['lib'],
  kinds: ['meta', 'lib'],
  meta: ['lib'],
  lib: [],
};

/** Packages that only one place talks to: the edge to what is outside. */
const edges = { dockerode: ['src/runtime/docker/'], lmdb: ['src/store/embedded/'], express: ['src/api/', 'src/dashboard/'] };

const tests = '\\.test\\.ts$';

module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([folder, others]) => ({
      name: `${folder}-may-import-${others.join('-') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: tests },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...others].join('|')})/` },
    })),
    {
      name: 'other-folders-by-index',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: tests },
      to: { path: '^src/(?!lib/|meta/)[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'main-by-index',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: tests },
      to: { path: '^src/(?!lib/|meta/)[^/]+/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    { name: 'no-circles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'nothing-from-test', severity: 'error', from: { path: '^src/', pathNot: tests }, to: { path: '^test/' } },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/kinds/generate-types\\.ts$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'nothing-unknown', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    ...Object.entries(edges).map(([name, places]) => ({
      name: `${name}-in-one-place`,
      severity: 'error',
      from: { path: '^src/', pathNot: [`^(${places.join('|')})`, tests] },
      to: { path: `node_modules/${name}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Without it nothing is found: TypeScript 7 has no interface for tools.
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
