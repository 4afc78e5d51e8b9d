import { CommandError } from '../command.ts';
import { eachAttempted } from '../faults.ts';
import { getObject, meantBy } from '../resources/index.ts';
import { type Facts, gatherFacts, tellWhy } from '../why/index.ts';
import { verb } from './verb.ts';

const usage = '(TYPE NAME | TYPE/NAME) [flags]';

/** Answers a question, so it ends as such commands do (`diff`, `auth can-i`): 0 is "nothing is wrong", 1 everything else. */
export const why = verb({
  name: 'why',
  summary: 'Say why an object is as it is: the cause first, then how it came about, and what to try',
  usage,
  completes: 'resources',
  flags: {},
  async run(context) {
    const session = context.session();
    const served = await session.served();
    const meant = meantBy(context.args, served);
    if (meant.by !== 'name')
      throw new CommandError(`expected 'why ${usage}'.\nName one object or several\nSee 'peapod why -h' for help and examples`);
    let isWell = true;
    const known = new Map<string, Facts>();
    let isFirst = true;
    await eachAttempted(meant.targets, async ({ resource, name }) => {
      const target = session.target(resource, name);
      const object = await getObject(session.requests, target);
      const place = target.namespace ?? '';
      const facts = known.get(place) ?? (await gatherFacts(session.requests, served, target.namespace, context.io.clock.now()));
      known.set(place, facts);
      if (!isFirst) context.io.print('');
      isFirst = false;
      // The same object as in the lists, where it is in one.
      const listed = Object.values(facts)
        .flatMap((it) => (Array.isArray(it) ? (it as (typeof object)[]) : []))
        .find((it) => it.metadata.uid === object.metadata.uid);
      const { state } = await tellWhy(session.requests, facts, listed ?? object, context.io);
      isWell &&= state.is !== 'wrong';
    });
    return isWell ? 0 : 1;
  },
});
