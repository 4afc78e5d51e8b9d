import { type AnyKind, deployment, kinds, pod, podDisruptionBudget, replicaSet } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { matchesSelector, selectorText } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { again, type Controller, type ControllerContext, done, type Trigger } from '../run.ts';
import { planBudget } from './plan.ts';
import { scaleOf } from './scale.ts';

/** What can own pods and says how many it wants. */
const scaled: readonly AnyKind[] = kinds.filter((it) => it.scale && it.namespaced);

const budgetsOf = (it: KubeObject, { informers }: ControllerContext): string[] =>
  informers
    .of(podDisruptionBudget)
    .inNamespace(it.metadata.namespace ?? '')
    .filter((budget) => matchesSelector(budget.spec.selector, it.metadata.labels))
    .map(keyOf);

/** When an owner's size changes, the budgets of its pods are due. */
const sizeOf = (kind: AnyKind): Trigger => ({
  kind,
  keys(it, context) {
    const { informers } = context;
    if (informers.of(podDisruptionBudget).inNamespace(it.metadata.namespace ?? '').length === 0) return [];
    const owners = kind === deployment ? informers.of(replicaSet).ownedBy(it.metadata.uid) : [it];
    const one = owners.flatMap((owner) => informers.of(pod).ownedBy(owner.metadata.uid).slice(0, 1));
    return new Set(one.flatMap((its) => budgetsOf(its, context)));
  },
});

/** Keeps what a budget allows (upstream: controller/disruption). The eviction subresource takes from it. */
export const disruptionBudgets: Controller = {
  name: 'disruption',
  for: podDisruptionBudget,
  also: [{ kind: pod, keys: budgetsOf }, ...scaled.map(sizeOf)],
  async reconcile(key, context) {
    const { informers, client, clock, recorder } = context;
    const budget = informers.of(podDisruptionBudget).get(key);
    if (!budget) return done;
    const pods = informers
      .of(pod)
      .inNamespace(budget.metadata.namespace ?? '')
      .filter((it) => matchesSelector(budget.spec.selector, it.metadata.labels));
    if (pods.length === 0) recorder.record(budget, 'Normal', 'NoPods', 'No matching pods found');
    const plan = planBudget(budget, pods, () => scaleOf(pods, context), clock.now());
    if (plan.fault !== undefined) {
      const message = `Failed to calculate the number of expected pods: ${plan.fault}`;
      recorder.record(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    }
    for (const { metadata } of plan.notDeleted) {
      const about = pods.find((it) => it.metadata.uid === metadata.uid) ?? budget;
      recorder.record(about, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`);
    }
    if (plan.unmanaged.length > 0)
      recorder.record(budget, 'Warning', 'UnmanagedPods', unmanagedText(selectorText(budget.spec.selector ?? {})));
    await client.changeStatus(podDisruptionBudget, budget, (draft) => {
      // What the API has taken from it meanwhile must not be given back: looked at anew when the cache shows it.
      if (draft.metadata.resourceVersion !== budget.metadata.resourceVersion)
        throw new Error(`budget ${key} has changed since it was looked at`);
      draft.status = plan.status;
    });
    return plan.again === undefined ? done : again(plan.again);
  },
};

const unmanagedText = (selector: string): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
