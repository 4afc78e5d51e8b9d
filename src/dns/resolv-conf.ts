import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Clock, type Milliseconds, seconds } from '../lib/clock.ts';

// The C library reads three and no more (resolv.conf(5), MAXNS).
const mostServers = 3;

export const nameserversOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((it) => isIP(it.replace(/%.*$/, '')) !== 0)
    .slice(0, mostServers);

const lookAgainAfter = seconds(5);

/** The name servers of a resolv.conf as it is now: networks change while we run. A file that is not there names none. */
export function followResolvConf(path: string, clock: Clock): () => Promise<readonly string[]> {
  let servers: readonly string[] = [];
  let changed = -1;
  let looked: Milliseconds = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.now() - looked < lookAgainAfter) return servers;
    looked = clock.now();
    try {
      const { mtimeMs } = await stat(path);
      if (mtimeMs !== changed) {
        servers = nameserversOf(await readFile(path, 'utf8'));
        changed = mtimeMs;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      servers = [];
      changed = -1;
    }
    return servers;
  };
}
