import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerId } from '../runtime.ts';
import { inContainer } from './exec.ts';

type Listener = 'everywhere' | 'loopback' | 'nowhere';

/**
 * Connects to a port in the container's network as a process inside would, by 127.0.0.1. Most servers listen on all
 * addresses and are reached by the container's own at no cost; for those on the loopback alone a process is put inside.
 */
export async function dialContainer(docker: Docker, id: ContainerId, port: number, address: string, ownHost: boolean): Promise<Duplex> {
  const { State: state, HostConfig: host } = await inContainer(docker.getContainer(id).inspect());
  if (host.NetworkMode === 'host') return dialAddress('127.0.0.1', port);
  const listener = ownHost && state.Pid ? await listenerIn(state.Pid, port) : undefined;
  if (listener === 'nowhere') throw new Error(`dial tcp4 127.0.0.1:${port}: connect: connection refused`);
  if (listener === 'loopback' && process.getuid?.() === 0) return dialInside(state.Pid, port);
  return dialAddress(address || '127.0.0.1', port);
}

/** Who listens on the port in the network of that process; undefined when the kernel's tables cannot be read. */
async function listenerIn(pid: number, port: number): Promise<Listener | undefined> {
  try {
    const tables = await Promise.all(['tcp', 'tcp6'].map((it) => readFile(`/proc/${pid}/net/${it}`, 'utf8').catch(() => '')));
    return tables[0] === '' ? undefined : listenerOf(tables.join('\n'), port);
  } catch {
    return undefined;
  }
}

// In the kernel's tables addresses are hexadecimal words of the machine's byte order; 0A is LISTEN.
const listening = /^\s*\d+: ([0-9A-F]{8,32}):([0-9A-F]{4}) \S+ 0A /;

/** Reads /proc/net/tcp and tcp6, one after the other: whether the port is open on all IPv4 addresses, or some only. */
export function listenerOf(tables: string, port: number): Listener {
  let found: Listener = 'nowhere';
  for (const line of tables.split('\n')) {
    const match = listening.exec(line);
    if (!match || Number.parseInt(match[2] as string, 16) !== port) continue;
    if (/^0+$/.test(match[1] as string)) return 'everywhere';
    found = 'loopback';
  }
  return found;
}

function dialAddress(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
      reject(new Error(`dial tcp4 ${host}:${port}: connect: ${why}`, { cause: error }));
    });
  });
}

// Run by `node -e` inside; '+' on its error stream says that the connection stands.
const relay = [
  "const s = require('net').connect({ host: '127.0.0.1', port: +process.argv[1], allowHalfOpen: true });",
  "s.on('connect', () => { process.stderr.write('+'); process.stdin.pipe(s); s.pipe(process.stdout); });",
  "s.on('error', (e) => { process.stderr.write(e.code === 'ECONNREFUSED' ? 'connection refused' : e.message); process.exit(1); });",
].join('\n');

/** Runs our own Node in the network of a process, with its standard streams joined to a socket there. */
function dialInside(pid: number, port: number): Promise<Duplex> {
  const child = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', relay, String(port)], { stdio: 'pipe' });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on('error', () => {}).on('close', () => child.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (said.startsWith('+')) resolve(stream);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`dial tcp4 127.0.0.1:${port}: connect: ${said}`)));
  });
}
