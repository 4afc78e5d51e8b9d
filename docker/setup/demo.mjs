#!/usr/bin/env node
/**
 * From a fresh clone to demos that answer: an engine, packages and a build, images, a cluster, the demos. Each part is
 * left alone when it is there. Plain JavaScript without packages: it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, root } from './build.mjs';

function needNode20() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major >= 20) return;
  console.error(`peapod needs Node 20 or newer, this is ${process.version}: https://nodejs.org/`);
  process.exit(1);
}

/** Runs one of our programs in this terminal; when it fails, that is the end. */
function run(script, ...args) {
  const { status, signal, error } = spawnSync(process.execPath, [join(root, script), ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  if (status !== 0) process.exit(signal ? 1 : status);
}

needNode20();
try {
  run('docker/setup/engine.mjs');
  await ensureBuilt();
  run('docker/setup/images.mjs', '--quiet');
  run('dist/bin.js', 'up', '--detach');
  run('dist/bin.js', 'demo');
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(1);
}
