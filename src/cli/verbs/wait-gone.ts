import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { type AnyObject, getObject, pathOf, type Target } from '../resources/index.ts';
import type { Session } from './session.ts';

const aWeek = 7 * 24 * 3_600_000;

/** Waits until each object is gone, or another of its name stands in its place. Fails when that takes longer than `timeout`. */
export async function waitUntilGone(
  session: Session,
  targets: ReadonlyArray<Target & { uid: string }>,
  timeout: number | undefined,
): Promise<void> {
  const ended = AbortSignal.timeout(Math.min(timeout ? timeout : aWeek, 0x7fffffff));
  for (const it of targets) await untilGone(session, it, ended);
}

export async function untilGone(session: Session, target: Target & { uid: string }, ended: AbortSignal): Promise<void> {
  for (;;) {
    let now: AnyObject;
    try {
      now = await getObject(session.requests, target);
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      throw error;
    }
    if (target.uid && now.metadata.uid !== target.uid) return;
    if (ended.aborted) throw new CommandError(`timed out waiting for the condition on ${target.resource.plural}/${target.name}`);
    const watching = {
      path: pathOf(target.resource, target.namespace),
      query: { watch: true, fieldSelector: `metadata.name=${target.name}`, resourceVersion: now.metadata.resourceVersion },
      signal: ended,
    };
    try {
      for await (const { type } of session.requests.watch<AnyObject>(watching)) if (type === 'DELETED') return;
    } catch (error) {
      // A watch that broke is begun again; what has become of the object is seen above.
      if (!ended.aborted && !isReason(error, 'Expired', 'Gone')) throw error;
    }
  }
}
