#!/usr/bin/env node
/** Removes everything that `npm run demo` made: peapod down, built first if it is not. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, root } from './build.mjs';

const bin = join(root, 'dist/bin.js');
try {
  // Whatever is built will do: a cluster is not in the way of newer sources.
  if (!existsSync(bin)) await ensureBuilt();
  const { status, error } = spawnSync(process.execPath, [bin, 'down', ...process.argv.slice(2)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
