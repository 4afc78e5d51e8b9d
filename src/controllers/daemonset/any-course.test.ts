import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeOf, podOf } from '../../../test/fixtures/controllers/objects.ts';
import { type apps, type core, isPodFinished, isPodReady } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { planDaemonSet } from './plan.ts';
import { daemonPodDraft, hashOf, targetOf } from './pod.ts';
import { bounds } from './rollout.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const ready: core.PodStatus = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:30:00Z' }],
};

type Course = {
  rolling: apps.RollingUpdateDaemonSet;
  nodes: number;
  /** What becomes of pods and nodes, one number for each turn and thing. */
  luck: number[];
};
const rollings: fc.Arbitrary<apps.RollingUpdateDaemonSet> = fc.constantFrom(
  { maxUnavailable: 1 },
  { maxUnavailable: 2 },
  { maxUnavailable: '50%' },
  { maxUnavailable: 0, maxSurge: 1 },
  { maxUnavailable: 0, maxSurge: '60%' },
);
const courses: fc.Arbitrary<Course> = fc.record({
  rolling: rollings,
  nodes: fc.integer({ min: 1, max: 6 }),
  luck: fc.array(fc.nat(9), { minLength: 20, maxLength: 60 }),
});

/** Lives through turns of a set and what becomes of its pods and nodes; checks every plan, and where it all ends. */
function live({ rolling, nodes: count, luck }: Course): void {
  const set: apps.DaemonSet = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      selector: {},
      template: { spec: { containers: [], nodeSelector: { on: 'yes' } } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: rolling },
    },
  };
  const nodes = Array.from({ length: count }, (_, i) => nodeOf(`n${i}`));
  for (const it of nodes) it.metadata.labels = { on: 'yes' };
  const pods = new Map<string, core.Pod>();
  let hash = 'a';
  let [at, made] = [0, 0];
  const chance = (): number => luck[at++ % luck.length] as number;
  const isThere = (it: core.Pod): boolean => isPodReady(it) && !isDeleting(it) && !isPodFinished(it);
  const fits = (it: core.Node): boolean => it.metadata.labels?.on === 'yes';
  const on = (name: string): core.Pod[] => [...pods.values()].filter((it) => targetOf(it) === name && !isDeleting(it));

  function turn(isCalm: boolean): number {
    const wanted = nodes.filter(fits).map((it) => it.metadata.name);
    const { surge, unavailable } = bounds(set, wanted.length);
    const before = [...pods.values()];
    const plan = planDaemonSet(set, { nodes, pods: before, hash, patience: () => 0 }, now);
    const lacking = wanted.filter((it) => !on(it).some(isThere)).length;
    for (const name of plan.create) {
      expect(wanted).toContain(name);
      const there = on(name).filter((it) => !isPodFinished(it));
      if (surge === 0) expect(before.filter((it) => targetOf(it) === name && !isPodFinished(it))).toEqual([]);
      else expect(there.map(hashOf).filter((it) => it === hash)).toEqual([]);
      const draft = daemonPodDraft(set, name, hash);
      const id = `agent-${made++}`;
      const { labels } = draft.metadata;
      const pod = podOf(id, { ready: false, status: { phase: 'Pending' }, ...(labels && { metadata: { labels } }) });
      pods.set(id, { ...pod, spec: draft.spec });
    }
    for (const it of plan.remove) pods.set(it.metadata.name, { ...it, metadata: { ...it.metadata, deletionTimestamp: 'now' } });
    // What the plan itself costs; where more are missing already, it must not cost more.
    const after = wanted.filter((it) => !on(it).some(isThere)).length;
    if (after > lacking) expect(after).toBeLessThanOrEqual(unavailable);
    // Old ones that are well, and have company: a plan makes no more of them than the surge allows.
    const besides = wanted.filter(
      (it) => on(it).some((one) => hashOf(one) !== hash && isThere(one)) && on(it).some((one) => hashOf(one) === hash),
    );
    if (plan.create.some((it) => besides.includes(it))) expect(besides.length).toBeLessThanOrEqual(surge);

    for (const [name, pod] of pods) {
      const draw = chance();
      if (isDeleting(pod)) {
        if (isCalm || draw > 4) pods.delete(name);
      } else if (isCalm || draw > 5) pods.set(name, { ...pod, spec: { ...pod.spec, nodeName: targetOf(pod) ?? '' }, status: ready });
      else if (draw === 0) pods.set(name, { ...pod, status: { phase: 'Failed' } });
      else if (draw === 1 && pod.status?.phase === 'Running') pods.set(name, { ...pod, status: { phase: 'Running', conditions: [] } });
      else if (draw === 2) pods.delete(name);
    }
    return plan.create.length + plan.remove.length;
  }
  function end(): void {
    for (const [name, pod] of pods) if (isPodFinished(pod)) pods.delete(name);
    let quiet = 0;
    for (let i = 0; i < 200 && quiet < 2; i++) quiet = turn(true) === 0 ? quiet + 1 : 0;
    expect(quiet).toBe(2);
    const want = nodes.filter(fits).map((it) => `${it.metadata.name} ${hash}`);
    expect([...pods.values()].map((it) => `${targetOf(it)} ${hashOf(it)}`).sort()).toEqual(want);
  }

  for (let i = 0; i < 10; i++) turn(false);
  end();
  for (const next of ['b', 'c']) {
    hash = next;
    for (let i = 0; i < 20; i++) turn(false);
    end();
    for (const it of nodes) it.metadata.labels = { on: chance() > 3 ? 'yes' : 'no' };
    for (let i = 0; i < 5; i++) turn(false);
    end();
  }
}

test('whatever becomes of pods and nodes, no plan breaks the rules, and all comes to rest as wished', () => {
  fc.assert(fc.property(courses, live), { numRuns: 300, seed: 20_261_124 });
});
