#!/usr/bin/env node
/**
 * Makes sure of a Docker Engine: uses one that answers (DOCKER_HOST is honoured); else, as root on Debian, installs
 * docker.io and starts dockerd; else says exactly what to do and exits with 1.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { engineAnswers } from './engine-api.mjs';

const say = (text) => process.stderr.write(`${text}\n`);
const has = (tool) => spawnSync('which', [tool], { stdio: 'ignore' }).status === 0;

function install() {
  say('installing docker.io with apt …');
  const options = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  execFileSync('apt-get', ['update', '-qq'], options);
  // Newer Debians have the command in a package of its own.
  const command = spawnSync('apt-cache', ['show', 'docker-cli'], { stdio: 'ignore' }).status === 0 ? ['docker-cli'] : [];
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'docker.io', ...command, 'iptables', 'iproute2'], options);
}

/** A pid file whose process is gone blocks the next start. */
function clearStale(path) {
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8'));
  if (!pid || !existsSync(`/proc/${pid}`)) rmSync(path, { force: true });
}

function start() {
  say('starting dockerd (its output is in /var/log/peapod-dockerd.log) …');
  mkdirSync('/var/log', { recursive: true });
  clearStale('/var/run/docker.pid');
  clearStale('/var/run/docker/containerd/containerd.pid');
  const log = openSync('/var/log/peapod-dockerd.log', 'a');
  spawn('dockerd', ['--live-restore'], { detached: true, stdio: ['ignore', log, log] }).unref();
}

async function main() {
  if (await engineAnswers()) return 0;
  const byHand = 'Start Docker (or set DOCKER_HOST to an engine that answers) and try again: https://docs.docker.com/engine/install/';
  if (process.env.DOCKER_HOST) {
    say(`The Docker Engine at DOCKER_HOST=${process.env.DOCKER_HOST} does not answer. ${byHand}`);
    return 1;
  }
  if (process.getuid?.() !== 0) {
    say(`No Docker Engine answers, and only root can install or start one. ${byHand}`);
    return 1;
  }
  if (!has('dockerd')) {
    if (!has('apt-get')) {
      say(`No Docker Engine here, and no apt-get to install one with. ${byHand}`);
      return 1;
    }
    install();
  }
  start();
  for (let tried = 0; tried < 120; tried++) {
    if (await engineAnswers()) return 0;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  say('dockerd did not come up within 30 seconds; its last words:');
  say(readFileSync('/var/log/peapod-dockerd.log', 'utf8').split('\n').slice(-8).join('\n'));
  return 1;
}

process.exitCode = await main();
