import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { getObject, pathOf, type Target } from '../resources/index.ts';
import type { Session } from './session.ts';

const hasBegun = (pod: core.Pod): boolean => ['Running', 'Succeeded', 'Failed'].includes(pod.status?.phase ?? '');

/** Resolves when the pod runs or has run. Fails when that takes longer than `milliseconds`. */
export async function waitUntilRunning(session: Session, target: Target, milliseconds: number): Promise<core.Pod> {
  const ended = AbortSignal.timeout(milliseconds);
  for (;;) {
    const pod = (await getObject(session.requests, target)) as unknown as core.Pod;
    if (hasBegun(pod)) return pod;
    if (ended.aborted) throw new CommandError('timed out waiting for the condition');
    const query = { watch: true, fieldSelector: `metadata.name=${target.name}`, resourceVersion: pod.metadata.resourceVersion };
    for await (const { type, object } of session.requests.watch<core.Pod>({
      path: pathOf(target.resource, target.namespace),
      query,
      signal: ended,
    })) {
      if (type === 'DELETED') throw new CommandError(`pod ${target.name} was deleted`);
      if (type !== 'BOOKMARK' && hasBegun(object)) return object;
    }
  }
}
