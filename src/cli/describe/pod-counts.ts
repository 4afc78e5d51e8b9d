import type { core } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';

/** `2 Running / 0 Waiting / …` of the pods that an object controls. */
export async function podCounts({ metadata }: AnyObject, labelSelector: string, lookup: Lookup): Promise<string> {
  const pods = (await lookup.all('pods', metadata.namespace, { labelSelector })) as unknown as core.Pod[];
  const owned = pods.filter((it) => it.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === metadata.uid));
  const count = (phase: string): number => owned.filter((it) => it.status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}
