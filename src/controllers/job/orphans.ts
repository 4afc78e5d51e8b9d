import { type core, job as jobKind, pod as podKind } from '../../kinds/index.ts';
import { controllerOf, keyOf } from '../../meta/owner.ts';
import { matchesSelector } from '../../meta/selector.ts';
import { type Controller, type ControllerContext, done } from '../run.ts';
import { isFinished, isForeign, isTracked, trackingFinalizer } from './vocabulary.ts';

/** Pods whose job has gone, has ended or has let go of them need not wait to be counted (upstream: syncOrphanPod). */
export const jobOrphans: Controller = {
  name: 'job-orphan',
  for: podKind,
  also: [{ kind: jobKind, keys: (it, { informers }) => informers.of(podKind).ownedBy(it.metadata.uid).filter(isTracked).map(keyOf) }],
  async reconcile(key, context) {
    const pod = context.informers.of(podKind).get(key);
    if (!pod || !isTracked(pod) || !(await isLeft(pod, context))) return done;
    await context.client.change(podKind, pod, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((it) => it !== trackingFinalizer);
    });
    return done;
  },
};

async function isLeft(pod: core.Pod, { informers, client }: ControllerContext): Promise<boolean> {
  const owner = controllerOf(pod);
  const inNamespace = informers.of(jobKind).inNamespace(pod.metadata.namespace ?? '');
  // One that a job selects may be adopted yet.
  if (!owner) return !inNamespace.some((it) => matchesSelector(it.spec.selector, pod.metadata.labels));
  if (owner.kind !== jobKind.kind || !owner.apiVersion.startsWith('batch/')) return false;
  const key = { namespace: pod.metadata.namespace ?? '', name: owner.name };
  const cached = informers.of(jobKind).get(`${key.namespace}/${key.name}`);
  // The cache of jobs may be behind that of pods.
  const job = cached?.metadata.uid === owner.uid ? cached : await client.get(jobKind, key);
  if (job?.metadata.uid !== owner.uid) return true;
  return !isForeign(job) && isFinished(job);
}
