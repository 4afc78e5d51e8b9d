import { CommandError } from '../command.ts';
import { currentContext, type Fields, filesOf, type MergedConfig } from '../connection/contexts.ts';
import { onOff, text } from '../grammar/flags.ts';
import { changeKubeconfigFile, readKubeconfigFile } from '../kubeconfig/file.ts';
import { outputOf, renderLines, renderObject } from '../printers/index.ts';
import { outputFor } from './changed.ts';
import { setCluster, setCredentials } from './config-entries.ts';
import { entriesOf, exactly, fileWith, hasEntry, readMerged, writeConfig, writeEntry } from './config-file.ts';
import { configSet, configUnset } from './config-set.ts';
import { outputFlags } from './flag-sets.ts';
import { verb } from './verb.ts';

const secrets: Readonly<Record<string, string>> = {
  'certificate-authority-data': 'DATA+OMITTED',
  'client-certificate-data': 'DATA+OMITTED',
  'client-key-data': 'DATA+OMITTED',
  token: 'REDACTED',
  password: 'REDACTED',
};

/** Without what nobody should read over a shoulder. */
const redacted = (fields: Fields = {}): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, secrets[key] ?? value]));

const view = verb({
  name: 'view',
  summary: 'Show the kubeconfig, its files merged',
  usage: '[flags]',
  flags: {
    ...outputFlags,
    raw: onOff('With certificates and passwords'),
    minify: onOff('Only what the current context needs'),
    flatten: onOff('Taken; certificates in files stay there', { hidden: true }),
    merge: text('Taken and ignored', { bare: 'true', hidden: true }),
  },
  async run(context) {
    const { flags: given, io, args } = context;
    if (args.length > 0)
      throw new CommandError(`unexpected arguments: [${args.join(' ')}]\nSee 'peapod config view -h' for help and examples`);
    const config = readMerged(context);
    const name = currentContext(config, context.globals);
    const wanted = given.minify ? minified(config, name) : config;
    const show = given.raw ? (fields: Fields = {}) => fields : redacted;
    const shown = {
      ...wanted,
      clusters: wanted.clusters.map((it) => ({ ...it, cluster: show(it.cluster) })),
      users: wanted.users.map((it) => ({ ...it, user: show(it.user) })),
      'current-context': given.minify ? name : config['current-context'],
    };
    io.write(renderObject(outputFor(outputOf(given.output ?? 'yaml', { withTables: false })) ?? { as: 'yaml' }, shown));
    return 0;
  },
});

function minified(config: MergedConfig, name: string): MergedConfig {
  const contexts = config.contexts.filter((it) => it.name === name);
  if (contexts.length === 0)
    throw new CommandError(name === '' ? 'current-context must exist in order to minify' : `cannot locate context ${name}`);
  const { cluster, user } = contexts[0]?.context ?? {};
  return {
    ...config,
    contexts,
    clusters: config.clusters.filter((it) => it.name === cluster),
    users: config.users.filter((it) => it.name === user),
  };
}

const current = verb({
  name: 'current-context',
  summary: 'Show the context in use',
  usage: '',
  flags: {},
  async run(context) {
    const config = readMerged(context);
    const name = currentContext(config, { ...context.globals, context: undefined });
    if (name === '') throw new CommandError('current-context is not set');
    context.io.print(name);
    return 0;
  },
});

const getContexts = verb({
  name: 'get-contexts',
  summary: 'List the contexts',
  usage: '[NAME …]',
  completes: 'contexts',
  flags: { noHeaders: onOff('Leave out the headers'), output: text('name: names alone', { short: 'o' }) },
  async run(context) {
    const { flags: given, args, io } = context;
    if (given.output !== undefined && given.output !== '' && given.output !== 'name')
      throw new CommandError(`output must be one of '' or 'name': ${given.output}`);
    const config = readMerged(context);
    const now = currentContext(config, { ...context.globals, context: undefined });
    const missing = args.filter((name) => !config.contexts.some((it) => it.name === name));
    const shown = config.contexts.filter((it) => args.length === 0 || args.includes(it.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (given.output === 'name') for (const it of shown) io.print(it.name);
    else {
      const rows = shown.map(({ name, context: it }) => [
        name === now ? '*' : '',
        name,
        ...[it?.cluster, it?.user, it?.namespace].map((value) => String(value ?? '')),
      ]);
      const header = given.noHeaders ? [] : [['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE']];
      io.write(renderLines([...header, ...rows]));
    }
    if (missing.length > 0) throw new CommandError(`context ${missing[0]} not found`);
    return 0;
  },
});

const listing = (name: string, list: 'clusters' | 'users', summary: string) =>
  verb({
    name,
    summary,
    usage: '',
    flags: {},
    async run(context) {
      const entries = [...readMerged(context)[list]].map((it) => it.name).sort();
      for (const it of ['NAME', ...entries]) context.io.print(it);
      return 0;
    },
  });

const useContext = verb({
  name: 'use-context',
  aliases: ['use'],
  summary: 'Make a context the one in use',
  usage: 'CONTEXT_NAME',
  completes: 'contexts',
  flags: {},
  async run(context) {
    const [name = ''] = exactly(context, 1);
    if (!readMerged(context).contexts.some((it) => it.name === name))
      throw new CommandError(`no context exists with the name: ${JSON.stringify(name)}`);
    await writeConfig(
      context,
      (config) => Boolean(config['current-context']),
      (config) => ({ ...config, 'current-context': name }),
    );
    context.io.print(`Switched to context ${JSON.stringify(name)}.`);
    return 0;
  },
});

const setContext = verb({
  name: 'set-context',
  summary: 'Change a context or make one',
  usage: '[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  completes: 'contexts',
  flags: { current: onOff('The context in use') },
  async run(context) {
    const { globals, flags: given } = context;
    if (given.current && context.args.length > 0) throw new CommandError('you cannot specify both a context name and --current');
    const config = readMerged(context);
    const name = given.current ? currentContext(config, { ...globals, context: undefined }) : (context.args[0] ?? '');
    if (context.args.length > 1) throw new CommandError(`Unexpected args: [${context.args.join(' ')}]`);
    if (name === '')
      throw new CommandError(given.current ? 'no current context is set' : 'you must specify a non-empty context name or --current');
    const isNew = !config.contexts.some((it) => it.name === name);
    const parts = { cluster: globals.cluster, user: globals.user, namespace: globals.namespace };
    const changes = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    await writeEntry(context, 'contexts', name, (was) => ({ ...was, ...changes }));
    context.io.print(`Context ${JSON.stringify(name)} ${isNew ? 'created' : 'modified'}.`);
    return 0;
  },
});

const removing = (name: string, list: 'contexts' | 'clusters' | 'users', what: string) =>
  verb({
    name,
    summary: `Take a ${what} out of the kubeconfig`,
    usage: 'NAME',
    ...(list === 'contexts' && { completes: 'contexts' as const }),
    flags: {},
    async run(context) {
      const [entry = ''] = exactly(context, 1);
      const file = await fileWith(context, hasEntry(list, entry));
      if (!hasEntry(list, entry)((await readKubeconfigFile(file)) ?? {}))
        throw new CommandError(`cannot delete ${what} ${entry}, not in ${file}`);
      if (list === 'contexts' && readMerged(context)['current-context'] === entry)
        context.io.tell(`warning: this removed your active context, use "peapod config use-context" to select a different one`);
      await changeKubeconfigFile(
        file,
        (config) => ({ ...config, [list]: entriesOf(config, list).filter((it) => it.name !== entry) }),
        context.io.clock,
      );
      context.io.print(`deleted ${what} ${entry} from ${file}`);
      return 0;
    },
  });

const renameContext = verb({
  name: 'rename-context',
  summary: 'Give a context another name',
  usage: 'CONTEXT_NAME NEW_NAME',
  completes: 'contexts',
  flags: {},
  async run(context) {
    const [name = '', next = ''] = exactly(context, 2);
    const config = readMerged(context);
    if (!config.contexts.some((it) => it.name === name))
      throw new CommandError(
        `cannot rename the context ${JSON.stringify(name)}, it's not in ${filesOf(context.globals, context.edges.environment)[0]}`,
      );
    if (config.contexts.some((it) => it.name === next))
      throw new CommandError(
        `cannot rename the context ${JSON.stringify(name)}, the context ${JSON.stringify(next)} already exists in ${filesOf(context.globals, context.edges.environment)[0]}`,
      );
    await writeConfig(context, hasEntry('contexts', name), (file) => ({
      ...file,
      contexts: entriesOf(file, 'contexts').map((it) => (it.name === name ? { ...it, name: next } : it)),
      'current-context': file['current-context'] === name ? next : file['current-context'],
    }));
    context.io.print(`Context ${JSON.stringify(name)} renamed to ${JSON.stringify(next)}.`);
    return 0;
  },
});

export const config = verb({
  name: 'config',
  summary: 'Show and change the kubeconfig',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [
    current,
    removing('delete-cluster', 'clusters', 'cluster'),
    removing('delete-context', 'contexts', 'context'),
    removing('delete-user', 'users', 'user'),
    listing('get-clusters', 'clusters', 'List the clusters'),
    getContexts,
    listing('get-users', 'users', 'List the users'),
    renameContext,
    configSet,
    setCluster,
    setContext,
    setCredentials,
    configUnset,
    useContext,
    view,
  ],
});
