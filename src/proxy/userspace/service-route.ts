import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { type Clock, minutes } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Monitor, monitor } from '../monitor.ts';

const run = promisify(execFile);

/** Marks routes as ours in the kernel's table (`proto`), so that a later start knows what an earlier one left behind. */
const protocol = '112';

/**
 * What routes of one cluster have for a metric, where nothing else says whose they are: ranges that come and go with
 * objects, which nobody can ask for once the cluster has ended.
 */
export const markOf = (cluster: string): number => (createHash('sha256').update(cluster).digest().readUInt32BE() >>> 1) + 1;

/** Makes addresses local to this host, so that sockets can be bound to them (AnyIP) and strays are refused here. */
export interface LocalRoutes {
  /** Fails with the words of the `ip` command. A route that is there already is left as it is. */
  add(cidr: string, mark?: number): Promise<void>;
  /** Removes what `add` made, or an earlier run of it; other people's routes stay. */
  remove(cidr: string, mark?: number): Promise<void>;
  /** Calls `onRemoved` when the route of one of these ranges or addresses goes, or may have gone, until stopped. */
  watch(ranges: () => readonly string[], onRemoved: (range: string) => void, deps: { clock: Clock; log: Log }): Monitor;
}

export const localRoutes: LocalRoutes = {
  async add(cidr, mark) {
    try {
      await ip('route', 'add', 'local', cidr, 'dev', 'lo', 'proto', protocol, ...metric(mark));
    } catch (error) {
      // The kernel's word (EEXIST), whoever made the route.
      if (!(error as Error).message.includes('File exists')) throw error;
    }
  },
  async remove(cidr, mark) {
    const isOurs = (line: string): boolean => / proto 112( |$)/.test(line) && (mark === undefined || hasMark(line, mark));
    if ((await show(cidr)).split('\n').some(isOurs))
      await ip('route', 'del', 'local', cidr, 'dev', 'lo', 'proto', protocol, ...metric(mark));
  },
  watch: (ranges, onRemoved, deps) =>
    monitor(
      ['ip', '-4', 'monitor', 'route'],
      (line) => {
        if (line.startsWith('Deleted')) for (const it of ranges()) if (line.includes(`local ${it} `)) onRemoved(it);
      },
      () => ranges().forEach(onRemoved),
      deps,
    ),
};

/** Removes all routes that have a cluster's mark, after its process has ended without doing so. */
export async function removeMarkedRoutes(mark: number): Promise<void> {
  const shown = await ip('route', 'show', 'table', 'local', 'proto', protocol);
  for (const line of shown.split('\n')) {
    // `local 10.97.0.0/24 dev lo scope host metric 12345`; one address is shown without the length of a prefix.
    const [, range] = /^local (\S+) /.exec(line) ?? [];
    if (range !== undefined && hasMark(line, mark))
      await ip('route', 'del', 'local', range, 'dev', 'lo', 'proto', protocol, ...metric(mark));
  }
}

const metric = (mark: number | undefined): string[] => (mark === undefined ? [] : ['metric', String(mark)]);
const hasMark = (line: string, mark: number): boolean => new RegExp(` metric ${mark}( |$)`).test(line);
const show = (cidr: string): Promise<string> => ip('route', 'show', 'table', 'local', 'exact', cidr);

async function ip(...args: string[]): Promise<string> {
  try {
    return (await run('ip', ['-4', ...args], { timeout: 10_000 })).stdout.trim();
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Error(`ip ${args.join(' ')}: ${stderr?.trim() || message}`, { cause });
  }
}

export type KeptRoute = {
  /** Why there is no route; undefined when there is. */
  fault(): string | undefined;
  /** Looks now, since something may have removed it. */
  look(): void;
  /** Removes it; resolves when it is gone. */
  end(): Promise<void>;
};

/** Makes a route and puts it back when something has taken it away. Resolves when it is there or could not be made. */
export async function keepRoute(
  cidr: string,
  { routes, mark, clock, log }: { routes: LocalRoutes; mark?: number; clock: Clock; log: Log },
): Promise<KeptRoute> {
  let fault: string | undefined;
  let cancel = (): void => {};
  let isEnding = false;

  async function ensure(): Promise<void> {
    cancel();
    try {
      await routes.add(cidr, mark);
      fault = undefined;
    } catch (error) {
      const now = `service addresses cannot be served: ${(error as Error).message}`;
      if (fault !== now) log.error('the route of the service addresses is missing', { cidr, error: String(error) });
      fault = now;
    }
    if (!isEnding) cancel = clock.schedule(minutes(1), again);
  }
  let last = ensure();
  const again = (): void => {
    last = ensure();
  };
  await last;
  return {
    fault: () => fault,
    look() {
      if (!isEnding) last = last.then(ensure);
    },
    async end() {
      isEnding = true;
      cancel();
      await last;
      await routes.remove(cidr, mark).catch((error: unknown) => log.warn('a route was left behind', { cidr, error: String(error) }));
    },
  };
}
