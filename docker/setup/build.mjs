/**
 * Makes sure that packages are installed and dist/ is built: when they are as package-lock.json and the sources want
 * them, nothing is done. What a run was made from is written down in a stamp beside what it made.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { running } from './running.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

function hashOf(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((it) => (it.isDirectory() ? filesIn(`${folder}/${it.name}`) : [`${folder}/${it.name}`]))
    .sort();
}

/** Runs a step and leaves its stamp, unless the stamp is there. A step that fails leaves none. */
async function step(stamp, hash, what, args) {
  const file = join(root, stamp);
  if (existsSync(file) && readFileSync(file, 'utf8') === hash) return false;
  rmSync(file, { force: true });
  await running(what, 'npm', args, { cwd: root });
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, hash);
  return true;
}

/** Whether somebody has installed the packages by hand, after the last change of what is wanted: npm's own record tells. */
function installedByHand() {
  const record = join(root, 'node_modules/.package-lock.json');
  return existsSync(record) && statSync(join(root, 'package-lock.json')).mtimeMs <= statSync(record).mtimeMs;
}

export async function ensureBuilt() {
  const packages = hashOf(['package-lock.json', '.npmrc']);
  if (installedByHand()) writeFileSync(join(root, 'node_modules/.peapod-installed'), packages);
  const installed = await step('node_modules/.peapod-installed', packages, 'installing packages', ['ci', '--no-audit', '--no-fund']);
  if (installed) rmSync(join(root, 'dist/.peapod-built'), { force: true });
  const sources = filesIn('src').filter((it) => !it.endsWith('.test.ts'));
  const built = hashOf(['tsconfig.json', 'docker/build-dist.mjs', 'docker/descriptions.mjs', 'package-lock.json', ...sources]);
  await step('dist/.peapod-built', built, 'building', ['run', 'build']);
}
