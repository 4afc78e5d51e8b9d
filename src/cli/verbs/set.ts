import type { core } from '../../kinds/index.ts';
import { CommandError } from '../command.ts';
import { throwAll } from '../faults.ts';
import { lines, onOff, text } from '../grammar/flags.ts';
import { outputOf } from '../printers/index.ts';
import { type AnyObject, objectName, patchObject } from '../resources/index.ts';
import { outputFor, tellChanged } from './changed.ts';
import { dryRunOf } from './dry-run.ts';
import { dryRunFlag, fileFlags, managerFlag, outputFlags, selectorFlags } from './flag-sets.ts';
import { matchesName, podSpecOf } from './pod-template.ts';
import { type Selected, select } from './selection.ts';
import { type VerbContext, verb } from './verb.ts';

const flags = {
  ...fileFlags,
  ...outputFlags,
  ...dryRunFlag,
  ...managerFlag,
  selector: selectorFlags.selector,
  all: onOff('All objects of the named kinds in the namespace'),
  local: onOff('Not supported', { hidden: true }),
  record: onOff('Taken and ignored', { hidden: true }),
} as const;
type Context = VerbContext<typeof flags>;
type Container = core.Container;
/** What becomes of a container: the fields to be merged into it, or undefined when nothing changes. */
type Change = (container: Container, place: 'containers' | 'initContainers') => object | undefined;

/** Applies a change to the containers of every object that is meant, by a strategic patch. */
async function changeContainers(
  context: Context,
  words: { rest: readonly string[]; did: string; manager: string },
  changeOf: (it: Selected) => Change,
): Promise<number> {
  const { flags: given, io } = context;
  const dryRun = dryRunOf(given.dryRun);
  const output = outputFor(outputOf(given.output, { withTables: false }));
  const { found, faults } = await select({ ...context, args: words.rest }, given);
  for (const it of found) {
    try {
      const { spec, patch } = podSpecOf(it.object as AnyObject);
      const change = changeOf(it);
      const changed: Record<string, object[]> = {};
      for (const place of ['initContainers', 'containers'] as const) {
        const some = (spec[place] ?? []).flatMap((container) => {
          const fields = change(container, place);
          return fields ? [{ name: container.name, ...fields }] : [];
        });
        if (some.length > 0) changed[place] = some;
      }
      if (Object.keys(changed).length === 0) continue;
      const body = patch(changed);
      const writing = { dryRun: dryRun !== 'none', fieldManager: given.fieldManager ?? words.manager };
      const after = await patchObject(context.session().requests, it, 'strategic', body, writing);
      const isSame = after.metadata.resourceVersion === it.object?.metadata.resourceVersion && dryRun === 'none';
      if (!isSame || output) tellChanged(io, it.resource, after, words.did, { output, dryRun, showManagedFields: given.showManagedFields });
    } catch (error) {
      faults.push(error);
    }
  }
  throwAll(faults);
  return 0;
}

/** Splits `TYPE NAME… a=b c=d`. */
function splitPairs(args: readonly string[], isPair: (word: string) => boolean): { rest: string[]; pairs: string[] } {
  const at = args.findIndex(isPair);
  return at < 0 ? { rest: [...args], pairs: [] } : { rest: args.slice(0, at), pairs: args.slice(at) };
}

const setImage = verb({
  name: 'image',
  summary: 'Set the images of containers',
  usage: '(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 … CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  completes: 'resources',
  flags,
  async run(context) {
    const { rest, pairs } = splitPairs(context.args, (it) => it.includes('='));
    if (rest.length === 0 && !context.flags.filename && !context.flags.kustomize)
      throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    if (pairs.length === 0) throw new CommandError('at least one image update is required');
    const images = pairs.map((it) => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)] as const);
    return changeContainers(context, { rest, did: 'image updated', manager: 'kubectl-set' }, (it) => {
      const { spec } = podSpecOf(it.object as AnyObject);
      const names = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name);
      const unknown = images.filter(([name]) => name !== '*' && !names.includes(name));
      if (unknown.length > 0) throw new CommandError(`unable to find container named ${JSON.stringify(unknown[0]?.[0])}`);
      return ({ name, image }) => {
        const wanted = images.findLast(([pattern]) => pattern === '*' || pattern === name)?.[1];
        return wanted === undefined || wanted === image ? undefined : { image: wanted };
      };
    });
  },
});

const setEnv = verb({
  name: 'env',
  summary: 'Set environment variables of containers',
  usage: 'RESOURCE/NAME KEY_1=VAL_1 … KEY_N=VAL_N KEY-',
  completes: 'resources',
  flags: {
    ...flags,
    env: lines('A variable: key=value', { short: 'e' }),
    containers: text('Names of containers, with stars (default *)', { short: 'c' }),
    from: text('A configmap/name or secret/name whose keys become variables'),
    prefix: text('To be put before the names that come from there'),
    keys: lines('Only these keys'),
    list: onOff('Show the variables'),
    resolve: onOff('Not supported', { hidden: true }),
    overwrite: onOff('Variables that are there may be changed (default true)'),
  },
  async run(context) {
    const { flags: given } = context;
    const { rest, pairs } = splitPairs(context.args, (it) => it.includes('=') || (it.endsWith('-') && !it.includes('/')));
    if (rest.length === 0 && !given.filename && !given.kustomize)
      throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    const all = [...(given.env ?? []), ...pairs];
    if (given.list) return listEnv(context, rest);
    const from = given.from === undefined ? [] : await variablesOf({ ...context, flags: {} }, given.from, given.prefix ?? '', given.keys);
    const set = [
      ...all.filter((it) => it.includes('=')).map((it) => ({ name: it.slice(0, it.indexOf('=')), value: it.slice(it.indexOf('=') + 1) })),
      ...from,
    ];
    const remove = all.filter((it) => !it.includes('=')).map((it) => it.slice(0, -1));
    return changeContainers(context, { rest, did: 'env updated', manager: 'kubectl-set' }, () => (container, place) => {
      if (place !== 'containers' || !matchesName(given.containers ?? '*', container.name)) return undefined;
      const clash = given.overwrite === false && set.find(({ name }) => container.env?.some((it) => it.name === name));
      if (clash) throw new CommandError(`'${clash.name}' already has a value, and --overwrite is false`);
      const gone = remove.filter((name) => container.env?.some((it) => it.name === name));
      // A variable that got its value from elsewhere must lose that source.
      const env = [
        ...set.map((it) => ('value' in it ? { ...it, valueFrom: null } : { ...it, value: null })),
        ...gone.map((name) => ({ name, $patch: 'delete' })),
      ];
      return env.length === 0 ? undefined : { env };
    });
  },
});

async function listEnv(
  context: VerbContext<typeof flags & { containers: { type: 'text'; summary: string } }>,
  rest: readonly string[],
): Promise<number> {
  const { flags: given, io } = context;
  const { found, faults } = await select({ ...context, args: rest }, given);
  for (const it of found) {
    const { spec } = podSpecOf(it.object as AnyObject);
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])].filter(({ name }) =>
      matchesName(given.containers ?? '*', name),
    )) {
      io.print(`# ${it.resource.kind} ${it.name}, container ${container.name}`);
      for (const each of container.env ?? []) io.print(envLine(each));
    }
  }
  throwAll(faults);
  return 0;
}

function envLine({ name, value, valueFrom }: core.EnvVar): string {
  if (!valueFrom) return `${name}=${value ?? ''}`;
  const { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (secretKeyRef) return `# ${name} from secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (configMapKeyRef) return `# ${name} from configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  if (fieldRef) return `# ${name} from field path ${fieldRef.fieldPath}`;
  return `# ${name} from resource field ${resourceFieldRef?.resource ?? ''}`;
}

async function variablesOf(context: Context, from: string, prefix: string, keys: readonly string[] | undefined): Promise<core.EnvVar[]> {
  const { found, faults } = await select({ ...context, args: [from] }, {});
  throwAll(faults);
  return found.flatMap(({ object, resource, name: source }) =>
    Object.keys((object?.data ?? {}) as object)
      .sort()
      .filter((key) => !keys || keys.includes(key))
      .map((key) => {
        const name = prefix + key.toUpperCase().replace(/[-.]/g, '_');
        const ref = { key, name: source };
        if (resource.plural === 'secrets') return { name, valueFrom: { secretKeyRef: ref } };
        if (resource.plural === 'configmaps') return { name, valueFrom: { configMapKeyRef: ref } };
        throw new CommandError(`unsupported resource specified in --from`);
      }),
  );
}

const setResources = verb({
  name: 'resources',
  summary: 'Set requests and limits of containers',
  usage: '(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS])',
  completes: 'resources',
  flags: {
    ...flags,
    limits: text('cpu=100m,memory=256Mi'),
    requests: text('cpu=100m,memory=256Mi'),
    containers: text('Names of containers, with stars (default *)', { short: 'c' }),
  },
  async run(context) {
    const { flags: given } = context;
    if (!given.limits && !given.requests)
      throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    const parts = {
      ...(given.limits && { limits: amountsOf(given.limits) }),
      ...(given.requests && { requests: amountsOf(given.requests) }),
    };
    return changeContainers(
      context,
      { rest: context.args, did: 'resource requirements updated', manager: 'kubectl-set' },
      () =>
        ({ name }, place) =>
          place === 'containers' && matchesName(given.containers ?? '*', name) ? { resources: parts } : undefined,
    );
  },
});

function amountsOf(given: string): Record<string, string> {
  return Object.fromEntries(
    given.split(',').map((it) => {
      const [name = '', amount] = it.split('=');
      if (amount === undefined) throw new CommandError(`invalid argument syntax ${it}, expected <resource>=<value>`);
      return [name, amount];
    }),
  );
}

const setServiceAccount = verb({
  name: 'serviceaccount',
  aliases: ['sa'],
  summary: 'Set the service account of a pod template',
  usage: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  completes: 'resources',
  flags,
  async run(context) {
    const { args, flags: given, io } = context;
    const account = args.at(-1);
    if (account === undefined) throw new CommandError('serviceaccount is required');
    const dryRun = dryRunOf(given.dryRun);
    const { found, faults } = await select({ ...context, args: args.slice(0, -1) }, given);
    for (const it of found) {
      const { patch } = podSpecOf(it.object as AnyObject);
      await patchObject(context.session().requests, it, 'strategic', patch({ serviceAccountName: account }), { dryRun: dryRun !== 'none' });
      io.print(`${objectName(it.resource, it.name)} serviceaccount updated`);
    }
    throwAll(faults);
    return 0;
  },
});

export const set = verb({
  name: 'set',
  summary: 'Set features of objects: image, env, resources',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [setEnv, setImage, setResources, setServiceAccount],
});
