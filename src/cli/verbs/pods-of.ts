import type { core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { LabelSelector } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import { type AnyObject, listObjects, type Resource, resourceNamed } from '../resources/index.ts';
import { goTypeOf } from './pod-template.ts';
import type { Session } from './session.ts';

/** The selector of an object's pods, as text. Fails for kinds that have no pods, with what was wanted of them. */
export function podSelectorOf(object: AnyObject, resource: Resource, doing: string): string {
  const { selector } = (object.spec ?? {}) as { selector?: LabelSelector | Record<string, string> };
  if (resource.plural === 'services' || resource.plural === 'replicationcontrollers') {
    const entries = Object.entries((selector ?? {}) as Record<string, string>);
    if (entries.length === 0) throw new CommandError(`invalid service '${object.metadata.name}': Service is defined without a selector`);
    return entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  }
  if (!selector) throw new CommandError(`cannot ${doing} ${goTypeOf(object)}: selector for ${goTypeOf(object)} not implemented`);
  return selectorText(selector as LabelSelector);
}

/** The pods behind a Deployment, ReplicaSet, Service …, those most worth looking at first (client-go's ByLogging). */
export async function podsOf(session: Session, object: AnyObject, resource: Resource, doing: string): Promise<core.Pod[]> {
  const pod = resourceNamed(await session.served(), 'pods');
  const labelSelector = podSelectorOf(object, resource, doing);
  const { items } = await listObjects(session.requests, pod, object.metadata.namespace, { labelSelector });
  const pods = (items as unknown as core.Pod[]).sort(byActivity);
  if (pods.length === 0) throw new CommandError('timed out waiting for the condition');
  return pods;
}

const phases: Readonly<Record<string, number>> = { Running: 0, Unknown: 1, Pending: 2 };
const isReady = (pod: core.Pod): boolean => (pod.status?.conditions ?? []).some((it) => it.type === 'Ready' && it.status === 'True');

function byActivity(a: core.Pod, b: core.Pod): number {
  const scheduled = Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName));
  const phase = (phases[a.status?.phase ?? ''] ?? 3) - (phases[b.status?.phase ?? ''] ?? 3);
  const ready = Number(isReady(b)) - Number(isReady(a));
  return scheduled || phase || ready || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1);
}
