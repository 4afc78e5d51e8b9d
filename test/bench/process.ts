import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Resident memory of a process, in MB. */
export const memoryOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Processor time a process has taken so far, in seconds. */
export const cpuSecondsOf = (pid: number): number => ticksOf(pid, 11) / ticksPerSecond;

/** The same of those that this process has started and that have ended. */
export const cpuSecondsOfEnded = (): number => ticksOf('self', 13) / ticksPerSecond;

/** For programs and for the kernel on their behalf, which are two fields side by side. */
function ticksOf(pid: number | 'self', first: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[first]) + Number(fields[first + 1]);
}
