import type { core } from '../../kinds/index.ts';
import type { Seen } from './containers.ts';
import { eventsOf, lastSeen } from './events.ts';
import type { Facts } from './facts.ts';
import { oneLine } from './words.ts';

export type ProbeType = 'startup' | 'liveness' | 'readiness';
export type ProbeFailure = { event: core.Event; at: string; answer: string };

/** Older ones say nothing of now. */
const recent = 10 * 60_000;

/** What a probe of a container was last answered when it failed, oldest first: from its events. */
export function failuresOf(facts: Facts, { pod, container }: Seen, type: ProbeType): ProbeFailure[] {
  const title = `${type[0]?.toUpperCase()}${type.slice(1)} probe `;
  return eventsOf(facts, pod, { container: container.name, reasons: ['Unhealthy', 'ProbeWarning'] })
    .filter((it) => it.message?.startsWith(title) && facts.now - Date.parse(lastSeen(it)) < recent)
    .map((event) => ({ event, at: lastSeen(event), answer: answerIn((event.message ?? '').slice(title.length)) }));
}

const answerIn = (text: string): string => oneLine(text.replace(/^(failed|errored and resulted in unknown state|errored): ?/, ''));
