import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Marks routes as ours in the kernel's table (`proto`), so that a later start knows what an earlier one left behind. */
const protocol = '112';

/** Makes addresses local to this host, so that sockets can be bound to them (AnyIP) and strays are refused here. */
export interface LocalRoutes {
  /** Fails with the words of the `ip` command. A route that is there already is left as it is. */
  add(cidr: string): Promise<void>;
  /** Removes what `add` made, or an earlier run of it; other people's routes stay. */
  remove(cidr: string): Promise<void>;
}

export const localRoutes: LocalRoutes = {
  async add(cidr) {
    if ((await show(cidr)) !== '') return;
    await ip('route', 'add', 'local', cidr, 'dev', 'lo', 'proto', protocol);
  },
  async remove(cidr) {
    if (/ proto 112( |$)/m.test(await show(cidr))) await ip('route', 'del', 'local', cidr, 'dev', 'lo', 'proto', protocol);
  },
};

const show = (cidr: string): Promise<string> => ip('route', 'show', 'table', 'local', 'exact', cidr);

async function ip(...args: string[]): Promise<string> {
  try {
    return (await run('ip', ['-4', ...args], { timeout: 10_000 })).stdout.trim();
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Error(`ip ${args.join(' ')}: ${stderr?.trim() || message}`, { cause });
  }
}
