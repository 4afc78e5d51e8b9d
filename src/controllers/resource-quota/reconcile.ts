import {
  addUsage,
  type AnyKind,
  type core,
  event,
  isInScope,
  kinds,
  maskUsage,
  resourceQuota,
  type Usage,
  usageOf,
} from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/types.ts';
import { createPace } from '../pace.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done, type Trigger } from '../run.ts';

/** What quotas can count: everything in a namespace but events, which come and go by themselves. */
const counted: readonly AnyKind[] = kinds.filter((it) => it.namespaced && it !== event && !it.viewOf);

/** A namespace with many objects is not counted at each of their changes. */
const paceOf = perRun(() => createPace(0.05, 1000));

const quotasOf = (kind: AnyKind): Trigger => ({
  kind,
  keys: ({ metadata }, { informers }) =>
    informers
      .of(resourceQuota)
      .inNamespace(metadata.namespace ?? '')
      .filter((it) => limits(it, kind))
      .map(keyOf),
});

/** Whether a quota has something to say of a kind. */
const limits = ({ spec }: core.ResourceQuota, kind: AnyKind): boolean => {
  const names = Object.keys(spec.hard ?? {});
  if (kind.resource === 'pods') return true;
  if (kind.resource === 'persistentvolumeclaims')
    return names.some((it) => it.includes('persistentvolumeclaims') || it.includes('requests.storage'));
  return names.some((it) => it === `count/${kind.resource}` || it.split('.')[0] === kind.resource);
};

/** What is used of a quota, all kinds together. */
function usedOf(quota: core.ResourceQuota, { informers, clock }: ControllerContext): { used: Usage; objects: number } {
  const hard = quota.spec.hard ?? {};
  let used: Usage = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  let objects = 0;
  for (const kind of counted) {
    if (!limits(quota, kind)) continue;
    for (const it of informers.of<KubeObject>(kind).inNamespace(quota.metadata.namespace ?? '')) {
      objects += 1;
      if (isInScope(quota, kind, it)) used = addUsage(used, maskUsage(usageOf(kind, it, clock.now()), hard));
    }
  }
  return { used, objects };
}

/** Writes down what is used (upstream: pkg/controller/resourcequota); that no more is used, admission sees to. */
export const resourceQuotas: Controller = {
  name: 'resourcequota',
  for: resourceQuota,
  also: counted.map(quotasOf),
  async reconcile(key, context) {
    const { informers, client, clock } = context;
    const quota = informers.of(resourceQuota).get(key);
    const pace = paceOf(context);
    if (!quota) {
      pace.forget(key);
      return done;
    }
    const wait = pace.wait(key, clock.now());
    if (wait > 0) return again(wait);
    const { used, objects } = usedOf(quota, context);
    pace.worked(key, objects, clock.now());
    const shown = Object.fromEntries(Object.entries(used).map(([name, amount]) => [name, canonicalQuantity(amount)]));
    await client.changeStatus(resourceQuota, quota, (draft) => {
      draft.status = { ...(quota.spec.hard && { hard: quota.spec.hard }), used: shown };
    });
    return done;
  },
};
