import type { core } from '../../../kinds/index.ts';
import { findCondition } from '../../../meta/condition.ts';
import { eventsOf } from '../events.ts';
import type { Cause, Finding } from '../finding.ts';
import { unfit } from '../fit.ts';
import type { Scope } from '../scope.ts';
import { changeAdvice, oneLine, templateOwner } from '../words.ts';

/** No node takes a pod. */
export const unschedulable: Cause = {
  name: 'unschedulable',
  find: (scope) => scope.pods.flatMap((pod) => findingOf(scope, pod)),
};

function findingOf(scope: Scope, pod: core.Pod): Finding[] {
  const { facts } = scope;
  const condition = findCondition(pod.status?.conditions, 'PodScheduled');
  if (pod.spec.nodeName || condition?.status !== 'False') return [];
  const message = condition.message ?? '';
  const parts = partsOf(message);
  const owner = templateOwner(facts, pod);
  if (condition.reason === 'SchedulingGated')
    return [
      {
        says: `pod/${pod.metadata.name} has no node: it waits for its scheduling gates (${(pod.spec.schedulingGates ?? []).map((it) => it.name).join(', ')})`,
        about: pod,
      },
    ];
  const first = parts.map((it) => unfit(it, pod, facts)).filter((it) => it !== undefined);
  return [
    {
      says: `pod/${pod.metadata.name} has no node: ${first.map((it) => it.says).join('; ') || oneLine(message)}`,
      about: pod,
      notes: [oneLine(message), ...first.flatMap((it) => it.notes)],
      evidence: eventsOf(facts, pod, { reasons: ['FailedScheduling', 'NotTriggerScaleUp', 'Preempted'] }),
      advice: [
        { command: 'peapod describe nodes', to: 'see what the nodes have and what is taken of it' },
        changeAdvice(owner, first[0]?.fix ?? 'ask for less, or for another node'),
        ...first.flatMap((it) => it.advice),
      ],
      patience: 10_000,
    },
  ];
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: …` in its parts. */
export function partsOf(message: string): Array<{ count: number; reason: string }> {
  const text = (/nodes? are available: (.*)$/s.exec(message)?.[1] ?? message)
    .replace(/\.? (no new claims to deallocate, preemption: .*|preemption: .*|not found)$/s, '')
    .replace(/\.$/, '');
  return text.split(/, (?=\d+ )/).map((it) => {
    const found = /^(\d+) (.*)$/s.exec(it);
    return found ? { count: Number(found[1]), reason: found[2] as string } : { count: 0, reason: it };
  });
}
