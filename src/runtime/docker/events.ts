import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { backoff } from '../../lib/backoff.ts';
import { type Clock, seconds, sleep } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ContainerEvent } from '../runtime.ts';
import { textOf } from './failure.ts';

type Raw = { Action?: string; timeNano?: number; Actor?: { ID?: string; Attributes?: Record<string, string> } };
const actions = ['create', 'start', 'die', 'oom', 'destroy', 'pause', 'unpause'] as const;

/**
 * The engine's events, over breaks. 'resync' at the start and after each break says that some may have been missed:
 * the engine replays only a short ring, so listing again is the only sure way.
 */
export async function* engineEvents(
  docker: Docker,
  label: string[],
  signal: AbortSignal,
  { clock, log }: { clock: Clock; log: Log },
): AsyncGenerator<ContainerEvent | 'resync'> {
  const filters = { type: ['container'], event: [...actions], label };
  let failures = 0;
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({ filters, abortSignal: signal } as Docker.GetEventsOptions)) as Readable;
      yield 'resync';
      failures = 0;
      for await (const line of linesOf(stream)) {
        const event = eventOf(JSON.parse(line) as Raw);
        if (event) yield event;
      }
      if (!signal.aborted) log.warn("the engine's events ended");
    } catch (error) {
      if (signal.aborted) return;
      log.warn("the engine's events broke off", { error: textOf(error) });
    }
    await sleep(clock, backoff(failures, 200, seconds(5)), signal);
    failures += 1;
  }
}

async function* linesOf(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}

function eventOf(raw: Raw): ContainerEvent | undefined {
  const action = actions.find((it) => it === raw.Action);
  const { ID: id, Attributes: labels = {} } = raw.Actor ?? {};
  if (!action || !id) return undefined;
  const exitCode = labels.exitCode === undefined ? undefined : Number(labels.exitCode);
  return { id, labels, action, at: Math.floor((raw.timeNano ?? 0) / 1e6), ...(exitCode !== undefined && { exitCode }) };
}
