import type Docker from 'dockerode';
import { backoff } from '../../lib/backoff.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ContainerEvent } from '../runtime.ts';

type Raw = { Action?: string; timeNano?: number; Actor?: { ID?: string; Attributes?: Record<string, string> } };
const actions = ['create', 'start', 'die', 'oom', 'destroy', 'pause', 'unpause'] as const;

/** The engine's events, over breaks: after one, 'resync' says that some may have been missed. */
export async function* engineEvents(
  docker: Docker,
  label: string[],
  signal: AbortSignal,
  { clock, log }: { clock: Clock; log: Log },
): AsyncGenerator<ContainerEvent | 'resync'> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({ filters: { type: ['container'], event: [...actions], label } })) as NodeJS.ReadableStream & {
        destroy(): void;
      };
      const end = (): void => stream.destroy();
      signal.addEventListener('abort', end, { once: true });
      yield 'resync';
      failures = 0;
      let text = '';
      for await (const chunk of stream) {
        text += String(chunk);
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const event = line.trim() && eventOf(JSON.parse(line) as Raw);
          if (event) yield event;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the engine's events broke off", { error: String(error) });
    }
    await sleep(clock, backoff(failures, 200, 5_000), signal);
    failures += 1;
  }
}

function eventOf(raw: Raw): ContainerEvent | undefined {
  const action = actions.find((it) => it === raw.Action);
  const { ID: id, Attributes: labels = {} } = raw.Actor ?? {};
  if (!action || !id) return undefined;
  const exitCode = labels.exitCode === undefined ? undefined : Number(labels.exitCode);
  return { id, labels, action, at: Math.floor((raw.timeNano ?? 0) / 1e6), ...(exitCode !== undefined && { exitCode }) };
}
