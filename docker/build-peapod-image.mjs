#!/usr/bin/env node
/**
 * Builds the image of peapod itself where no base image can be pulled (elsewhere: `docker build -f docker/Dockerfile .`):
 * this machine's node and its production modules, the built project, and a few tools from Debian packages.
 * Usage: npm run build && node docker/build-peapod-image.mjs [<name>]    (peapod:<version> and peapod:latest by default)
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkArchitecture, importRoot, linkApplets, missingTools, unpackPackages } from './setup/debian-root.mjs';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const { version, bin } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const say = (text) => process.stderr.write(`${text}\n`);

/** node from Debian is too old: the one that runs this goes in, with the libraries that the packages did not bring. */
function addNode(root) {
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
  const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [path] of listed.matchAll(/\/\S+(?= \(0x)/g)) {
    const target = join(root, path);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target, { dereference: true });
  }
}

function addProject(root) {
  for (const needed of [bin.peapod, 'node_modules'])
    if (!existsSync(join(project, needed))) throw new Error(`${needed} is missing: npm ci && npm run build`);
  const app = join(root, 'app');
  mkdirSync(app, { recursive: true });
  for (const path of ['dist', 'manifests', 'docker', 'package.json']) cpSync(join(project, path), join(app, path), { recursive: true });
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const modules = listed.trim().split('\n').slice(1);
  // A module within a module is copied with it.
  for (const path of modules.filter((it) => relative(project, it).split('node_modules/').length === 2))
    cpSync(path, join(app, relative(project, path)), { recursive: true });
}

async function main(names) {
  const missing = missingTools();
  if (missing.length > 0)
    throw new Error(`this needs Debian's tools, and here is no ${missing.join(', no ')}: docker build -f docker/Dockerfile .`);
  await checkArchitecture();
  const tags = names.length > 0 ? names : [`peapod:${version}`, 'peapod:latest'];
  const root = mkdtempSync(join(tmpdir(), 'peapod-image-'));
  try {
    unpackPackages(['libc6', 'libstdc++6', 'libgcc-s1', 'iproute2', 'nftables', 'conntrack', 'iptables', 'busybox-static'], root);
    addNode(root);
    addProject(root);
    linkApplets(root);
    const changes = [
      `ENTRYPOINT ${JSON.stringify(['node', `/app/${bin.peapod}`])}`,
      'CMD ["up"]',
      'WORKDIR /app',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'ENV NODE_ENV=production',
      'LABEL dev.peapod.recipe=peapod',
    ];
    await importRoot(root, changes, tags);
    say(`built ${tags.join(' and ')}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(`The image cannot be built: ${error.message}`);
  process.exitCode = 1;
}
