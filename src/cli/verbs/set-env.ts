import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { lines, onOff, text } from '../grammar/flags.ts';
import type { AnyObject } from '../resources/index.ts';
import { envNameFault } from './create-sources.ts';
import { halves } from './pairs.ts';
import { matchesName, podSpecOf } from './pod-template.ts';
import { select } from './selection.ts';
import { changeSpecs, checkSetFlags, inContainers, type SetContext, setFlags } from './set-containers.ts';
import { type VerbContext, verb } from './verb.ts';

const flags = {
  ...setFlags,
  env: lines('A variable: key=value', { short: 'e' }),
  containers: text('Names of containers, with stars (default *)', { short: 'c' }),
  from: text('A configmap/name or secret/name whose keys become variables'),
  prefix: text('To be put before the names that come from there'),
  keys: lines('Only these keys'),
  list: onOff('Show the variables'),
  resolve: onOff('Not supported', { hidden: true }),
  overwrite: onOff('Variables that are there may be changed (default true)'),
} as const;
type Context = VerbContext<typeof flags>;

export const setEnv = verb({
  name: 'env',
  summary: 'Set environment variables of containers',
  usage: 'RESOURCE/NAME KEY_1=VAL_1 … KEY_N=VAL_N KEY-',
  completes: 'resources',
  flags,
  async run(context) {
    const { flags: given } = context;
    checkSetFlags(context as unknown as SetContext);
    const { rest, words } = splitWords(context.args);
    if (rest.length === 0 && !given.filename && !given.kustomize)
      throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (given.list && given.output) throw new CommandError('--list and --output may not be specified together');
    if (given.resolve) throw new CommandError('--resolve is not supported');
    if (given.keys && !given.from) throw new CommandError('when specifying --keys, a configmap or secret must be provided with --from');
    const { set, remove } = await changesOf(context, [...(given.env ?? []), ...words]);
    const chosen = await select({ ...context, args: rest }, given);
    if (given.list) {
      for (const it of chosen.found) listEnv(context, it.object as AnyObject, it.name);
      throwAll(chosen.faults);
      return 0;
    }
    const pattern = given.containers ?? '*';
    const told = { did: 'env updated', doing: 'failed to patch env update to pod template:' };
    return changeSpecs(context as unknown as SetContext, chosen, told, (spec, it) => {
      const names = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name);
      if (!names.some((name) => matchesName(pattern, name)))
        context.io.tell(`Warning: ${it.resource.kind}/${it.name} does not have any containers matching ${JSON.stringify(pattern)}`);
      return inContainers(spec, (container) => {
        if (!matchesName(pattern, container.name)) return undefined;
        if (given.overwrite === false) refuseOverwrites(`${it.resource.plural}/${it.name}`, container.env ?? [], set);
        const gone = remove.filter((name) => container.env?.some((it) => it.name === name));
        // A variable that got its value from elsewhere must lose that source.
        const env = [
          ...set.map((it) => ('value' in it ? { ...it, valueFrom: null } : { ...it, value: null })),
          ...gone.map((name) => ({ name, $patch: 'delete' })),
        ];
        // What is new comes last.
        const kept = (container.env ?? []).filter((it) => !gone.includes(it.name));
        const order = [...new Set([...kept, ...set].map((it) => it.name))].map((name) => ({ name }));
        return env.length === 0 ? undefined : { env, '$setElementOrder/env': order };
      });
    });
  },
});

/** Objects first, then `KEY=value`, `KEY-` or `-`. */
function splitWords(args: readonly string[]): { rest: string[]; words: string[] } {
  const isVariable = (word: string): boolean => word.indexOf('=') > 0 || word.endsWith('-');
  const at = args.findIndex(isVariable);
  if (at < 0) return { rest: [...args], words: [] };
  const words = args.slice(at);
  if (!words.every(isVariable)) throw new CommandError(`all resources must be specified before environment changes: ${args.join(' ')}`);
  return { rest: args.slice(0, at), words };
}

async function changesOf(context: Context, words: readonly string[]): Promise<{ set: core.EnvVar[]; remove: string[] }> {
  const { flags: given } = context;
  const set: core.EnvVar[] = [];
  for (const word of words) {
    if (word === '-') set.push(...(await typedVariables(context)));
    else if (word.includes('=')) {
      const [name, value] = halves(word);
      const fault = envNameFault(name);
      if (fault) throw new CommandError(`${JSON.stringify(name)} is not a valid key name: ${fault}`);
      set.push({ name, value });
    } else if (!word.endsWith('-')) throw new CommandError(`unknown environment variable: ${word}`);
  }
  const remove = words.filter((it) => it.endsWith('-') && it !== '-' && !it.includes('=')).map((it) => it.slice(0, -1));
  if (remove.some((name) => set.some((it) => it.name === name)))
    throw new CommandError('can not both modify and remove the same environment variable in the same command');
  if (given.from !== undefined) set.push(...(await variablesOf(context, given.from, given.keys)));
  return { set: set.map((it) => ({ ...it, name: `${given.prefix ?? ''}${it.name}` })), remove };
}

/** Lines of `KEY=value` on standard input; what follows a # is a remark. */
async function typedVariables({ io }: Context): Promise<core.EnvVar[]> {
  const bytes: Buffer[] = [];
  for await (const it of io.input()) bytes.push(Buffer.from(it as Buffer));
  const found = Buffer.concat(bytes)
    .toString('utf8')
    .split('\n')
    .map((line) => (line.split('#')[0] as string).replace(/\r$/, ''))
    .filter((line) => line.includes('='));
  return found.map((line) => {
    const [name, value] = halves(line);
    return { name, value };
  });
}

async function variablesOf(context: Context, from: string, keys: readonly string[] | undefined): Promise<core.EnvVar[]> {
  const { found, faults } = await select({ ...context, args: [from] }, {});
  throwAll(faults);
  return found.flatMap(({ object, resource, name: source }) => {
    if (resource.plural !== 'secrets' && resource.plural !== 'configmaps')
      throw new CommandError('unsupported resource specified in --from');
    return Object.keys((object?.data ?? {}) as object)
      .sort()
      .filter((key) => !keys || keys.includes(key))
      .map((key) => {
        const name = key.replace(/[^a-zA-Z0-9_]/g, '_').toUpperCase();
        if (name !== key) context.io.tell(`Warning: key ${key} transferred to ${name}`);
        const ref = { key, name: source };
        return { name, valueFrom: resource.plural === 'secrets' ? { secretKeyRef: ref } : { configMapKeyRef: ref } };
      });
  });
}

function refuseOverwrites(object: string, existing: readonly core.EnvVar[], set: readonly core.EnvVar[]): void {
  for (const { name, value = '' } of set) {
    const current = existing.find((it) => it.name === name);
    if (current && (current.value ?? '') !== value)
      throw new CommandError(`${object} '${name}' already has a value (${current.value ?? ''}), and --overwrite is false`);
  }
}

function listEnv({ flags: given, io }: Context, object: AnyObject, name: string): void {
  const { spec } = podSpecOf(object);
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    if (!matchesName(given.containers ?? '*', container.name)) continue;
    io.print(`# ${object.kind} ${name}, container ${container.name}`);
    for (const each of container.env ?? []) io.print(envLine(each));
  }
}

function envLine({ name, value, valueFrom }: core.EnvVar): string {
  if (!valueFrom) return `${name}=${value ?? ''}`;
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (secretKeyRef) return `# ${name} from secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (configMapKeyRef) return `# ${name} from configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  if (fieldRef) return `# ${name} from field path ${fieldRef.fieldPath}`;
  const container = resourceFieldRef?.containerName ? `${resourceFieldRef.containerName}/` : '';
  return `# ${name} from resource field ${container}${resourceFieldRef?.resource ?? ''}`;
}
