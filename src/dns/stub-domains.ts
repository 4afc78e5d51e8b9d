import packet from 'dns-packet';
import type { Upstream } from './upstream.ts';

/** The longest of the domains that a name lies in; all in lower case without the last dot. */
export const domainOf = (name: string, domains: Iterable<string>): string | undefined =>
  [...domains].filter((it) => name === it || name.endsWith(`.${it}`)).sort((a, b) => b.length - a.length)[0];

/** Asks the name servers of a domain for what lies in it, and `others` for all else: what a Corefile calls stub domains. */
export function withStubDomains(stubs: ReadonlyMap<string, Upstream>, others: Upstream): Upstream {
  if (stubs.size === 0) return others;
  return {
    ask(query, edns) {
      const name = packet.decode(query).questions?.[0]?.name.toLowerCase() ?? '';
      const domain = domainOf(name, stubs.keys());
      return ((domain !== undefined && stubs.get(domain)) || others).ask(query, edns);
    },
  };
}
