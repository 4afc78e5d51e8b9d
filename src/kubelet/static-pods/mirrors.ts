import type { Client, Informer } from '../../client/index.ts';
import { type core, node as nodeKind, pod as podKind } from '../../kinds/index.ts';
import type { Log } from '../../lib/log.ts';
import { isReason } from '../../meta/status-error.ts';
import { messageOf } from '../faults.ts';
import { podKey } from '../names.ts';
import { marks, mirroredBy } from './marks.ts';

type Pod = core.Pod;
type Deps = { client: Client; informer: Pick<Informer<Pod>, 'list' | 'get'>; nodeName: string; log: Log };

export type MirrorPlan = { remove: Pod[]; create: Pod[] };

/** What makes the API show just the static pods that there are. What is being deleted goes first, then comes anew. */
export function planMirrors(pods: readonly Pod[], mirrors: readonly Pod[]): MirrorPlan {
  const uids = new Set(pods.map((it) => it.metadata.uid));
  const remove = mirrors.filter((it) => it.metadata.deletionTimestamp || !uids.has(mirroredBy(it) ?? ''));
  const taken = new Set(mirrors.map(podKey));
  return { remove, create: pods.filter((it) => !taken.has(podKey(it))) };
}

/** What stands in the API for a static pod. */
export function mirrorOf(
  { metadata, spec }: Pod,
  owner: { name: string; uid: string } | undefined,
): Omit<Pod, 'apiVersion' | 'kind' | 'metadata'> & {
  metadata: Partial<Pod['metadata']> & { name: string; namespace: string };
} {
  const { name, namespace = '', labels, annotations, uid } = metadata;
  return {
    metadata: {
      ...{ name, namespace, annotations: { ...annotations, [marks.mirror]: uid } },
      ...(labels && { labels }),
      ...(owner && { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', ...owner, controller: true }] }),
    },
    spec,
  };
}

/** Brings the API in line; what could not be done is logged, and done at the next call. */
export async function syncMirrors({ client, informer, nodeName, log }: Deps, pods: readonly Pod[]): Promise<void> {
  const mirrors = informer.list().filter((it) => it.spec.nodeName === nodeName && mirroredBy(it) !== undefined);
  const plan = planMirrors(pods, mirrors);
  for (const it of plan.remove) {
    const { namespace = '', name, uid } = it.metadata;
    await client
      .delete(podKind, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error: unknown) => log.warn('a mirror pod could not be removed', { pod: podKey(it), error: messageOf(error) }));
  }
  if (plan.create.length === 0) return;
  const owner = (await client.get(nodeKind, { name: nodeName }))?.metadata;
  for (const it of plan.create) {
    try {
      await client.create(podKind, mirrorOf(it, owner && { name: owner.name, uid: owner.uid }));
    } catch (error) {
      // One that goes, or somebody else's of the name: the informer tells when it has gone.
      if (!isReason(error, 'AlreadyExists')) log.warn('a mirror pod could not be made', { pod: podKey(it), error: messageOf(error) });
    }
  }
}
