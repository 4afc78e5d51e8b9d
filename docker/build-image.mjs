#!/usr/bin/env node
/**
 * Builds an image without a registry: Debian packages are fetched with apt, unpacked into a folder, and imported into
 * the engine under the names the manifests use. A recipe is a folder in docker/images:
 *   image.json  { tags, packages, entrypoint, command, user, workdir, expose, links, applets, local }
 *               applets: busybox commands get links of their own names in /bin
 *               local: an image that no registry has
 *   root/       files laid over the packages
 * Usage: node docker/build-image.mjs [<recipe> …] [--force]    (all recipes when none is named; what is there stays)
 * Packages and what they need: shared libraries are followed, everything else must be named in the recipe.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkArchitecture, importRoot, linkApplets, missingTools, unpackPackages } from './setup/debian-root.mjs';
import { hasImage } from './setup/engine-api.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'images');

/** All recipes, with their names. */
export const recipes = () =>
  readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, 'image.json')))
    .map((name) => ({ name, ...JSON.parse(readFileSync(join(folder, name, 'image.json'), 'utf8')) }));

/** Builds one; fails with an Error that says why it cannot. */
export async function buildImage(recipe) {
  const missing = missingTools();
  if (missing.length > 0) throw new Error(`the recipes need Debian's tools, and here is no ${missing.join(', no ')}`);
  await checkArchitecture();
  const root = mkdtempSync(join(tmpdir(), `peapod-image-${recipe.name}-`));
  try {
    unpackPackages(recipe.packages, root);
    const overlay = join(folder, recipe.name, 'root');
    if (existsSync(overlay)) cpSync(overlay, root, { recursive: true, force: true });
    for (const [link, target] of Object.entries(recipe.links ?? {})) {
      rmSync(join(root, link), { force: true });
      mkdirSync(dirname(join(root, link)), { recursive: true });
      symlinkSync(target, join(root, link));
    }
    if (recipe.applets) linkApplets(root);
    const changes = [
      recipe.entrypoint && `ENTRYPOINT ${JSON.stringify(recipe.entrypoint)}`,
      recipe.command && `CMD ${JSON.stringify(recipe.command)}`,
      recipe.user && `USER ${recipe.user}`,
      recipe.workdir && `WORKDIR ${recipe.workdir}`,
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...(recipe.expose ?? []).map((port) => `EXPOSE ${port}`),
      `LABEL dev.peapod.recipe=${recipe.name}`,
    ];
    await importRoot(root, changes.filter(Boolean), recipe.tags);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function main(args) {
  const say = (text) => process.stderr.write(`${text}\n`);
  const all = recipes();
  const names = args.filter((it) => !it.startsWith('-'));
  const unknown = names.find((name) => !all.some((it) => it.name === name));
  if (unknown) {
    say(`no recipe "${unknown}" in docker/images; there are: ${all.map((it) => it.name).join(', ')}`);
    return 1;
  }
  for (const recipe of all.filter((it) => names.length === 0 || names.includes(it.name))) {
    const there = await Promise.all(recipe.tags.map(hasImage));
    if (!args.includes('--force') && there.every(Boolean)) continue;
    say(`building ${recipe.tags[0]} from Debian packages: ${recipe.packages.join(' ')}`);
    try {
      await buildImage(recipe);
    } catch (error) {
      say(`${recipe.tags[0]} cannot be built here: ${error.message}`);
      return 1;
    }
  }
  return 0;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
