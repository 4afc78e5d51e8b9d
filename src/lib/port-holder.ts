import { readdir, readFile, readlink } from 'node:fs/promises';

/** The inodes of sockets that listen on a TCP port of an IPv4 address; of every address, where none is given. */
export function listenersIn(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (
    table
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // State 0A is LISTEN (proc_net_tcp).
      .filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '0A')
      .map((fields) => fields[9] ?? '')
      .filter((inode) => inode !== '' && inode !== '0')
  );
}

/**
 * Which program listens on a TCP port of this host: `nginx (process 312)`. Undefined when nobody does, or this host does
 * not tell (not Linux, not root).
 */
export async function holderOfPort(port: number): Promise<string | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')));
  const wanted = new Set(tables.flatMap((table) => listenersIn(table, port)).map((inode) => `socket:[${inode}]`));
  if (wanted.size === 0) return undefined;
  const processes = (await readdir('/proc').catch(() => [])).filter((it) => /^\d+$/.test(it));
  for (const id of processes) {
    // One that has ended meanwhile, or is none of ours to look at, holds nothing that we could tell.
    const files = await readdir(`/proc/${id}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${id}/fd/${file}`).catch(() => '')));
    if (!links.some((it) => wanted.has(it))) continue;
    const name = await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '');
    return `${name.trim() || 'a program'} (process ${id})`;
  }
  return undefined;
}
