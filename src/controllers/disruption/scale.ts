import { type core, deployment, kindByName, replicaSet } from '../../kinds/index.ts';
import { controllerOf } from '../../meta/owner.ts';
import type { KubeObject, OwnerReference } from '../../meta/types.ts';
import type { ControllerContext } from '../run.ts';
import type { Scale } from './plan.ts';

/** How many pods the controllers of these ask for, each counted once. A deployment speaks for its replica sets. */
export function scaleOf(pods: readonly core.Pod[], { informers }: Pick<ControllerContext, 'informers'>): Scale {
  const counted = new Map<string, number>();
  const unmanaged: core.Pod[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) {
      unmanaged.push(pod);
      continue;
    }
    const found = find(owner, pod.metadata.namespace ?? '');
    if (typeof found === 'string') return { fault: found };
    if (!found) return { fault: `found no controllers for pod "${pod.metadata.name}"` };
    counted.set(found.uid, found.replicas);
  }
  return { replicas: [...counted.values()].reduce((sum, it) => sum + it, 0), unmanaged };

  function find(owner: OwnerReference, namespace: string): { uid: string; replicas: number } | string | undefined {
    const kind = kindByName(owner.apiVersion, owner.kind);
    if (!kind) return undefined;
    if (!kind.scale) return `${kind.resource} does not implement the scale subresource`;
    const it = informers.of<KubeObject>(kind).get(`${namespace}/${owner.name}`);
    if (it?.metadata.uid !== owner.uid) return undefined;
    const above = kind === replicaSet ? controllerOf(it) : undefined;
    if (above?.kind === deployment.kind) return find(above, namespace);
    return { uid: it.metadata.uid, replicas: kind.scale.replicas(it) };
  }
}
