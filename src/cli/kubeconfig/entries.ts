import { deepCopy } from '../../meta/copy.ts';
import type { Credentials } from '../edges.ts';

/** A kubeconfig as it was read: what we do not know of stays as it is. */
export type Kubeconfig = { [field: string]: unknown };

/** An entry of one of its three lists: `{ name, cluster: … }`. */
type Entry = { name?: unknown; [field: string]: unknown };

export type Access = { name: string; url: string; credentials: Credentials };

const lists = ['clusters', 'contexts', 'users'] as const;

export const emptyKubeconfig = (): Kubeconfig => ({
  apiVersion: 'v1',
  kind: 'Config',
  preferences: {},
  clusters: [],
  contexts: [],
  'current-context': '',
  users: [],
});

/** A kubeconfig with nothing else in it. */
export const standalone = (access: Access): Kubeconfig => withEntries(emptyKubeconfig(), access);

/**
 * With the cluster, user and context of that name added, or renewed in their places; the context becomes the current
 * one, as kind does it. A namespace that the user chose for the context stays.
 */
export function withEntries(config: Kubeconfig, { name, url, credentials }: Access): Kubeconfig {
  const next = deepCopy(config);
  next.apiVersion ??= 'v1';
  next.kind ??= 'Config';
  put(next, 'clusters', name, { cluster: { 'certificate-authority-data': base64(credentials.caCertificate), server: url } });
  const namespace = (find(next, 'contexts', name)?.context as { namespace?: unknown } | undefined)?.namespace;
  put(next, 'contexts', name, { context: { cluster: name, ...(namespace !== undefined && { namespace }), user: name } });
  put(next, 'users', name, {
    user: { 'client-certificate-data': base64(credentials.certificate), 'client-key-data': base64(credentials.key) },
  });
  next['current-context'] = name;
  return next;
}

/** Without the cluster, user and context of that name; the current context is unset if it was that one. */
export function withoutEntries(config: Kubeconfig, name: string): Kubeconfig {
  const next = deepCopy(config);
  for (const list of lists) {
    const entries = entriesOf(next, list);
    if (entries.some((it) => it.name === name)) next[list] = entries.filter((it) => it.name !== name);
  }
  if (next['current-context'] === name) next['current-context'] = '';
  return next;
}

export const hasEntries = (config: Kubeconfig, name: string): boolean =>
  lists.some((list) => find(config, list, name)) || config['current-context'] === name;

/** What is wrong with it, if it is no kubeconfig that can be written to. */
export function faultOf(config: unknown): string | undefined {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return 'it is not a mapping';
  for (const list of lists) {
    const entries = (config as Kubeconfig)[list];
    if (entries === undefined || entries === null) continue;
    if (!Array.isArray(entries)) return `"${list}" is not a list`;
    if (entries.some((it) => typeof it !== 'object' || it === null || Array.isArray(it)))
      return `"${list}" has an entry that is not a mapping`;
  }
  return undefined;
}

/** Where the cluster of that name is and how its administrator logs in; undefined when it is not in there. */
export function accessIn(config: Kubeconfig, name: string): Access | undefined {
  const cluster = find(config, 'clusters', name)?.cluster as Record<string, string> | undefined;
  const user = find(config, 'users', name)?.user as Record<string, string> | undefined;
  if (!cluster?.server || !user) return undefined;
  const text = (it: string | undefined): string => Buffer.from(it ?? '', 'base64').toString('utf8');
  return {
    name,
    url: cluster.server,
    credentials: {
      caCertificate: text(cluster['certificate-authority-data']),
      certificate: text(user['client-certificate-data']),
      key: text(user['client-key-data']),
    },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const entriesOf = (config: Kubeconfig, list: (typeof lists)[number]): Entry[] => (config[list] as Entry[] | null | undefined) ?? [];
const find = (config: Kubeconfig, list: (typeof lists)[number], name: string): Entry | undefined =>
  entriesOf(config, list).find((it) => it.name === name);

function put(config: Kubeconfig, list: (typeof lists)[number], name: string, value: { [field: string]: unknown }): void {
  const entries = entriesOf(config, list);
  const at = entries.findIndex((it) => it.name === name);
  const entry = { ...value, name };
  config[list] = at < 0 ? [...entries, entry] : entries.map((it, i) => (i === at ? entry : it));
}
