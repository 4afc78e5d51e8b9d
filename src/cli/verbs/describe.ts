import type { core } from '../../kinds/index.ts';
import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { describerOf, type Lookup } from '../describe/index.ts';
import { throwAll } from '../faults.ts';
import { number, onOff } from '../grammar/flags.ts';
import { type AnyObject, findResource, getObject, listObjects, meantBy } from '../resources/index.ts';
import { namesFiles } from '../resources/read-files.ts';
import { everywhereFlag, fileFlags, selectorFlags } from './flag-sets.ts';
import { list, type Selected, selectLists, selectNames } from './selection.ts';
import type { Session } from './session.ts';
import { type VerbContext, verb } from './verb.ts';

const flags = {
  ...fileFlags,
  ...everywhereFlag,
  selector: selectorFlags.selector,
  showEvents: onOff('Show the events about the object (default true)'),
  chunkSize: number('Objects per request; 0 is all at once'),
} as const;

export const describe = verb({
  name: 'describe',
  summary: 'Show one or many objects in detail, with what happened to them',
  usage: '(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)',
  completes: 'resources',
  flags,
  async run(context) {
    const { flags: given, io } = context;
    if (context.args.length === 0 && !namesFiles(given))
      throw new CommandError(
        'You must specify the type of resource to describe. Use "peapod api-resources" for a complete list of supported resources.',
      );
    const faults: unknown[] = [];
    const selected = await chosen(context, faults);
    const lookup = lookupOf(context.session(), io.clock.now(), given.showEvents !== false);
    let isFirst = true;
    for (const it of selected) {
      try {
        const object = it.object ?? (await getObject(context.session().requests, it));
        const text = await describerOf(it.resource)(object, lookup, it.resource);
        io.write(
          `${isFirst || it.isNear ? '' : '\n\n'}${given.showEvents === false ? text.replace(/^Events:\s+<none>\n/m, '') : text}${it.isNear ? '\n' : ''}`,
        );
        isFirst = false;
      } catch (error) {
        faults.push(error);
      }
    }
    if (selected.length === 0 && faults.length === 0)
      io.tell(given.allNamespaces ? 'No resources found' : `No resources found in ${context.session().namespace} namespace.`);
    throwAll(faults);
    return 0;
  },
});

/** `isNear` when it only begins with the name that was given. */
type Chosen = Selected & { isNear?: boolean };

async function chosen(context: VerbContext<typeof flags>, faults: unknown[]): Promise<Chosen[]> {
  const { flags: given } = context;
  if (namesFiles(given)) return selectNames(context, given);
  const session = context.session();
  const meant = meantBy(context.args, await session.served());
  if (meant.by === 'nothing') return [];
  if (meant.by === 'type') return selectLists(session, meant, given);
  const found: Chosen[] = [];
  for (const { resource, name } of meant.targets) {
    const target = session.target(resource, name);
    try {
      found.push({ ...target, object: await getObject(session.requests, target) });
    } catch (error) {
      // A name that is none may begin one.
      const near = isReason(error, 'NotFound')
        ? (await list(session, resource, given.allNamespaces === true, {})).filter((it) => it.metadata.name.startsWith(name))
        : [];
      if (near.length === 0) faults.push(error);
      for (const object of near)
        found.push({ resource, namespace: object.metadata.namespace, name: object.metadata.name, object, isNear: true });
    }
  }
  return found;
}

function lookupOf(session: Session, now: number, withEvents: boolean): Lookup {
  const all: Lookup['all'] = async (plural, namespace, query = {}) => {
    const resource = findResource(await session.served(), plural);
    return resource ? (await listObjects(session.requests, resource, namespace, query)).items : [];
  };
  return {
    now,
    all,
    async one(plural, namespace, name) {
      const resource = findResource(await session.served(), plural);
      if (!resource) return undefined;
      try {
        return await getObject(session.requests, { resource, namespace, name });
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    async events({ metadata, kind }: AnyObject) {
      if (!withEvents) return [];
      const about = { name: metadata.name, namespace: metadata.namespace, kind, uid: metadata.uid };
      const fieldSelector = Object.entries(about)
        .filter(([, value]) => value)
        .map(([key, value]) => `involvedObject.${key}=${value}`)
        .join(',');
      return (await all('events', metadata.namespace, { fieldSelector })) as unknown as core.Event[];
    },
  };
}
