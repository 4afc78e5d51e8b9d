import { CommandError } from '../command.ts';
import { inCategory, type Resource, resourceNamed, type Served } from './discovery.ts';

/** What arguments name: objects by name, or all of some kinds. */
export type Meant =
  | { by: 'name'; targets: ReadonlyArray<{ resource: Resource; name: string }> }
  | { by: 'type'; resources: readonly Resource[] }
  | { by: 'nothing' };

const mixed =
  "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'peapod get resource/<resource_name>' instead of 'peapod get resource resource/<resource_name>'";

/** Reads `TYPE`, `TYPE,TYPE`, `TYPE NAME…` and `TYPE/NAME…` (cli-runtime's resource builder). Fails with a CommandError. */
export function meantBy(args: readonly string[], served: Served): Meant {
  if (args.length === 0) return { by: 'nothing' };
  const slashed = args.filter((it) => it.includes('/'));
  if (slashed.length > 0) {
    if (slashed.length !== args.length) throw new CommandError(mixed);
    return { by: 'name', targets: args.flatMap((it) => pair(it, served)) };
  }
  const [types = '', ...names] = args;
  const resources = typesIn(types, served);
  if (names.length === 0) return { by: 'type', resources };
  const wanted = names.flatMap((it) => it.split(',')).filter((it) => it !== '');
  return { by: 'name', targets: resources.flatMap((resource) => wanted.map((name) => ({ resource, name }))) };
}

function pair(word: string, served: Served): Array<{ resource: Resource; name: string }> {
  const parts = word.split('/');
  if (parts.length !== 2) throw new CommandError(`arguments in resource/name form may not have more than one slash`);
  const [type = '', name = ''] = parts;
  if (type === '' || name === '') throw new CommandError(`arguments in resource/name form must have a single resource and name`);
  const resources = typesIn(type, served);
  if (resources.length !== 1) throw new CommandError('arguments in resource/name form must have a single resource and name');
  return [{ resource: resources[0] as Resource, name }];
}

function typesIn(word: string, served: Served): Resource[] {
  const found: Resource[] = [];
  for (const it of word.split(',').filter((each) => each !== ''))
    for (const resource of ofWord(it, served)) if (!found.includes(resource)) found.push(resource);
  return found;
}

const ofWord = (word: string, served: Served): Resource[] => {
  const all = inCategory(served, word);
  return all.length > 0 ? all : [resourceNamed(served, word)];
};
