#!/usr/bin/env node
/**
 * Gets an old kubectl for the tests: the one of Debian 12 (1.20), unpacked beside the project's other caches and
 * installed over nothing. Does nothing when it is there already; exits with 1 and says why when it cannot be had.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));
const target = join(cache, 'kubectl-1.20');
const binary = 'usr/bin/kubectl';

const say = (text) => process.stderr.write(`${text}\n`);
const has = (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0;
const apt = (args, cwd) =>
  spawnSync('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;

/** Why it cannot be had here; undefined when it can. */
function obstacle() {
  if (process.platform !== 'linux' || !has('apt-get') || !has('dpkg-deb')) return 'this is no Debian: there is no apt-get or no dpkg-deb';
  if (process.getuid?.() !== 0) return 'only root can use apt-get';
  return undefined;
}

/** Fetches and unpacks in a folder of its own, which takes its place only when it is whole. */
function fetchInto(folder) {
  if (!apt(['download', 'kubernetes-client'], folder) && !(apt(['update'], folder) && apt(['download', 'kubernetes-client'], folder)))
    return 'apt-get cannot download the package kubernetes-client';
  const [archive] = readdirSync(folder).filter((it) => it.endsWith('.deb'));
  if (!archive?.startsWith('kubernetes-client_1.20.')) return `the package here is ${archive}, not one of version 1.20`;
  const unpacked = join(folder, 'unpacked');
  execFileSync('dpkg-deb', ['-x', join(folder, archive), unpacked], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (!existsSync(join(unpacked, binary))) return `${archive} holds no ${binary}`;
  rmSync(target, { recursive: true, force: true });
  renameSync(unpacked, target);
  return undefined;
}

function main() {
  if (existsSync(join(target, binary))) return 0;
  let fault = obstacle();
  if (!fault) {
    say('fetching kubectl 1.20 with apt …');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'kubectl-'));
    try {
      fault = fetchInto(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (!fault) return 0;
  say(`kubectl 1.20 is not here for the tests: ${fault}.`);
  return 1;
}

process.exitCode = main();
