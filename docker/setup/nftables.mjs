#!/usr/bin/env node
/**
 * Gets `nft` and `conntrack` for the tests of the data plane in the kernel, `wrk` for load on it, `dig` for those of DNS. Does nothing
 * when all are there already; exits with 1 and says why when they cannot be had. Nobody else runs it: peapod itself does
 * without them.
 */
import { spawnSync } from 'node:child_process';

const packages = { nft: 'nftables', conntrack: 'conntrack', wrk: 'wrk', dig: 'bind9-dnsutils' };
const has = (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0;
const apt = (...args) =>
  spawnSync('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', ...args], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;

/** Why they are not here; undefined when they are. */
function fetchMissing() {
  const missing = Object.keys(packages).filter((it) => !has(it));
  if (missing.length === 0) return undefined;
  if (process.platform !== 'linux' || !has('apt-get')) return 'this is no Debian: there is no apt-get';
  if (process.getuid?.() !== 0) return 'only root can use apt-get';
  const install = ['install', '-y', '--no-install-recommends', ...missing.map((it) => packages[it])];
  process.stderr.write(`installing ${missing.join(' and ')} with apt …\n`);
  return apt(...install) || (apt('update') && apt(...install)) ? undefined : 'apt-get cannot install them';
}

const fault = fetchMissing();
if (fault) process.stderr.write(`nft, conntrack and dig are not all here for the tests: ${fault}.\n`);
process.exitCode = fault ? 1 : 0;
