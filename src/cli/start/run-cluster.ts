import { CommandError, contextNameOf } from '../command.ts';
import type { ClusterEdge, EngineFacts, RunningCluster, StartStep } from '../edges.ts';
import { logFileOf, rememberSettings, rotateLog, writeAccess } from '../files.ts';
import type { Io } from '../io.ts';
import type { Access } from '../kubeconfig/entries.ts';
import { announce, claim, release } from '../process/pid-file.ts';
import { withoutEngine } from './steps.ts';

export type Watcher = {
  onStep(step: StartStep): void;
  onEngine(engine: EngineFacts): void;
  onReady(access: Access): Promise<void>;
  onEnding(): void;
};

/**
 * Runs a cluster in this process until it is interrupted: takes the pid file, starts, leaves word of how to get in,
 * and stops. Fails with a CommandError when another process runs the cluster.
 */
export async function runCluster(edge: ClusterEdge, io: Io, watcher: Watcher): Promise<void> {
  const { pid } = process;
  const signal = io.interrupted();
  const claimed = await claim(edge.dataDir, { pid, startedAt: new Date(io.clock.now()).toISOString() }, io.clock);
  if ('holder' in claimed) throw new CommandError(`cluster "${edge.name}" runs already, as process ${claimed.holder.pid}`);
  // One after the other: each writes the whole record.
  let told = Promise.resolve();
  try {
    const logFile = logFileOf(edge.dataDir);
    await rememberSettings(edge);
    await rotateLog(logFile);
    const onStep = (step: StartStep): void => {
      watcher.onStep(step);
      told = told.then(() => announce(edge.dataDir, pid, { step }));
    };
    const running = await start(edge, { logFile, onStep, onEngine: watcher.onEngine });
    try {
      const access = { name: contextNameOf(edge.name), url: running.url, credentials: running.credentials };
      await told;
      if (!signal.aborted) {
        await writeAccess(edge.dataDir, access);
        await announce(edge.dataDir, pid, { url: running.url });
        await watcher.onReady(access);
      }
      await aborted(signal);
      watcher.onEnding();
    } finally {
      await running.stop();
    }
  } finally {
    // Else the record might come back after it is taken away.
    await told;
    await release(edge.dataDir, pid);
  }
}

async function start(edge: ClusterEdge, options: Parameters<ClusterEdge['start']>[0]): Promise<RunningCluster> {
  try {
    return await edge.start(options);
  } catch (error) {
    const { code, port } = error as { code?: string; port?: number };
    if (code === 'ENGINE_UNAVAILABLE') throw withoutEngine(error);
    if (code !== 'EADDRINUSE' || port !== edge.port) throw error;
    throw new CommandError(`${edge.host}:${port} is in use by another program: stop it, or choose another port with --port`, {
      cause: error,
    });
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
