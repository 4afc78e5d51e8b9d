import { type core, isPodFinished, node, pod } from '../../kinds/index.ts';
import { type Milliseconds, seconds, toTime } from '../../lib/clock.ts';
import { withCondition } from '../../meta/condition.ts';
import { keyOf } from '../../meta/owner.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { planPod, surplus } from './plan.ts';

const sweepEvery = seconds(20);
const notes = perRun(() => ({ missing: new Map<string, Milliseconds>(), sweptAt: 0 }));

/** Removes pods that nobody else will: of nodes that are no more, never scheduled ones, and ended ones when there are too many. */
export const podCollector: Controller = {
  name: 'pod-garbage-collector',
  for: pod,
  also: [
    {
      kind: node,
      keys: ({ metadata }, { informers }) =>
        informers
          .of(pod)
          .list()
          .filter((it) => it.spec.nodeName === metadata.name)
          .map(keyOf),
    },
  ],
  async reconcile(key, context) {
    const { clock, informers } = context;
    const it = informers.of(pod).get(key);
    if (!it) return done;
    if (isPodFinished(it)) await sweep(context);
    const found = informers.of(node).get(it.spec.nodeName ?? '');
    const plan = planPod(it, found, missingSince(it, found, context), clock.now());
    if (plan.do === 'look again') return again(plan.after);
    if (plan.do === 'nothing') return done;
    // The cache may lag; that the node is no more is asked of the API.
    if (plan.condition && (await context.client.get(node, { name: it.spec.nodeName ?? '' }))) return again(sweepEvery);
    await remove(it, plan.condition, context);
    return done;
  },
};

function missingSince(it: core.Pod, found: core.Node | undefined, context: ControllerContext): Milliseconds | undefined {
  const { missing } = notes(context);
  const name = it.spec.nodeName;
  if (!name) return undefined;
  if (found) {
    missing.delete(name);
    return undefined;
  }
  const since = missing.get(name) ?? context.clock.now();
  missing.set(name, since);
  return since;
}

async function sweep(context: ControllerContext): Promise<void> {
  const state = notes(context);
  const now = context.clock.now();
  if (now - state.sweptAt < sweepEvery) return;
  state.sweptAt = now;
  for (const it of surplus(context.informers.of(pod).list())) await remove(it, undefined, context);
}

/** Nobody else would end it: it is Failed first, for those who count pods. */
async function remove(it: core.Pod, condition: core.PodCondition | undefined, { client, clock, log }: ControllerContext): Promise<void> {
  log.info('a pod that nobody else will remove is removed', { pod: keyOf(it), node: it.spec.nodeName ?? '' });
  if (!isPodFinished(it)) {
    await client.changeStatus(pod, it, (draft) => {
      const conditions = condition && withCondition(draft.status?.conditions, condition, toTime(clock.now()));
      draft.status = { ...draft.status, phase: 'Failed', ...(conditions && { conditions }) };
    });
  }
  await client.delete(pod, it.metadata, { gracePeriodSeconds: 0, preconditions: { uid: it.metadata.uid } });
}
