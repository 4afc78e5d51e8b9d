import { endpointSlice, node, service } from '../../kinds/index.ts';
import { splitKey } from '../../meta/owner.ts';
import { createPace } from '../pace.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { hasSelector, podsOf, podsTrigger } from '../service-pods.ts';
import { createTriggerTimes } from '../trigger-time.ts';
import { applySlices } from './apply.ts';
import type { Slice } from './pack.ts';
import { controllerName, managedBy, planServiceSlices, serviceNameLabel } from './plan.ts';

const triggerTimes = perRun(createTriggerTimes);
const paces = perRun(() => createPace(0.2, 200));
/** By node that is not there: Services with pods on it, which wait for it. */
const waiting = perRun(() => new Map<string, Set<string>>());

/** Shows in EndpointSlices which pods stand behind a Service, and whether they are ready. */
export const endpointSlices: Controller = {
  name: 'endpoint-slice',
  for: service,
  also: [
    podsTrigger,
    {
      kind: node,
      keys: ({ metadata: { name } }, context) => {
        const due = waiting(context).get(name);
        if (due && context.informers.of(node).get(name)) waiting(context).delete(name);
        return due ?? [];
      },
    },
    {
      kind: endpointSlice,
      keys: ({ metadata }) => {
        const name = metadata.labels?.[managedBy] === controllerName && metadata.labels[serviceNameLabel];
        return name ? [`${metadata.namespace}/${name}`] : [];
      },
    },
  ],
  async reconcile(key, context) {
    const { client, clock, informers } = context;
    const it = informers.of(service).get(key);
    if (!it) {
      triggerTimes(context).forget(key);
      paces(context).forget(key);
    }
    if (!it || it.spec.type === 'ExternalName' || !hasSelector(it)) return done;
    const wait = paces(context).wait(key, clock.now());
    if (wait > 0) return again(wait);
    const pods = podsOf(it, context);
    paces(context).worked(key, pods.length, clock.now());
    const nodeOf = (name: string) => informers.of(node).get(name);
    let plan = planServiceSlices(it, pods, cachedSlices(key, context), nodeOf);
    // A slice made a moment ago may not be in the cache yet: only the API knows for sure that one is missing.
    if (plan.create.length > 0) plan = planServiceSlices(it, pods, await storedSlices(key, context), nodeOf);
    await applySlices(plan, triggerTimes(context).next(it, pods), client);
    for (const name of plan.missingNodes) {
      const known = waiting(context).get(name);
      if (known) known.add(key);
      else waiting(context).set(name, new Set([key]));
    }
    return done;
  },
};

function cachedSlices(key: string, { informers }: ControllerContext): Slice[] {
  const { namespace = '', name } = splitKey(key);
  return informers
    .of(endpointSlice)
    .inNamespace(namespace)
    .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name && metadata.labels[managedBy] === controllerName);
}

async function storedSlices(key: string, { client }: ControllerContext): Promise<readonly Slice[]> {
  const { namespace = '', name } = splitKey(key);
  const labelSelector = `${serviceNameLabel}=${name},${managedBy}=${controllerName}`;
  return (await client.list(endpointSlice, { namespace, labelSelector })).items;
}
