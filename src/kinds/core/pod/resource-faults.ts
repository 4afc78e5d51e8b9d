import { duplicate, type FieldError, fieldNotFound, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, qualifiedName } from '../../../meta/names.ts';
import { compareQuantities, isQuantity, quantityValue } from '../../../meta/quantity.ts';
import type { Quantity } from '../../../meta/types.ts';
import { faultsOf } from '../../faults.ts';
import type { ResourceRequirements } from '../../generated/core-v1.ts';
import { isPodLevel } from './resources.ts';

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isOfContainers = (name: string): boolean => ['cpu', 'memory', 'ephemeral-storage'].includes(name) || isHugePages(name);
/** Names without a domain that mean something somewhere: to containers, claims, quotas. */
const standardNames: readonly string[] = [
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory'],
  ...['limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps'],
  ...['persistentvolumeclaims', 'storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers'],
];
/** What Kubernetes itself names; what belongs to others is counted in whole pieces. */
export const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
export const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0;
const wholePieces = ['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims'];
const countedWhole = (name: string): boolean =>
  wholePieces.includes(name) || name === 'services.nodeports' || name === 'services.loadbalancers' || isExtended(name);
/** What may be promised to several at once. */
const canOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name);

export function resourceNameFaults(name: string, path: string): FieldError[] {
  const faults = faultsOf(path, name, qualifiedName(name));
  if (faults.length > 0 || name.includes('/') || standardNames.includes(name) || isHugePages(name)) return faults;
  return [invalidValue(path, name, 'must be a standard resource type or fully qualified')];
}

export function containerResourceNameFaults(name: string, path: string): FieldError[] {
  const faults = resourceNameFaults(name, path);
  if (!name.includes('/'))
    return isOfContainers(name) ? faults : [...faults, invalidValue(path, name, 'must be a standard resource for containers')];
  if (isNative(name) || isExtended(name)) return faults;
  return [...faults, invalidValue(path, name, "doesn't follow extended resource name standard")];
}

function podResourceNameFaults(name: string, path: string): FieldError[] {
  const faults = resourceNameFaults(name, path);
  if (faults.length > 0 || isPodLevel(name)) return faults;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

export function amountFaults(name: string, amount: Quantity, path: string): FieldError[] {
  const faults = compareQuantities(amount, '0') < 0 ? [invalidValue(path, amount, 'must be greater than or equal to 0')] : [];
  if (countedWhole(name) && !isWhole(amount)) faults.push(invalidValue(path, amount, 'must be an integer'));
  return faults;
}

/** Canonical quantities have a fraction only in small units. */
const isWhole = (amount: Quantity): boolean => !/[mun]$/.test(amount) && !amount.includes('.');

/** Huge pages are taken whole, of the size in their name. */
function pageFaults(name: string, amount: Quantity, path: string): FieldError[] {
  const size = name.slice('hugepages-'.length);
  if (!isHugePages(name) || !isQuantity(size)) return [];
  const [given, page] = [quantityValue(amount), quantityValue(size)];
  return page > 0 && given % page === 0 ? [] : [invalidValue(path, amount, `${amount} is not positive integer multiple of ${name}`)];
}

type Rules = { names?: 'container' | 'pod'; claims?: ReadonlySet<string> };

/** What a container, or the pod as a whole, asks for and may use at most. `claims` are the names it may take devices of. */
export function resourceFaults(
  resources: ResourceRequirements | undefined,
  path: string,
  { names = 'container', claims }: Rules = {},
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const faults: FieldError[] = [];
  const nameFaults = names === 'pod' ? podResourceNameFaults : containerResourceNameFaults;
  for (const [list, amounts] of Object.entries({ limits, requests })) {
    for (const [name, amount] of Object.entries(amounts)) {
      const at = `${path}.${list}[${name}]`;
      faults.push(...nameFaults(name, at), ...amountFaults(name, amount, at), ...pageFaults(name, amount, at));
      if (list === 'requests') faults.push(...limitFaults(name, amount, Object.hasOwn(limits, name) ? limits[name] : undefined, path));
    }
  }
  const all = Object.keys({ ...limits, ...requests });
  if (all.some(isHugePages) && !all.some((it) => it === 'cpu' || it === 'memory'))
    faults.push(forbidden(path, 'HugePages require cpu or memory'));
  return [...faults, ...claimFaults(resources, `${path}.claims`, claims ?? new Set())];
}

function limitFaults(name: string, request: Quantity, limit: Quantity | undefined, path: string): FieldError[] {
  if (limit === undefined)
    return canOvercommit(name) ? [] : [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')];
  const order = compareQuantities(request, limit);
  if (order !== 0 && !canOvercommit(name)) return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** Devices of claims: each once, whole or by request, of the claims the pod names. */
function claimFaults(resources: ResourceRequirements | undefined, path: string, known: ReadonlySet<string>): FieldError[] {
  const taken = new Set<string>();
  return (resources?.claims ?? []).flatMap(({ name = '', request }, i) => {
    const at = `${path}[${i}]`;
    if (!name) return [required(at)];
    const faults: FieldError[] = [];
    if (taken.has(name)) faults.push(duplicate(at, name));
    else {
      const key = request ? `${name}/${request}` : name;
      if (request) faults.push(...faultsOf(`${at}.request`, request, dns1123Label(request)));
      if (taken.has(key)) faults.push(duplicate(at, key));
      else if (!request) for (const it of taken) if (it.startsWith(`${name}/`)) faults.push(duplicate(at, name));
      taken.add(key);
    }
    if (known.has(name)) return faults;
    const names = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    const missing = fieldNotFound(at, name);
    return [...faults, { ...missing, message: `${missing.message}: must be one of the names in pod.spec.resourceClaims${names}` }];
  });
}
