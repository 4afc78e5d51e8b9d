import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { CommandError, messageOf } from '../command.ts';
import type { Environment } from '../edges.ts';
import { PlainFault } from '../faults.ts';
import type { Globals } from '../grammar/flags.ts';
import { emptyKubeconfig, type Kubeconfig } from '../kubeconfig/entries.ts';
import { kubeconfigFiles } from '../kubeconfig/file.ts';
import { readKubeconfig } from '../kubeconfig/text.ts';

export type Named<K extends string, V> = { name: string } & { [key in K]?: V };
export type Fields = { [field: string]: unknown };
export type MergedConfig = Kubeconfig & {
  clusters: Array<Named<'cluster', Fields>>;
  contexts: Array<Named<'context', Fields>>;
  users: Array<Named<'user', Fields>>;
  'current-context': string;
};

/** Whom to speak to and as whom: PEM texts, or a token. */
export type Login = {
  server: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
  basic?: string;
  insecure?: boolean;
  serverName?: string;
  namespace: string;
  namespaceGiven: boolean;
  impersonate: { user?: string; groups: readonly string[]; uid?: string };
};

/** The files that count, in order: the one that was named, or those of KUBECONFIG, or the user's own. */
export const filesOf = (globals: Globals, environment: Environment): string[] =>
  globals.kubeconfig ? [globals.kubeconfig] : kubeconfigFiles(environment);

/** All files in one, as client-go merges them: whoever names a thing first has it. Paths in it are made absolute. */
export function mergedConfig(globals: Globals, environment: Environment): MergedConfig {
  const merged = emptyKubeconfig() as MergedConfig;
  if (globals.kubeconfig && !existsSync(globals.kubeconfig))
    throw new CommandError(`stat ${globals.kubeconfig}: no such file or directory`);
  for (const file of filesOf(globals, environment)) {
    const config = readOne(file);
    if (!config) continue;
    for (const list of ['clusters', 'contexts', 'users'] as const) {
      const entries = (config[list] as Array<Named<string, Fields>> | null | undefined) ?? [];
      for (const it of entries) if (!merged[list].some(({ name }) => name === it.name)) (merged[list] as unknown[]).push(placed(it, file));
    }
    merged['current-context'] ||= String(config['current-context'] ?? '');
  }
  return merged;
}

function readOne(file: string): Kubeconfig | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readKubeconfig(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandError(`error loading config file "${file}": ${messageOf(cause)}`, { cause });
  }
}

const pathFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'];

function placed(entry: Named<string, Fields>, file: string): Named<string, Fields> {
  const next: Named<string, Fields> = { ...entry };
  for (const part of ['cluster', 'user']) {
    const fields = next[part];
    if (!fields || typeof fields !== 'object') continue;
    const made: Fields = { ...fields };
    for (const field of pathFields) {
      const path = made[field];
      if (typeof path === 'string' && path !== '' && !isAbsolute(path)) made[field] = join(dirname(file), path);
    }
    next[part] = made;
  }
  return next;
}

/** The context in use: the one that was named, the current one, or peapod's own. */
export function currentContext(config: MergedConfig, globals: Globals): string {
  if (globals.context) return globals.context;
  if (config['current-context']) return config['current-context'];
  return config.contexts.some(({ name }) => name === 'peapod') ? 'peapod' : '';
}

/** Fails with a fault that says what is missing in the configuration. */
export function loginOf(globals: Globals, environment: Environment): Login {
  const config = mergedConfig(globals, environment);
  const name = currentContext(config, globals);
  const context = config.contexts.find((it) => it.name === name)?.context;
  if (globals.context && !context) throw new PlainFault(`Error in configuration: context was not found for specified context: ${name}`);
  const clusterName = globals.cluster ?? (context?.cluster as string | undefined);
  const userName = globals.user ?? (context?.user as string | undefined);
  const cluster = config.clusters.find((it) => it.name === clusterName)?.cluster;
  const user = config.users.find((it) => it.name === userName)?.user ?? {};
  if (globals.cluster && !cluster) throw new CommandError(`cluster "${globals.cluster}" does not exist`);
  if (globals.user && !config.users.some((it) => it.name === globals.user))
    throw new CommandError(`auth info "${globals.user}" does not exist`);
  const ofContext = (context?.namespace as string | undefined) || undefined;
  const insecure = globals.insecureSkipTlsVerify ?? cluster?.['insecure-skip-tls-verify'] === true;
  return {
    server: withScheme(globals.server ?? (cluster?.server as string | undefined) ?? 'http://localhost:8080'),
    ...withoutAbsent({
      ca: insecure ? undefined : pem(cluster, 'certificate-authority', globals.certificateAuthority),
      cert: pem(user, 'client-certificate', globals.clientCertificate),
      key: pem(user, 'client-key', globals.clientKey),
      token: globals.token ?? tokenOf(user),
      basic: basicOf(globals, user),
      serverName: globals.tlsServerName ?? (cluster?.['tls-server-name'] as string | undefined),
    }),
    insecure,
    namespace: globals.namespace || ofContext || 'default',
    namespaceGiven: Boolean(globals.namespace),
    impersonate: { groups: globals.asGroup ?? [], ...withoutAbsent({ user: globals.as, uid: globals.asUid }) },
  };
}

function tokenOf(user: Fields): string | undefined {
  if (user.exec || user['auth-provider'])
    throw new CommandError('logging in with a credential plugin is not supported by peapod; use kubectl for this context');
  if (typeof user.token === 'string') return user.token;
  return typeof user.tokenFile === 'string' ? readText(user.tokenFile).trim() : undefined;
}

function basicOf(globals: Globals, user: Fields): string | undefined {
  const name = globals.username ?? user.username;
  return name === undefined ? undefined : `${String(name)}:${String(globals.password ?? user.password ?? '')}`;
}

function pem(fields: Fields | undefined, field: string, typed: string | undefined): string | undefined {
  if (typed) return readText(typed);
  const data = fields?.[`${field}-data`];
  if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  const path = fields?.[field];
  return typeof path === 'string' && path !== '' ? readText(path) : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CommandError(`unable to read ${path}: ${messageOf(cause)}`, { cause });
  }
}

const withScheme = (server: string): string => (/^https?:\/\//.test(server) ? server : `http://${server}`).replace(/\/+$/, '');

type Present<T> = { [key in keyof T]?: Exclude<T[key], undefined> };
const withoutAbsent = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
