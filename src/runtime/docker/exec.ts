import { existsSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { type Clock, sleep } from '../../lib/clock.ts';
import { type ContainerId, ExecTimeout, NoSuchContainer, type ProcessIO, type Streams } from '../runtime.ts';
import { codeOf, textOf } from './failure.ts';
import { split } from './frames.ts';

type Wanted = Parameters<Streams['exec']>[2];
type Deps = { clock: Clock; ownHost: boolean };
type Running = {
  io: ProcessIO;
  exec: Docker.Exec;
  /** What is known of the process: told to it by `hasBegun`. */
  process: Known;
};
type Known = { pid: number; over: boolean };

/** The engine itself does not say before its two seconds are over; on its own host there is the process to look at. */
const isGone = ({ pid, over }: Known): boolean => over || (pid > 0 && !existsSync(`/proc/${pid}`));

/** A container that is not there is told apart from other refusals. */
export async function inContainer<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw codeOf(error) === 404 ? new NoSuchContainer(textOf(error), { cause: error }) : error;
  }
}

export async function startExec(docker: Docker, id: ContainerId, command: readonly string[], want: Wanted, clock: Clock): Promise<Running> {
  const exec = await inContainer(
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: want.stdin,
      AttachStdout: want.stdout,
      AttachStderr: want.stderr && !want.tty,
      Tty: want.tty,
    }),
  );
  const socket = (await exec.start({ hijack: true, stdin: true, Tty: want.tty })) as Duplex;
  const process: Known = { pid: 0, over: false };
  const io = processOf(socket, want, want.tty, {
    resize: async ({ width, height }) => void (await exec.resize({ w: width, h: height })),
    exitCode: () => exitCodeOf(exec, clock),
    isOver: () => isGone(process),
  });
  return { io, exec, process };
}

/**
 * Resolves when the process runs, has ended, or has not come about within a second or two. Never fails. `ownHost`: its
 * number means something here.
 */
export async function hasBegun({ exec, process }: Running, { clock, ownHost }: Deps): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    await sleep(clock, 25 + 25 * attempt);
    // In those two seconds the engine does not answer this either.
    const cancel = clock.schedule(300, () => {
      process.over = true;
    });
    // Whoever reads the streams is told what is wrong.
    const info = await exec.inspect().catch(() => undefined);
    cancel();
    process.over = info !== undefined && !info.Running && info.ExitCode !== null;
    if (!info) return;
    // It is said to run before it does: then it has no number yet.
    const runs = info.Running && info.Pid > 0;
    if (runs && ownHost) process.pid = info.Pid;
    if (runs || process.over) return;
  }
}

/** Both ends of a connection to a process. */
export function processOf(
  socket: Duplex,
  want: { stdin: boolean; stdout: boolean; stderr: boolean },
  tty: boolean,
  {
    resize,
    exitCode,
    isOver,
    onOutput,
  }: Pick<ProcessIO, 'resize'> & { exitCode(): Promise<number>; isOver?(): boolean; onOutput?(): void },
): ProcessIO {
  // One who writes after the other end has gone hears of it by the end of the output.
  socket.on('error', () => {});
  const { stdout, stderr, ended } = split(socket, tty, { isOver, onOutput });
  if (!want.stdin) socket.end();
  if (!want.stdout) stdout.resume();
  if (!want.stderr || tty) stderr.resume();
  return {
    stdin: want.stdin ? socket : undefined,
    stdout: want.stdout ? stdout : undefined,
    stderr: want.stderr && !tty ? stderr : undefined,
    resize,
    exitCode: ended.then(exitCode),
    close: () => void socket.destroy(),
  };
}

/** The engine marks the end of the process a moment after its output has ended; there is no event for one exec. */
async function exitCodeOf(exec: Docker.Exec, clock: Clock): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await sleep(clock, 5 + attempt);
  }
  // It closed its output and runs on.
  return -1;
}

/** Runs a command to its end, or to that of its time: then it is killed where we can reach it. */
export async function runExec(
  docker: Docker,
  id: ContainerId,
  command: readonly string[],
  { timeoutMs, limitBytes }: { timeoutMs: number; limitBytes: number },
  { clock, ownHost }: Deps,
): Promise<{ exitCode: number; output: string }> {
  let cancel = (): void => {};
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.schedule(timeoutMs, () => resolve('late'));
  });
  try {
    const { io, exec } = await startExec(docker, id, command, { stdin: false, stdout: true, stderr: true, tty: false }, clock);
    const output = collect(io, limitBytes);
    const exitCode = await Promise.race([io.exitCode, late]);
    if (exitCode !== 'late') return { exitCode, output: output() };
    if (ownHost) await killExec(exec, id);
    io.close();
    io.exitCode.catch(() => {});
    throw new ExecTimeout(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
  } finally {
    cancel();
  }
}

function collect(io: ProcessIO, limitBytes: number): () => string {
  const parts: Buffer[] = [];
  let size = 0;
  const keep = (data: Buffer): void => {
    if (size < limitBytes) parts.push(data.subarray(0, limitBytes - size));
    size += data.length;
  };
  io.stdout?.on('data', keep);
  io.stderr?.on('data', keep);
  return () => Buffer.concat(parts).toString();
}

/** The engine has no call for this; on its own host the process is an ordinary one. */
async function killExec(exec: Docker.Exec, id: ContainerId): Promise<void> {
  try {
    const { Running, Pid } = await exec.inspect();
    // The number may have gone to somebody else in between: it must still be in the container's group.
    if (Running && Pid > 0 && readFileSync(`/proc/${Pid}/cgroup`, 'utf8').includes(id)) process.kill(Pid, 'SIGKILL');
  } catch {
    // It has ended, or belongs to root: it is left to itself.
  }
}
