/** Root file systems made of Debian packages: fetched with apt, unpacked into a folder, sent to the engine as an image. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ask, messageIn, splitName } from './engine-api.mjs';

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024, ...options });

/** Tools that are not here; with all of them, images can be built. */
export const missingTools = () =>
  ['apt-get', 'apt-cache', 'dpkg-deb', 'tar'].filter((tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status !== 0);

/** Follows dependencies through libraries: what starts with `lib` is taken along, other packages are the recipe's business. */
function withLibraries(packages) {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((it) => `--no-${it}`);
  const wanted = new Set(packages);
  let open = [...packages];
  while (open.length > 0) {
    const shown = run('apt-cache', ['depends', ...quiet, ...open]);
    open = [];
    let chosen = false;
    for (const [, alternative, name] of shown.matchAll(/^ *(\|?)(?:Pre)?Depends: (\S+)$/gm)) {
      // `|` says that the next line is another choice: the first one is taken. A name in <> stands for others.
      const skip = chosen;
      chosen = alternative === '|';
      if (skip || wanted.has(name) || !/^(lib|zlib)/.test(name) || name.startsWith('libperl')) continue;
      wanted.add(name);
      open.push(name);
    }
  }
  return [...wanted];
}

/** One folder for each release and processor: packages of two do not mix. */
function cacheFolder() {
  const release = Object.fromEntries(
    [...readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, key, value]) => [key, value]),
  );
  const folder = [release.ID, release.VERSION_CODENAME ?? release.VERSION_ID, process.arch].filter(Boolean).join('-');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'peapod', 'packages', folder);
}

/** Fetches into a cache that later recipes share; a file there is whole, since it is moved in when it is complete. */
function fetchPackages(names) {
  const cache = cacheFolder();
  mkdirSync(cache, { recursive: true });
  const fileOf = (name) => readdirSync(cache).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  const missing = names.filter((name) => !fileOf(name));
  if (missing.length > 0) {
    const arriving = mkdtempSync(join(cache, 'arriving-'));
    try {
      download(missing, arriving);
      for (const file of readdirSync(arriving)) renameSync(join(arriving, file), join(cache, file));
    } finally {
      rmSync(arriving, { recursive: true, force: true });
    }
  }
  return names.map((name) => join(cache, fileOf(name) ?? missingFile(name)));
}

function missingFile(name) {
  throw new Error(`apt-get download brought no file for ${name}`);
}

function download(names, folder) {
  // As root, apt would fetch as a user who may not write here, and say so at length.
  const args = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...names];
  try {
    run('apt-get', args, { cwd: folder });
  } catch (first) {
    // A package in an old list may be gone from the mirror; only root can renew the list.
    if (process.getuid?.() !== 0) throw first;
    run('apt-get', ['update', '-qq']);
    run('apt-get', args, { cwd: folder });
  }
}

/** Apt knows no packages on a machine that never ran `apt-get update`. */
function makeSureOfLists(packages) {
  const known = (name) => spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
  if (packages.every(known)) return;
  if (process.getuid?.() !== 0) throw new Error(`apt does not know ${packages.find((it) => !known(it))}; as root: apt-get update`);
  run('apt-get', ['update', '-qq']);
}

const unneeded = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian', 'usr/lib/systemd', 'usr/lib/udev'];
const folders = ['tmp', 'run', 'var/tmp', 'etc', 'proc', 'sys', 'dev', 'root'];

/** Fills an empty folder with packages, the libraries they need, and the little that every program expects. */
export function unpackPackages(packages, root) {
  // As Debian has it by now: /bin, /sbin and /lib are in /usr.
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(root, name));
  }
  makeSureOfLists(packages);
  for (const archive of fetchPackages(withLibraries(packages))) {
    const files = run('dpkg-deb', ['--fsys-tarfile', archive], { encoding: 'buffer', maxBuffer: 1024 * 1024 * 1024 });
    run('tar', ['-x', '--keep-directory-symlink', '--no-same-owner', '-C', root], { input: files, stdio: ['pipe', 'pipe', 'pipe'] });
  }
  for (const path of unneeded) rmSync(join(root, path), { recursive: true, force: true });
  for (const path of folders) mkdirSync(join(root, path), { recursive: true });
  // Packages that bring files for /run keep them.
  if (!existsSync(join(root, 'var/run'))) symlinkSync('../run', join(root, 'var/run'));
  chmodSync(join(root, 'tmp'), 0o1777);
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n');
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
}

/** Links every busybox command that nothing else provides. */
export function linkApplets(root) {
  for (const name of run(join(root, 'bin/busybox'), ['--list']).trim().split('\n')) {
    const taken = ['bin', 'sbin'].some((folder) => existsSync(join(root, folder, name)));
    if (!taken) symlinkSync('/bin/busybox', join(root, 'bin', name));
  }
}

/** Makes an image of the folder, under all the names. `changes` are lines as in a Dockerfile. */
export async function importRoot(root, changes, tags) {
  const tar = spawn('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', resolve);
  });
  const query = new URLSearchParams({ fromSrc: '-' });
  for (const change of changes) query.append('changes', change);
  const headers = { 'Content-Type': 'application/x-tar' };
  const { status, text } = await ask('POST', `/images/create?${query}`, { body: tar.stdout, firstMs: 120_000, headers });
  if ((await ended) !== 0) throw new Error('tar failed');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const fault = status === 200 ? lines.find((it) => it.error)?.error : messageIn(text);
  if (fault) throw new Error(`the engine did not take ${tags[0]}: ${fault}`);
  const id = lines.findLast((it) => it.status?.startsWith('sha256:'))?.status;
  if (!id) throw new Error(`the engine did not say what became of ${tags[0]}: ${text}`);
  for (const name of tags) {
    const { repository, tag } = splitName(name);
    const tagged = await ask('POST', `/images/${id}/tag?${new URLSearchParams({ repo: repository, tag })}`);
    if (tagged.status !== 201) throw new Error(`${name}: ${messageIn(tagged.text)}`);
  }
  return id;
}

/** Programs unpacked here must be of the engine's processor. */
export async function checkArchitecture() {
  const { text } = await ask('GET', '/version');
  const engine = JSON.parse(text).Arch;
  const own = run('dpkg', ['--print-architecture']).trim();
  if (engine !== own && !(engine === 'arm' && own === 'armhf'))
    throw new Error(`packages here are for ${own}, the engine's machine is ${engine}`);
}
