import { mkdir, stat } from 'node:fs/promises';
import { sleep } from '../../lib/clock.ts';
import { CommandError } from '../command.ts';
import type { ClusterEdge, StartStep } from '../edges.ts';
import { logFileOf, readAccess, readLogFrom } from '../files.ts';
import type { Io } from '../io.ts';
import { type Background, startInBackground } from '../process/detach.ts';
import { runningProcess } from '../process/pid-file.ts';
import { createProgress, type Progress } from '../progress.ts';
import { joinKubeconfig, welcome } from './join-kubeconfig.ts';
import { doing, engineOf, readyNodes } from './steps.ts';

/** A start that takes longer has gone wrong. */
const patience = 120_000;
const linesToShow = 15;

/** Starts the cluster in the background and resolves when it is ready. One that runs already is fine. */
export async function startDetached(
  edge: ClusterEdge,
  settings: Readonly<Record<string, string>>,
  kubeconfig: string,
  io: Io,
): Promise<number> {
  const progress = createProgress(io);
  try {
    const before = await runningProcess(edge.dataDir);
    if (before) {
      progress.done(`cluster "${edge.name}" runs already, as process ${before.pid}`);
      await untilReady(edge, undefined, progress, io);
    } else {
      progress.begin(doing.engine);
      progress.done(await engineOf(edge));
      await start(edge, settings, progress, io);
    }
    const access = await readAccess(edge);
    if (!access) throw new CommandError(`${edge.dataDir} does not say how to reach the cluster`);
    progress.begin('waiting for the node');
    const nodes = await readyNodes(access, io.clock);
    if (!nodes) throw new CommandError(`the node does not become ready: see peapod status, and ${logFileOf(edge.dataDir)}`);
    progress.done(`node ${nodes.join(', ')} is ready`);
    await joinKubeconfig(edge, kubeconfig, access, io);
    welcome(access, kubeconfig, io);
    return 0;
  } finally {
    progress.stop();
  }
}

async function start(edge: ClusterEdge, settings: Readonly<Record<string, string>>, progress: Progress, io: Io): Promise<void> {
  await mkdir(edge.dataDir, { recursive: true, mode: 0o700 });
  const logFile = logFileOf(edge.dataDir);
  const logStart = await stat(logFile).then(
    (it) => it.size,
    () => 0,
  );
  const typed = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const background = await startInBackground(['up', ...typed, '--in-background'], logFile);
  try {
    const { pid, url } = await untilReady(edge, background, progress, io);
    progress.done(`API server answers at ${url} (process ${pid})`);
  } catch (error) {
    progress.stop();
    const lines = (await readLogFrom(logFile, logStart)).trimEnd().split('\n').slice(-linesToShow);
    for (const line of lines) io.tell(`  ${line}`);
    throw error;
  } finally {
    background.leave();
  }
}

/**
 * Follows the record of the starting process until it says where its API server answers. When another process was
 * quicker and ours has given up, that one is followed.
 */
async function untilReady(
  edge: ClusterEdge,
  background: Background | undefined,
  progress: Progress,
  io: Io,
): Promise<{ pid: number; url: string }> {
  const began = io.clock.now();
  let shown: StartStep | undefined;
  while (io.clock.now() - began < patience) {
    // In this order: a process that has ended by now has left no record after.
    const ended = background?.ended();
    const record = await runningProcess(edge.dataDir);
    if (record?.url !== undefined) return { pid: record.pid, url: record.url };
    if (!record && (ended !== undefined || !background))
      throw new CommandError(`the control plane has ended${ended ? ` with ${ended}` : ''}; its log is ${logFileOf(edge.dataDir)}`);
    if (record?.step && record.step !== shown) {
      shown = record.step;
      progress.begin(doing[shown]);
    }
    await sleep(io.clock, 20);
  }
  throw new CommandError(`the control plane is not ready after ${patience / 1000} seconds; its log is ${logFileOf(edge.dataDir)}`);
}
