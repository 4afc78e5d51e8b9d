import { type Clock, sleep } from '../../lib/clock.ts';
import { CommandError } from '../command.ts';
import { identityOf } from './identity.ts';
import type { PidRecord } from './pid-file.ts';

/** How long a control plane may take to end, and how long the kernel to end it. */
const grace = 20_000;
const killing = 5_000;

/** Ends a process: TERM, then KILL. Resolves with how it went; fails with a CommandError when it stays. */
export async function stopProcess(record: PidRecord, clock: Clock): Promise<'stopped' | 'killed'> {
  if (await ended(record, 'SIGTERM', grace, clock)) return 'stopped';
  if (await ended(record, 'SIGKILL', killing, clock)) return 'killed';
  throw new CommandError(`process ${record.pid} does not end`);
}

async function ended(record: PidRecord, signal: NodeJS.Signals, patience: number, clock: Clock): Promise<boolean> {
  try {
    process.kill(record.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return true;
    if (code === 'EPERM')
      throw new CommandError(`process ${record.pid} belongs to another user: run this as that user, or as root`, { cause: error });
    throw error;
  }
  const began = clock.now();
  while (clock.now() - began < patience) {
    if ((await identityOf(record.pid)) !== record.identity) return true;
    await sleep(clock, 30);
  }
  return false;
}
