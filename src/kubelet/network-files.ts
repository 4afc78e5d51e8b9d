import type { core } from '../kinds/index.ts';

type Pod = core.Pod;
export type Resolver = { nameservers: string[]; searches: string[]; options: string[] };

/** Reads resolv.conf; unknown lines are left out. */
export function parseResolver(text: string): Resolver {
  const resolver: Resolver = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [key, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (key === 'nameserver' && values[0]) resolver.nameservers.push(values[0]);
    // The last search or domain line counts, as in the C library.
    if ((key === 'search' || key === 'domain') && values.length) resolver.searches = values.filter((it) => it !== '.');
    if (key === 'options') resolver.options = values;
  }
  return resolver;
}

type Dns = { clusterDns: string; clusterDomain: string; host: Resolver };

const unique = (list: readonly string[]): string[] => [...new Set(list)];
const optionName = (option: string): string => option.split(':')[0] as string;

/** What a pod's resolv.conf says (kubelet, network/dns). */
export function resolverOf(pod: Pod, dns: Dns): Resolver {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  let base: Resolver;
  if (policy === 'None') base = { nameservers: [], searches: [], options: [] };
  else if (policy === 'Default' || (policy === 'ClusterFirst' && pod.spec.hostNetwork)) base = hostResolver(pod, dns);
  else {
    const domain = dns.clusterDomain;
    base = {
      nameservers: [dns.clusterDns],
      searches: unique([`${pod.metadata.namespace ?? ''}.svc.${domain}`, `svc.${domain}`, domain, ...dns.host.searches]),
      options: ['ndots:5'],
    };
  }
  const own = pod.spec.dnsConfig;
  if (!own) return base;
  const options = new Map(base.options.map((it) => [optionName(it), it]));
  for (const { name, value } of own.options ?? [])
    if (name) options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
  return {
    nameservers: unique([...base.nameservers, ...(own.nameservers ?? [])]),
    searches: unique([...base.searches, ...(own.searches ?? [])]),
    options: [...options.values()],
  };
}

/** The host's own; a name server on its loopback is out of a pod's reach, ours forwards to it. */
function hostResolver(pod: Pod, dns: Dns): Resolver {
  if (pod.spec.hostNetwork) return dns.host;
  const reachable = dns.host.nameservers.filter((it) => !it.startsWith('127.') && it !== '::1');
  return { ...dns.host, nameservers: reachable.length > 0 ? reachable : [dns.clusterDns] };
}

// What the C library reads (validation, MaxDNSNameservers and its neighbours).
const most = { nameservers: 3, searches: 32, searchCharacters: 2048 };

/** Without what no resolver would read; `cut` says in upstream's words what was left out. */
export function withinLimits(all: Resolver): { resolver: Resolver; cut: string[] } {
  const nameservers = all.nameservers.slice(0, most.nameservers);
  const searches = all.searches.slice(0, most.searches);
  while (searches.join(' ').length > most.searchCharacters) searches.pop();
  const told = (what: string, omitted: string, line: string, applied: string[]): string =>
    `${what} limits were exceeded, some ${omitted} have been omitted, the applied ${line} line is: ${applied.join(' ')}`;
  const cut = [
    ...(searches.length < all.searches.length ? [told('Search Line', 'search paths', 'search', searches)] : []),
    ...(nameservers.length < all.nameservers.length ? [told('Nameserver', 'nameservers', 'nameserver', nameservers)] : []),
  ];
  return { resolver: { ...all, nameservers, searches }, cut };
}

export const resolverText = ({ nameservers, searches, options }: Resolver): string =>
  [
    ...(searches.length ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((it) => `nameserver ${it}`),
    ...(options.length ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');

/** The pod's host name and, with a subdomain, the domain it stands in. */
export function hostnameOf(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const cut = (name: string): string => (name.length > 63 ? name.slice(0, 63).replace(/[-.]+$/, '') : name);
  if (pod.spec.hostnameOverride) return { hostname: cut(pod.spec.hostnameOverride), domain: '' };
  const hostname = cut(pod.spec.hostname || pod.metadata.name);
  const domain = pod.spec.subdomain ? `${pod.spec.subdomain}.${pod.metadata.namespace ?? ''}.svc.${clusterDomain}` : '';
  return { hostname, domain };
}

/** What `hostname` answers in the pod. Fails when the fully qualified name, if asked for, does not fit the kernel's 64 bytes. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  if (!pod.spec.setHostnameAsFQDN || domain === '') return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > 64) {
    throw new Error(
      `Failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (64 characters is the max, ${full.length} characters requested)`,
    );
  }
  return full;
}

/** /etc/hosts of a pod with an address of its own; `hostFile` instead of an address for pods in the host's network. */
export function hostsText(pod: Pod, clusterDomain: string, at: { address: string } | { hostFile: string }): string {
  const aliases = pod.spec.hostAliases ?? [];
  const added = aliases.length
    ? `\n# Entries added by HostAliases.\n${aliases.map((it) => `${it.ip}\t${(it.hostnames ?? []).join('\t')}\n`).join('')}`
    : '';
  if ('hostFile' in at) return `# Kubernetes-managed hosts file (host network).\n${at.hostFile}${added}`;
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${at.address}\t${domain ? `${hostname}.${domain}\t` : ''}${hostname}`,
    added,
  ].join('\n');
}
