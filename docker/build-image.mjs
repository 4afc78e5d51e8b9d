#!/usr/bin/env node
/**
 * Builds an image without a registry: Debian packages are fetched with apt, unpacked into a folder, and imported
 * into the engine under the names the manifests use. A recipe is a folder in docker/images:
 *   image.json  { tags, packages, entrypoint, command, user, workdir, expose, links, applets }
 *               applets: busybox commands get links of their own names in /bin
 *   root/       files laid over the packages
 * Usage: node docker/build-image.mjs <recipe> [--force]    (all recipes when none is named)
 * Packages and what they need: shared libraries are followed, everything else must be named in the recipe.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const recipes = join(dirname(fileURLToPath(import.meta.url)), 'images');
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
const say = (text) => process.stderr.write(`${text}\n`);

/** Follows dependencies through libraries: what starts with `lib` is taken along, other packages are the recipe's business. */
function withLibraries(packages) {
  const wanted = new Set(packages);
  const open = [...packages];
  while (open.length > 0) {
    const shown = run('apt-cache', [
      'depends',
      '--no-recommends',
      '--no-suggests',
      '--no-conflicts',
      '--no-breaks',
      '--no-replaces',
      '--no-enhances',
      open.pop(),
    ]);
    let chosen = false;
    for (const [, alternative, name] of shown.matchAll(/^ *(\|?)(?:Pre)?Depends: ([a-z0-9.+-]+)$/gm)) {
      // `|` says that the next line is another choice: the first one is taken.
      const skip = chosen;
      chosen = alternative === '|';
      if (skip || wanted.has(name) || !/^(lib|zlib)/.test(name) || name.startsWith('libperl')) continue;
      wanted.add(name);
      open.push(name);
    }
  }
  return [...wanted];
}

function checkTools() {
  const missing = ['apt-get', 'apt-cache', 'dpkg-deb', 'tar', 'docker'].filter((tool) => spawnSync('which', [tool]).status !== 0);
  if (missing.length === 0) return;
  say(`Demo images cannot be built here: ${missing.join(', ')} not found (the recipes need Debian's tools).`);
  say('Pull the images from a registry instead: docker pull redis:5.0.4 …');
  process.exit(1);
}

/** Fetches into a cache that later recipes share. */
function fetchPackages(names, cache) {
  mkdirSync(cache, { recursive: true });
  const present = readdirSync(cache);
  const missing = names.filter((name) => !present.some((file) => file.startsWith(`${name}_`)));
  if (missing.length > 0) {
    try {
      run('apt-get', ['download', ...missing], { cwd: cache });
    } catch {
      // A machine that never ran `apt-get update` knows no packages.
      run('apt-get', ['update']);
      run('apt-get', ['download', ...missing], { cwd: cache });
    }
  }
  const files = readdirSync(cache);
  return names.map((name) =>
    join(
      cache,
      files.find((file) => file.startsWith(`${name}_`)),
    ),
  );
}

function build(name) {
  const folder = join(recipes, name);
  const recipe = JSON.parse(readFileSync(join(folder, 'image.json'), 'utf8'));
  say(`building ${recipe.tags[0]} from Debian packages: ${recipe.packages.join(' ')}`);
  const root = mkdtempSync(join(tmpdir(), `peapod-image-${name}-`));
  try {
    for (const archive of fetchPackages(withLibraries(recipe.packages), join(tmpdir(), 'peapod-packages')))
      run('dpkg-deb', ['-x', archive, root]);
    for (const unneeded of [
      'usr/share/doc',
      'usr/share/man',
      'usr/share/locale',
      'usr/share/lintian',
      'usr/lib/systemd',
      'lib/systemd',
      'lib/udev',
    ]) {
      rmSync(join(root, unneeded), { recursive: true, force: true });
    }
    for (const needed of ['tmp', 'run', 'var/tmp', 'etc', 'proc', 'sys', 'dev', 'root', 'bin'])
      mkdirSync(join(root, needed), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n');
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
    if (existsSync(join(folder, 'root'))) cpSync(join(folder, 'root'), root, { recursive: true, force: true });
    for (const [link, target] of Object.entries(recipe.links ?? {})) {
      rmSync(join(root, link), { force: true });
      mkdirSync(dirname(join(root, link)), { recursive: true });
      symlinkSync(target, join(root, link));
    }
    if (recipe.applets) run('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
    const changes = [
      recipe.entrypoint && `ENTRYPOINT ${JSON.stringify(recipe.entrypoint)}`,
      recipe.command && `CMD ${JSON.stringify(recipe.command)}`,
      recipe.user && `USER ${recipe.user}`,
      recipe.workdir && `WORKDIR ${recipe.workdir}`,
      `ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      ...(recipe.expose ?? []).map((port) => `EXPOSE ${port}`),
      `LABEL dev.peapod.recipe=${name}`,
    ].filter(Boolean);
    const archive = join(root, '..', `peapod-image-${name}-${process.pid}.tar`);
    run('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', archive, '.']);
    const id = run('docker', ['import', ...changes.flatMap((change) => ['-c', change]), archive]).trim();
    rmSync(archive);
    for (const tag of recipe.tags) run('docker', ['tag', id, tag]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const names = process.argv.slice(2).filter((it) => !it.startsWith('-'));
const force = process.argv.includes('--force');
const has = (tag) => spawnSync('docker', ['image', 'inspect', tag], { stdio: 'ignore' }).status === 0;
for (const name of names.length > 0 ? names : readdirSync(recipes).sort()) {
  if (!existsSync(join(recipes, name, 'image.json'))) {
    say(`no recipe "${name}" in docker/images; there are: ${readdirSync(recipes).join(', ')}`);
    process.exit(1);
  }
  const { tags } = JSON.parse(readFileSync(join(recipes, name, 'image.json'), 'utf8'));
  if (!force && tags.every(has)) continue;
  checkTools();
  build(name);
}
