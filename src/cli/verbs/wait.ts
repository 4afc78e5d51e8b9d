import { isReason } from '../../meta/status-error.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { duration, lines, onOff } from '../grammar/flags.ts';
import { findAll, relaxedPath, shown, type Template } from '../printers/index.ts';
import { type AnyObject, getObject, objectName, pathOf } from '../resources/index.ts';
import { everywhereFlag, fileFlags, outputFlags, selectorFlags } from './flag-sets.ts';
import { nothingNamed, type Selected, selectNames } from './selection.ts';
import type { Session } from './session.ts';
import { verb } from './verb.ts';
import { namesFiles } from '../resources/read-files.ts';
import { untilGone } from './wait-gone.ts';

type Until =
  | { is: 'gone' }
  | { is: 'there' }
  | { is: 'condition'; type: string; status: string }
  | { is: 'path'; template: Template; text: string; value: string | undefined };

export const wait = verb({
  name: 'wait',
  summary: 'Wait until objects have a condition, a value, or are gone',
  usage:
    "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  completes: 'resources',
  flags: {
    ...fileFlags,
    ...selectorFlags,
    ...everywhereFlag,
    ...outputFlags,
    all: onOff('All objects of the named kinds in the namespace'),
    for: lines('create, delete, condition=NAME[=VALUE] or jsonpath=PATH[=VALUE]'),
    timeout: duration('How long to wait (default 30s); 0 looks once, negative is a week'),
    local: onOff('Taken and ignored', { hidden: true }),
  },
  async run(context) {
    const { flags: given, io } = context;
    const untils = (given.for ?? ['']).map(untilOf);
    const session = context.session();
    if (context.args.length === 0 && !namesFiles(given)) throw new CommandError(nothingNamed);
    const limit = given.timeout ?? 30_000;
    const ended = AbortSignal.timeout(Math.min(limit < 0 ? 7 * 24 * 3_600_000 : limit, 0x7fffffff));
    const selected = await selectNames(context, given);
    if (selected.length === 0) {
      if (untils.every((it) => it.is === 'gone')) return 0;
      throw new CommandError('no matching resources found');
    }
    const faults: unknown[] = [];
    for (const it of selected) {
      try {
        for (const until of untils) await untilMet(session, it, until, ended);
        if (untils[0]?.is === 'gone') {
          if (it.object) io.print(`${objectName(it.resource, it.name)} condition met`);
        } else io.print(`${objectName(it.resource, it.name)} condition met`);
      } catch (error) {
        if (untils[0]?.is === 'gone' && isReason(error, 'NotFound')) continue;
        faults.push(error);
      }
    }
    throwAll(faults);
    return 0;
  },
});

function untilOf(given: string): Until {
  const word = given.toLowerCase();
  if (word === 'delete') return { is: 'gone' };
  if (word === 'create') return { is: 'there' };
  if (given.startsWith('condition=')) {
    const [type = '', status = 'true'] = given.slice('condition='.length).split('=');
    return { is: 'condition', type, status };
  }
  if (given.startsWith('jsonpath=')) {
    const text = given.slice('jsonpath='.length).replace(/^'|'$/g, '');
    const found = /^(\{.*\}|[^=]*)(?:=(.*))?$/s.exec(text);
    const [path = '', value] = [found?.[1], found?.[2]];
    if (path === '') throw new CommandError('jsonpath expression cannot be empty');
    if (value === '')
      throw new CommandError("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3");
    return { is: 'path', template: relaxedPath(path), text: path, value: value?.replace(/^["'](.*)["']$/, '$1') };
  }
  throw new CommandError(`unrecognized condition: ${JSON.stringify(given)}`);
}

async function untilMet(session: Session, it: Selected, until: Until, ended: AbortSignal): Promise<void> {
  if (until.is === 'gone') {
    const now = it.object ?? (await getObject(session.requests, it));
    await untilGone(session, { ...it, uid: now.metadata.uid }, ended);
    return;
  }
  for (;;) {
    const now = await getObject(session.requests, it).catch((error: unknown) => {
      if (until.is === 'there' && isReason(error, 'NotFound')) return undefined;
      throw error;
    });
    if (now && isMet(now, until)) return;
    if (ended.aborted)
      throw new CommandError(`timed out waiting for the condition${until.is === 'there' ? '' : ` on ${it.resource.plural}/${it.name}`}`);
    const query = { watch: true, fieldSelector: `metadata.name=${it.name}`, resourceVersion: now?.metadata.resourceVersion };
    for await (const { type, object } of session.requests.watch<AnyObject>({
      path: pathOf(it.resource, it.namespace),
      query,
      signal: ended,
    })) {
      if (type === 'DELETED') break;
      if (type !== 'BOOKMARK' && isMet(object, until)) return;
    }
  }
}

type WithConditions = { conditions?: Array<{ type: string; status: string; observedGeneration?: number }>; observedGeneration?: number };

function isMet(object: AnyObject, until: Exclude<Until, { is: 'gone' }>): boolean {
  if (until.is === 'there') return true;
  if (until.is === 'path') {
    const found = findAll(until.template, object);
    if (found.length === 0) return false;
    if (until.value === undefined) return true;
    if (found.length > 1) throw new CommandError('given jsonpath expression matches more than one value');
    if (typeof found[0] === 'object' && found[0] !== null)
      throw new CommandError('jsonpath leads to a nested object or list, which cannot be compared');
    return shown(found[0]) === until.value;
  }
  const status = (object.status ?? {}) as WithConditions;
  const condition = status.conditions?.find((it) => it.type.toLowerCase() === until.type.toLowerCase());
  if (!condition) return false;
  const seen = condition.observedGeneration ?? status.observedGeneration;
  if (seen !== undefined && seen < (object.metadata.generation ?? 0)) return false;
  return condition.status.toLowerCase() === until.status.toLowerCase();
}
