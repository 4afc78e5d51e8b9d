#!/usr/bin/env node
/**
 * Makes dist/: the program in a few files, since reading hundreds of small ones takes longer at every start than
 * everything else that a start does. `bin.ts` is the entry; what it loads lazily becomes a file of its own. Types are
 * checked by `npm run types`, not here.
 */
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { readDescriptions } from './descriptions.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * For building images and for engines behind ssh dockerode loads gRPC and an ssh client, pino what writes from another
 * thread: 115 ms and 15 MB that a start can do without. By the name they are asked for under, with who asks.
 */
const seldomUsed = new Map([
  ['./session', 'dockerode/lib/session'],
  ['./ssh', 'docker-modem/lib/ssh'],
  ['./transport', 'pino/lib/transport'],
  ['./lib/transport', 'pino/lib/transport'],
]);

/** In place of such a module stands a function that loads the real one, from node_modules, when it is called. */
const whenCalled = {
  name: 'when-called',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/(session|ssh|(lib\/)?transport)$/ }, ({ path, importer }) => {
      const real = seldomUsed.get(path);
      return importer.includes(`node_modules/${real.split('/')[0]}/`) ? { path: real, namespace: 'when-called' } : undefined;
    });
    bundle.onLoad({ filter: /.*/, namespace: 'when-called' }, ({ path }) => ({
      contents: `const path = ${JSON.stringify(path)};
        module.exports = (...given) => require(path)(...given);`,
      loader: 'js',
    }));
  },
};

// Packages in the older module format ask for these; a bundle has none of its own.
const banner = `import { createRequire } from 'node:module';
import { dirname as directoryOf } from 'node:path';
import { fileURLToPath as pathOfUrl } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = pathOfUrl(import.meta.url);
const __dirname = directoryOf(__filename);`;

// Beside the old one until it is complete: what cannot be built takes nothing away.
const [dist, made] = [join(root, 'dist'), join(root, 'dist.new')];
rmSync(made, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/bin.ts'],
  outdir: 'dist.new',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'linked',
  minifyWhitespace: true,
  minifySyntax: true,
  banner: { js: banner },
  // With machine code of their own, or looked for in vain.
  external: ['lmdb', 'bufferutil', 'utf-8-validate', 'cpu-features'],
  plugins: [whenCalled],
  logLevel: 'warning',
});

// Read when the first object is: a file beside the code that asks for it, as in src.
copyFileSync(join(root, 'src/meta/schema/facts.json'), join(made, 'facts.json'));
writeFileSync(join(made, 'descriptions.json'), JSON.stringify(readDescriptions()));
rmSync(dist, { recursive: true, force: true });
renameSync(made, dist);
