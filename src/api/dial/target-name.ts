/** `scheme:name:port` of a request through the API server; port may be a number or a name, '' is the first there is. */
export type TargetName = { protocol: 'http:' | 'https:'; name: string; port: string };

/** Takes `name`, `name:port` and `scheme:name:port` apart (apimachinery, util/net/port_split.go); undefined: neither of them. */
export function targetNameOf(id: string): TargetName | undefined {
  const parts = id.split(':');
  if (parts.length > 3) return undefined;
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (name === '' || !['', 'http', 'https'].includes(scheme)) return undefined;
  return { protocol: scheme === 'https' ? 'https:' : 'http:', name, port };
}

/** What comes after `/proxy`, as it was written, and everything before it. */
export type ProxyPath = { before: string; after: string };

const proxied = /^\/+api\/+v1\/+(?:namespaces\/+[^/]+\/+(?:pods|services)|nodes)\/+[^/]+\/+proxy(?=\/|$)/;

export function proxyPathOf(path: string): ProxyPath | undefined {
  const before = proxied.exec(path)?.[0];
  return before === undefined ? undefined : { before, after: path.slice(before.length) };
}
