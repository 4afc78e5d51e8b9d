import type { Milliseconds } from '../../lib/clock.ts';
import { CommandError } from '../command.ts';
import { goDuration } from '../grammar/duration.ts';
import type { Io } from '../io.ts';
import type { AnyObject } from '../resources/index.ts';
import { watchUntilSettled } from '../tree/index.ts';
import { tellWhy, titleOf, withRivals } from '../why/index.ts';

import type { Session } from './session.ts';

/** Kinds that take time to become what they should be; the others are so when they are stored. */
const coming = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Pod', 'PersistentVolumeClaim', 'Service'];

/** What shells say of a program that Ctrl-C has ended. */
const interruptedCode = 130;

/** `apply --watch`: shows how the objects come up. Resolves with the exit code; says why, when they do not. */
export async function watchApplied(session: Session, applied: readonly AnyObject[], io: Io, limit: Milliseconds): Promise<number> {
  const { requests } = session;
  const objects = applied.filter(({ kind }) => coming.includes(kind));
  if (objects.length === 0) return 0;
  const began = io.clock.now();
  const outcome = await watchUntilSettled(requests, objects, io, limit);
  if (outcome.is === 'settled') {
    io.print(`all is settled after ${goDuration(io.clock.now() - began)}`);
    return 0;
  }
  if (outcome.is === 'interrupted') return interruptedCode;
  io.print('');
  const facts = await withRivals(requests, await session.served(), outcome.facts);
  await tellWhy(requests, facts, outcome.subject, io);
  const title = titleOf(outcome.subject);
  throw new CommandError(
    outcome.is === 'late' ? `${title} is not settled after ${goDuration(limit)}` : `${title} will not settle by itself`,
  );
}
