#!/usr/bin/env node
/**
 * Makes sure of a Docker Engine: uses one that answers (DOCKER_HOST is honoured); else, as root on Debian, installs
 * docker.io and starts it, through systemd where that runs; else says exactly what to do and exits with 1.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { engineAnswers } from './engine-api.mjs';
import { running } from './running.mjs';

const socket = '/var/run/docker.sock';
const logFile = '/var/log/peapod-dockerd.log';
/** dockerd takes a second; on a slow disk with many containers to look at, longer. */
const patienceMs = 60_000;

const say = (text) => process.stderr.write(`${text}\n`);
const has = (tool) => spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const systemdRuns = () => existsSync('/run/systemd/system') && has('systemctl');
const byHand = 'Start Docker (or set DOCKER_HOST to an engine that answers) and try again: https://docs.docker.com/engine/install/';

async function install() {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await running('apt-get update', 'apt-get', ['update', '-q'], options);
  // Newer Debians have the command in a package of its own.
  const command = spawnSync('apt-cache', ['show', 'docker-cli'], { stdio: 'ignore' }).status === 0 ? ['docker-cli'] : [];
  const packages = ['docker.io', ...command, 'iptables', 'iproute2'];
  await running('installing docker.io', 'apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
}

/** Whether the process of that pid file runs. The number alone says little: another program may have it by now. */
function runs(pidFile, program) {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
  } catch {
    // No such file, or no such process.
    return false;
  }
}

/** A pid file whose process is gone blocks the next start. */
function clearStale(pidFile, program) {
  if (!runs(pidFile, program)) rmSync(pidFile, { force: true });
}

/** Containers are to outlive the engine's own restarts; given twice, the setting is refused. */
function liveRestore() {
  try {
    return readFileSync('/etc/docker/daemon.json', 'utf8').includes('"live-restore"') ? [] : ['--live-restore'];
  } catch {
    return ['--live-restore'];
  }
}

/** Starts dockerd apart from this terminal. Resolves with a function that tells how it ended, if it has. */
function startByHand() {
  say(`starting dockerd (its output is in ${logFile}) …`);
  mkdirSync('/var/log', { recursive: true });
  clearStale('/var/run/docker.pid', 'dockerd');
  clearStale('/var/run/docker/containerd/containerd.pid', 'containerd');
  const log = openSync(logFile, 'a');
  const child = spawn('dockerd', liveRestore(), { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  closeSync(log);
  let ended;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= signal ? `signal ${signal}` : `exit code ${code}`;
  });
  child.unref();
  return () => ended;
}

function startBySystemd() {
  say('starting Docker (systemctl start docker) …');
  const { status, stderr } = spawnSync('systemctl', ['start', 'docker'], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`systemctl start docker has failed: ${stderr.trim()}\nSee: journalctl -u docker -n 50`);
}

async function waitForAnswer(ended = () => undefined) {
  for (let waited = 0; waited < patienceMs; waited += 250) {
    if (await engineAnswers()) return true;
    if (ended() !== undefined) return false;
    await pause(250);
  }
  return false;
}

async function start() {
  // An installation may have started it, and a machine that has just come up may be about to.
  if (runs('/var/run/docker.pid', 'dockerd')) {
    say('dockerd runs but does not answer yet …');
    if (await waitForAnswer()) return;
    throw new Error(`dockerd runs, but nothing answers at ${socket}. ${byHand}`);
  }
  if (systemdRuns()) {
    startBySystemd();
    if (await waitForAnswer()) return;
    throw new Error('Docker was started and does not answer. See: journalctl -u docker -n 50');
  }
  const ended = startByHand();
  if (await waitForAnswer(ended)) return;
  const words = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  const how = ended() === undefined ? `did not answer within ${patienceMs / 1_000} seconds` : `ended with ${ended()}`;
  throw new Error(`dockerd ${how}; its last words:\n${words}`);
}

/** Why an engine that may well be there cannot be used, if that is so. */
function noAccess() {
  if (!existsSync(socket)) return undefined;
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `This user may not use the Docker Engine at ${socket}: join the group docker (sudo usermod -aG docker $USER, then log in again), or be root.`;
  }
}

async function main() {
  if (await engineAnswers()) return;
  if (process.env.DOCKER_HOST) throw new Error(`The Docker Engine at DOCKER_HOST=${process.env.DOCKER_HOST} does not answer. ${byHand}`);
  if (process.getuid?.() !== 0)
    throw new Error(noAccess() ?? `No Docker Engine answers, and only root can install or start one. ${byHand}`);
  if (!has('dockerd')) {
    if (!has('apt-get')) throw new Error(`No Docker Engine here, and no apt-get to install one with. ${byHand}`);
    await install();
    // Where the installation has started it, it answers by itself.
    if (await engineAnswers()) return;
  }
  await start();
}

try {
  await main();
} catch (error) {
  say(`error: ${error.message}`);
  process.exitCode = 1;
}
