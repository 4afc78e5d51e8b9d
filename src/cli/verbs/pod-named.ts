import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { getObject, meantBy, resourceNamed } from '../resources/index.ts';
import { podsOf } from './pods-of.ts';
import type { Session } from './session.ts';

/** The pod of that name, or one behind `TYPE/NAME`. */
export async function podNamed(session: Session, word: string, doing = 'attach to'): Promise<core.Pod> {
  const served = await session.served();
  const pods = resourceNamed(served, 'pods');
  const meant = word.includes('/') ? meantBy([word], served) : undefined;
  const target = meant?.by === 'name' ? meant.targets[0] : undefined;
  const object = await getObject(session.requests, session.target(target?.resource ?? pods, target?.name ?? word));
  if (!target || target.resource.plural === 'pods') return object as unknown as core.Pod;
  const [first] = await podsOf(session, object, target.resource, doing);
  if (!first) throw new CommandError(`no pods found for ${word}`);
  return first;
}
