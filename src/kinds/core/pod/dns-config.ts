import { type FieldError, forbidden, invalidValue, notSupported, required, tooLong } from '../../../meta/field-error.ts';
import { dns1123Subdomain, dns1123SubdomainWithUnderscore } from '../../../meta/names.ts';
import { addressFaults, faultsOf } from '../../faults.ts';
import type { PodSpec } from '../../generated/core-v1.ts';

const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

export const dnsPolicyFaults = (policy: string | undefined, path: string): FieldError[] =>
  policy === undefined || policies.includes(policy) ? [] : [notSupported(path, policy, policies)];

/** How names are looked up in a pod. */
export function dnsConfigFaults({ dnsConfig, dnsPolicy }: PodSpec, path: string): FieldError[] {
  if (dnsPolicy === 'None' && !dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (dnsPolicy === 'None' && nameservers.length === 0)
    return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  const faults: FieldError[] = [];
  if (nameservers.length > 3) faults.push(invalidValue(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  faults.push(...nameservers.flatMap((it, i) => addressFaults(`${path}.nameservers[${i}]`, it)));
  if (searches.length > 32) faults.push(invalidValue(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  if (searches.join(' ').length > 2048)
    faults.push(
      invalidValue(`${path}.searches`, searches, 'must not have more than 2048 characters (including spaces) in the search list'),
    );
  for (const [i, it] of searches.entries()) {
    const name = it.replace(/\.$/, '');
    // A dot alone looks names up as they are.
    if (it !== '.') faults.push(...faultsOf(`${path}.searches[${i}]`, name, dns1123SubdomainWithUnderscore(name)));
  }
  for (const [i, { name }] of options.entries()) if (!name) faults.push(required(`${path}.options[${i}]`, 'must not be empty'));
  return faults;
}

/** Names a pod has besides its own. */
export const hostAliasFaults = ({ hostAliases = [] }: PodSpec, path: string): FieldError[] =>
  hostAliases.flatMap(({ ip = '', hostnames = [] }, i) => [
    ...addressFaults(`${path}[${i}].ip`, ip),
    ...hostnames.flatMap((it, j) => faultsOf(`${path}[${i}].hostnames[${j}]`, it, dns1123Subdomain(it))),
  ]);

/** A host name that stands in place of the pod's. */
export function hostnameOverrideFaults(spec: PodSpec, path: string): FieldError[] {
  const { hostnameOverride: name } = spec;
  if (name === undefined) return [];
  const faults: FieldError[] = [];
  if (spec.setHostnameAsFQDN) faults.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork) faults.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (name.length > 64) faults.push(tooLong(path, 64));
  return [...faults, ...faultsOf(path, name, dns1123Subdomain(name))];
}
