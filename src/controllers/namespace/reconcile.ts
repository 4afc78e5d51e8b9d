import { type core, namespace, pod } from '../../kinds/index.ts';
import { seconds, toTime } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import { createPace } from '../pace.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done, type Result, type Trigger } from '../run.ts';
import { conditionsAfter } from './conditions.ts';
import { contentKinds, removeContent } from './content.ts';

const ourFinalizer = 'kubernetes';
// Pods go one by one; each that does makes its namespace due, and each look lists what is left.
const paces = perRun(() => createPace(1, seconds(1)));
const sumOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, it) => sum + it, 0);

/** What goes from a namespace that goes makes it due: perhaps that was the last. So does what stands in none. */
const contentTriggers = contentKinds.map(
  (kind): Trigger => ({
    kind,
    keys: ({ metadata }, { informers }) => {
      const it = informers.of(namespace).get(metadata.namespace ?? '');
      return it && !isDeleting(it) ? [] : [metadata.namespace ?? ''];
    },
  }),
);

/** Empties namespaces that are being deleted, then lets them go. */
export const namespaces: Controller = {
  name: 'namespace',
  for: namespace,
  also: contentTriggers,
  async reconcile(name, context) {
    const { client, clock, informers } = context;
    const it = informers.of(namespace).get(name);
    if (!it) {
      paces(context).forget(name);
      return removeStrays(name, context);
    }
    if (!isDeleting(it) || !it.spec.finalizers?.length) return done;
    const wait = paces(context).wait(name, clock.now());
    if (wait > 0 && informers.of(pod).inNamespace(name).length > 0) return again(wait);
    const found = await removeContent(name, client);
    paces(context).worked(name, sumOf(found.remaining), clock.now());
    if (found.remaining.size > 0 || found.faults.length > 0) {
      await client.changeStatus(namespace, it, (draft) => {
        const conditions = conditionsAfter(draft.status?.conditions, found, toTime(clock.now()));
        draft.status = { ...draft.status, phase: 'Terminating', conditions };
      });
      if (found.faults.length > 0) throw new Error(`content of namespace ${name} could not be deleted: ${found.faults.join('; ')}`);
      return again(seconds(5));
    }
    // What was being made while the namespace was deleted may have come behind our back: it is empty when it was found so.
    if (!found.wasEmpty) return again(0);
    if (it.spec.finalizers.includes(ourFinalizer)) await finalize(it, client);
    return done;
  },
};

const looksEmpty = (name: string, { informers }: ControllerContext): boolean =>
  contentKinds.every((kind) => informers.of<KubeObject>(kind).inNamespace(name).length === 0);

async function finalize({ metadata, spec, ...rest }: core.Namespace, client: ControllerContext['client']): Promise<void> {
  const { resourceVersion: _, ...known } = metadata;
  const finalizers = (spec.finalizers ?? []).filter((one) => one !== ourFinalizer);
  try {
    await client.post(namespace, { name: metadata.name }, 'finalize', { ...rest, metadata: known, spec: { ...spec, finalizers } });
  } catch (error) {
    // Someone was quicker: it has gone.
    if (!isReason(error, 'NotFound')) throw error;
  }
}

/** A creation may have been under way while the namespace went: nothing of it may live on. */
async function removeStrays(name: string, context: ControllerContext): Promise<Result> {
  const { client, log } = context;
  if (looksEmpty(name, context)) return done;
  if (await client.get(namespace, { name })) return done;
  log.warn('objects of a namespace that is no more are deleted', { namespace: name });
  const { faults } = await removeContent(name, client);
  if (faults.length > 0) throw new Error(`content of namespace ${name}, which is no more, could not be deleted: ${faults.join('; ')}`);
  return done;
}
