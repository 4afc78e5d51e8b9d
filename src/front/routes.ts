import { classAnnotation, type networking } from '../kinds/index.ts';
import { keyOf } from '../meta/owner.ts';

/** A Service's port, by number or name, that traffic goes to. */
export type Backend = { namespace: string; service: string; port: { name?: string; number?: number } };

type PathRoute = { isExact: boolean; path: string; backend: Backend };
type HostRoutes = { paths: PathRoute[]; fallback?: Backend };

/** Where requests go, by host and path: plain data, compiled from every Ingress that is ours. */
export type Routes = {
  /** By host; `*.example.com` for wildcards, '' for rules without a host. */
  hosts: ReadonlyMap<string, HostRoutes>;
  /** For what no rule fits. */
  fallback?: Backend;
  /** Which Secret proves a host's name, by host; '' for any. */
  certificates: ReadonlyMap<string, string>;
};

/** What the classes say that this front is asked for. */
export const controllerName = 'peapod.dev/front';

/** Whether an Ingress is to be served here: by its class, or by the annotation that was there before classes. */
export function isOurs(it: networking.Ingress, classOf: (name: string) => networking.IngressClass | undefined): boolean {
  const name = it.spec?.ingressClassName ?? it.metadata.annotations?.[classAnnotation];
  return name !== undefined && classOf(name)?.spec?.controller === controllerName;
}

/** The older of two that say different things of one path has it. */
const byAge = (a: networking.Ingress, b: networking.Ingress): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || keyOf(a).localeCompare(keyOf(b));

export function compileRoutes(ingresses: readonly networking.Ingress[]): Routes {
  const hosts = new Map<string, HostRoutes>();
  const certificates = new Map<string, string>();
  let fallback: Backend | undefined;
  for (const it of [...ingresses].sort(byAge)) {
    const { namespace = '' } = it.metadata;
    const { rules = [], tls = [], defaultBackend } = it.spec ?? {};
    const own = defaultBackend && backendOf(namespace, defaultBackend);
    fallback ??= own;
    for (const { host = '', http } of rules) {
      const known = hosts.get(host) ?? { paths: [] };
      hosts.set(host, known);
      if (own) known.fallback ??= own;
      for (const path of http?.paths ?? []) {
        const backend = backendOf(namespace, path.backend);
        const route = { isExact: path.pathType === 'Exact', path: path.path || '/', backend };
        if (backend && !known.paths.some((one) => one.isExact === route.isExact && one.path === route.path))
          known.paths.push(route as PathRoute);
      }
    }
    for (const { hosts: names = [], secretName } of tls) {
      if (!secretName) continue;
      const covered = names.length > 0 ? names : rules.map((rule) => rule.host ?? '');
      for (const name of covered.length > 0 ? covered : [''])
        if (!certificates.has(name)) certificates.set(name, `${namespace}/${secretName}`);
    }
  }
  // The longest path first, an exact one before a prefix: the first that fits is the right one.
  for (const { paths } of hosts.values())
    paths.sort((a, b) => Number(b.isExact) - Number(a.isExact) || trimmed(b.path).length - trimmed(a.path).length);
  return { hosts, certificates, ...(fallback && { fallback }) };
}

function backendOf(namespace: string, { service }: networking.IngressBackend): Backend | undefined {
  return service && { namespace, service: service.name, port: service.port ?? {} };
}

const trimmed = (path: string): string => path.replace(/\/+$/, '');

/** By whole elements: /foo has /foo, /foo/ and /foo/bar, but not /foobar. */
function fits({ isExact, path }: PathRoute, asked: string): boolean {
  if (isExact) return asked === path;
  const prefix = trimmed(path);
  return asked === prefix || asked.startsWith(`${prefix}/`);
}

/** The name itself, then the wildcard that stands for its first label, then what has no host. */
export const candidates = (host: string): string[] => [host, host.replace(/^[^.]+/, '*'), ''];

/**
 * `host` is in lower case and has no port, `path` has no query. Rules first, then the name of a Service, which no default
 * backend takes away, then default backends.
 */
export function matchRoute({ hosts, fallback }: Routes, host: string, path: string): Backend | undefined {
  const found = candidates(host).flatMap((name) => hosts.get(name) ?? []);
  for (const { paths } of found) {
    const route = paths.find((it) => fits(it, path));
    if (route) return route.backend;
  }
  return serviceOfHost(host) ?? found.find((it) => it.fallback)?.fallback ?? fallback;
}

/** The key of the Secret for a host that a client names in its first words. */
export const certificateFor = ({ certificates }: Routes, host: string): string | undefined =>
  candidates(host).flatMap((name) => certificates.get(name) ?? [])[0];

/** `web.default.localhost` is the Service web in the namespace default: such names are this host's everywhere (RFC 6761). */
export function serviceOfHost(host: string): Backend | undefined {
  const [service, namespace, ...rest] = host.split('.');
  return service && namespace && rest.join('.') === 'localhost' ? { namespace, service, port: {} } : undefined;
}
