import { type core, isPodReady } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';
import { causes } from './causes/index.ts';
import { containersIn } from './containers.ts';
import type { Facts } from './facts.ts';
import { titleOf } from './facts.ts';
import type { Finding } from './finding.ts';
import { lineOf, madeBy } from './owners.ts';
import { scopeOf } from './scope.ts';
import { type State, stateOf } from './state.ts';
import { type Step, stepOf } from './steps.ts';

export type NamedFinding = Finding & { cause: string };

/** Why an object is as it is: data, that `print.ts` puts into lines. */
export type Explanation = {
  subject: KubeObject;
  state: State;
  /** The true cause first; empty when nothing is wrong. */
  findings: readonly NamedFinding[];
  /** From the topmost owner, or the Service, down to what is at fault. */
  chain: readonly Step[];
};

/** The causes in their order, each with all that they find wrong from the subject downwards; no I/O. */
export function explain(facts: Facts, subject: KubeObject): Explanation {
  const scope = scopeOf(facts, subject);
  const findings = withoutEchoes(causes.flatMap(({ name, find }) => find(scope).map((it) => ({ cause: name, ...it }))));
  const state = findings.length > 0 ? ({ is: 'wrong' } as const) : stateOf(facts, subject, scope);
  return { subject, state, findings, chain: chainOf(facts, subject, findings[0], scope.pods) };
}

/** What a healthy object consists of: what is in use of it, and not more than can be read. */
function partsOf(facts: Facts, subject: KubeObject, pods: readonly core.Pod[]): KubeObject[] {
  const newest = madeBy(facts, subject).workloads.slice(0, 1);
  return [...newest, ...(subject.kind === 'Pod' ? [] : pods.slice(0, 10))];
}

/** What befell a container has one cause: what is found of it further down the list is the first one's doing. */
const withoutEchoes = (found: readonly NamedFinding[]): NamedFinding[] =>
  found.filter(
    (it, i) =>
      it.container === undefined || !found.slice(0, i).some((before) => before.about === it.about && before.container === it.container),
  );

function chainOf(facts: Facts, subject: KubeObject, finding: Finding | undefined, pods: readonly core.Pod[]): Step[] {
  const end = finding?.about ?? subject;
  // A claim or a node is nobody's child: the pod that needs it leads there.
  const pod = end.kind === 'Pod' ? undefined : pods.find((it) => it !== subject && !isPodReady(it));
  const isOutside = ['PersistentVolumeClaim', 'Node'].includes(end.kind) && end !== subject;
  const line = [
    ...(subject.kind === 'Service' && subject !== end ? [subject] : []),
    ...(isOutside && pod ? lineOf(facts, pod) : []),
    ...lineOf(facts, end),
  ];
  if (!finding) line.push(...partsOf(facts, subject, pods));
  const all = line.some((it) => it.metadata.uid === subject.metadata.uid) ? line : [...lineOf(facts, subject), ...line];
  const steps = [...new Map(all.map((it) => [titleOf(it), it])).values()].map((it) => stepOf(facts, it));
  const seen = finding?.container && containersIn(end as core.Pod).find(({ container }) => container.name === finding.container);
  return seen ? [...steps, stepOf(facts, seen)] : steps;
}
