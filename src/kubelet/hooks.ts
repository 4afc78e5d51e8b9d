import { sleep } from '../lib/clock.ts';
import type { core } from '../kinds/index.ts';
import { podTitle } from './names.ts';
import type { Parts } from './parts.ts';
import { runProbe } from './probes/index.ts';

/** A container whose hook is to run: it runs itself, at the pod's address. */
export type Hooked = { id: string; address: string; container: core.Container };

// Hooks have no timeout of their own: the grace period ends preStop, and postStart may take what it takes.
const hookTimeoutSeconds = 24 * 3600;
const outputLimit = 10 * 1024;

/** Runs a lifecycle hook to its end. Fails with upstream's words when it failed; `signal` ends a sleep early. */
export async function runHook(parts: Parts, pod: core.Pod, hook: core.LifecycleHandler, at: Hooked, signal: AbortSignal): Promise<void> {
  const { exec, httpGet } = hook;
  if (exec) return runExec(parts, pod, exec.command ?? [], at);
  if (httpGet) return runGet(parts, pod, httpGet, at);
  if (hook.sleep) return sleep(parts.clock, hook.sleep.seconds * 1000, signal);
  // tcpSocket, which the API takes for old times' sake.
  throw new Error('Cannot run handler: invalid handler: tcpSocket is not supported');
}

const failed = (kind: string, pod: core.Pod, { container }: Hooked, error: string, output: string): Error =>
  new Error(
    `${kind} for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(podTitle(pod))} failed - error: ${error}, message: ${JSON.stringify(output)}`,
  );

async function runExec(parts: Parts, pod: core.Pod, command: readonly string[], at: Hooked): Promise<void> {
  const limits = { timeoutMs: hookTimeoutSeconds * 1000, limitBytes: outputLimit };
  const { exitCode, output } = await parts.runtime.streams.run(at.id, command, limits);
  if (exitCode === 0) return;
  const text = command.join(' ');
  throw failed(`Exec lifecycle hook ([${text}])`, pod, at, `command '${text}' exited with ${exitCode}: ${output}`, output);
}

async function runGet(parts: Parts, pod: core.Pod, httpGet: core.HTTPGetAction, at: Hooked): Promise<void> {
  const { result, output } = await runProbe({ httpGet, timeoutSeconds: hookTimeoutSeconds }, at, parts.runtime.streams);
  if (result === 'failure') throw failed(`HTTP lifecycle hook (${httpGet.path ?? '/'})`, pod, at, output, '');
}
