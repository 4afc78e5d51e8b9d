import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { holderOfPort } from '../../lib/port-holder.ts';
import type { EngineFacts } from '../edges.ts';
import type { HostFacts } from './facts.ts';

const run = promisify(execFile);

type Asked = {
  dataDir: string;
  host: string;
  port: number;
  portIsOurs: boolean;
  frontPorts: readonly number[];
  ownProcess: number | undefined;
  engine: EngineFacts | undefined;
};

/** Reads what the doctor wants to know of this host. Changes nothing. */
export async function readHost({ dataDir, host, port, portIsOurs, frontPorts, ownProcess, engine }: Asked): Promise<HostFacts> {
  const shares = engine?.sharesHost === true;
  const [ip, nft, conntrack, kubectl, bridge, controllers, fault, sockets, clientPorts, routes, data, engineFree, instances, watches] =
    await Promise.all([
      output('ip', ['-V']),
      output('nft', ['list', 'tables']),
      output('conntrack', ['--version']),
      output('kubectl', ['version', '--client']),
      text('/proc/sys/net/bridge/bridge-nf-call-iptables'),
      shares ? cgroupControllers(engine.cgroupVersion) : undefined,
      portIsOurs ? undefined : listenFault(host, port),
      Promise.all(['tcp', 'tcp6', 'udp', 'udp6'].map(async (it) => ({ name: it, table: await text(`/proc/net/${it}`) }))),
      text('/proc/sys/net/ipv4/ip_local_port_range'),
      text('/proc/net/route'),
      free(dataDir),
      shares ? free(engine.rootDir) : undefined,
      text('/proc/sys/fs/inotify/max_user_instances'),
      text('/proc/sys/fs/inotify/max_user_watches'),
    ]);
  const listening = sockets.every(({ table }) => table === undefined)
    ? undefined
    : sockets.flatMap(({ name, table }) => socketsIn(table ?? '', name.startsWith('tcp')));
  const [first, last] = clientPorts?.split(/\s+/).map(Number) ?? [];
  return {
    programs: { ip, nft: nft === undefined ? undefined : 'works', conntrack, kubectl },
    bridgeCallsIptables: bridge,
    cgroupControllers: controllers,
    apiPortFault: fault,
    listening: listening?.map((it) => it.port),
    listeningEverywhere: listening?.filter((it) => it.everywhere).map((it) => it.port),
    clientPorts: first !== undefined && last !== undefined ? { first, last } : undefined,
    routes: routes === undefined ? undefined : routesIn(routes),
    frontHolders: await othersOn(frontPorts, ownProcess),
    freeBytes: { data, engine: engineFree },
    inotify: { instances: numberIn(instances), watches: numberIn(watches) },
  };
}

/** Ports that another program has. */
async function othersOn(ports: readonly number[], own: number | undefined): Promise<Array<{ port: number; holder: string }>> {
  const found = await Promise.all(ports.map(async (port) => ({ port, holder: await holderOfPort(port) })));
  return found.flatMap(({ port, holder }) => (holder === undefined || holder.endsWith(`(process ${own})`) ? [] : [{ port, holder }]));
}

const numberIn = (it: string | undefined): number | undefined => (it === undefined ? undefined : Number(it));

/** Ports in use, after /proc/net/tcp: of TCP sockets those that listen (state 0A). */
export const socketsIn = (table: string, isTcp: boolean): Array<{ port: number; everywhere: boolean }> =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 3 && (!isTcp || fields[3] === '0A'))
    .map((fields) => (fields[1] ?? '').split(':'))
    .map(([address = '', port = '0']) => ({ port: Number.parseInt(port, 16), everywhere: /^0+$/.test(address) }));

/** Routes after /proc/net/route, whose addresses are little-endian hexadecimal; the default route is left out. */
export const routesIn = (table: string): Array<{ cidr: string; device: string }> =>
  table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((fields) => fields.length > 7 && fields[7] !== '00000000')
    .map(([device = '', destination = '', , , , , , mask = '']) => ({
      device,
      cidr: `${address(destination)}/${[...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length}`,
    }));

const address = (hex: string): string =>
  (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');

/** Controllers after /sys/fs/cgroup/cgroup.controllers (v2), or the enabled ones of /proc/cgroups (v1). */
async function cgroupControllers(version: '1' | '2'): Promise<string[] | undefined> {
  if (version === '2') return (await text('/sys/fs/cgroup/cgroup.controllers'))?.split(/\s+/);
  return (await text('/proc/cgroups'))
    ?.split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[3] === '1')
    .map((fields) => fields[0] ?? '');
}

const listenFault = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });

/** Of the nearest directory there is: the data directory itself may still be to come. */
async function free(dir: string): Promise<number | undefined> {
  for (let at = dir; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || at === dirname(at)) return undefined;
    }
  }
}

async function text(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Not every kernel has every one of these.
    return undefined;
  }
}

/** The first line it prints; undefined when it is not installed or fails. */
async function output(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, [...args], { timeout: 5_000 });
    return (stdout || stderr).trim().split('\n')[0] ?? '';
  } catch {
    return undefined;
  }
}
