import { sleep } from '../lib/clock.ts';
import type { core } from '../kinds/index.ts';
import type { Parts } from './parts.ts';
import { runProbe } from './probes/index.ts';

/** A container whose hook is to run: it runs itself, at the pod's address. */
export type Hooked = { id: string; address: string; container: core.Container };

// Hooks have no timeout of their own: the grace period ends preStop, and postStart may take what it takes.
const hookTimeoutSeconds = 24 * 3600;

/** Runs a lifecycle hook to its end. Fails with the reason when it failed; `signal` ends a sleep early. */
export async function runHook(parts: Parts, hook: core.LifecycleHandler, at: Hooked, signal: AbortSignal): Promise<void> {
  if (hook.sleep) return sleep(parts.clock, hook.sleep.seconds * 1000, signal);
  const { exec, httpGet } = hook;
  // tcpSocket is accepted by the API and does nothing, as upstream.
  if (!exec && !httpGet) return;
  const outcome = await runProbe(
    { ...(exec && { exec }), ...(httpGet && { httpGet }), timeoutSeconds: hookTimeoutSeconds },
    at,
    parts.runtime.streams,
  );
  if (outcome.result === 'failure') throw new Error(outcome.output);
}
