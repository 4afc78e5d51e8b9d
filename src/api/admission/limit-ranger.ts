import { type AnyKind, type core, limitRange, podAmounts } from '../../kinds/index.ts';
import { compareQuantities, quantityNumber } from '../../meta/quantity.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { KubeObject, Quantity } from '../../meta/types.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

type Amounts = { [resource: string]: Quantity };
type Asked = { requests: Amounts; limits: Amounts };

/** What a namespace gives containers that say nothing, and what it refuses (upstream: LimitRanger). */
export function limitRanger(store: Store): AdmissionStep {
  const rangesOf = async ({ metadata }: KubeObject): Promise<core.LimitRange[]> =>
    (await store.range(storeKey(limitRange, metadata.namespace))).entries.map((it) => decode(it) as core.LimitRange);

  async function check(kind: AnyKind, draft: KubeObject, isNew: boolean): Promise<void> {
    const ranges = await rangesOf(draft);
    if (ranges.length === 0) return;
    if (kind.resource === 'pods' && isNew) for (const it of ranges) setDefaults(draft as core.Pod, it);
    for (const { spec } of ranges) {
      const faults = spec.limits.flatMap((item) =>
        kind.resource === 'pods' ? podFaults(draft as core.Pod, item) : claimFaults(draft as core.PersistentVolumeClaim, item),
      );
      if (faults.length > 0) refuse(kind, draft, faults);
    }
  }

  return {
    name: 'LimitRanger',
    create: (kind, draft) =>
      kind.resource === 'pods' || kind.resource === 'persistentvolumeclaims' ? check(kind, draft, true) : undefined,
    update: (kind, draft, _, route) =>
      kind.resource === 'persistentvolumeclaims' || (kind.resource === 'pods' && route === 'resize')
        ? check(kind, draft, false)
        : undefined,
  };
}

function refuse(kind: AnyKind, { metadata }: KubeObject, faults: readonly string[]): never {
  const name = metadata.name || metadata.generateName || '';
  const text = faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`;
  throw new StatusError('Forbidden', `${kind.plural} "${name}" is forbidden: ${text}`, { details: { name, kind: kind.plural } });
}

/** Fills in what containers do not say, and notes what was filled in. */
function setDefaults(pod: core.Pod, { spec }: core.LimitRange): void {
  const item = spec.limits.find((it) => it.type === 'Container');
  if (!item) return;
  const notes: string[] = [];
  for (const [list, word] of [
    [pod.spec.containers, 'container'],
    [pod.spec.initContainers ?? [], 'init container'],
  ] as const) {
    for (const container of list) {
      container.resources ??= {};
      const { resources } = container;
      const fill = (field: 'limits' | 'requests', values: Amounts = {}): string[] => {
        const missing = Object.keys(values).filter((it) => resources[field]?.[it] === undefined);
        if (missing.length > 0)
          resources[field] = { ...resources[field], ...Object.fromEntries(missing.map((it) => [it, values[it] as Quantity])) };
        return missing.sort();
      };
      const limits = fill('limits', item.default);
      const requests = fill('requests', item.defaultRequest);
      if (requests.length > 0) notes.push(`${requests.join(', ')} request for ${word} ${container.name}`);
      if (limits.length > 0) notes.push(`${limits.join(', ')} limit for ${word} ${container.name}`);
    }
  }
  if (notes.length > 0)
    pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}` };
}

function podFaults({ spec }: core.Pod, item: core.LimitRangeItem): string[] {
  const askedBy = ({ resources }: core.Container): Asked => ({ requests: resources?.requests ?? {}, limits: resources?.limits ?? {} });
  if (item.type === 'Container') return [...spec.containers, ...(spec.initContainers ?? [])].flatMap((it) => faultsOf(askedBy(it), item));
  if (item.type !== 'Pod') return [];
  return faultsOf({ requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') }, item);
}

function claimFaults({ spec }: core.PersistentVolumeClaim, item: core.LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const asked = spec.resources?.requests ?? {};
  const most = Object.entries(item.max ?? {}).flatMap(([name, most]) => {
    const start = `maximum ${name} usage per ${item.type} is ${most}`;
    const amount = asked[name];
    if (amount === undefined) return [`${start}.  No request is specified`];
    return compareQuantities(amount, most) > 0 ? [`${start}, but request is ${amount}`] : [];
  });
  return [...faultsOf({ requests: asked, limits: {} }, { type: item.type, ...(item.min && { min: item.min }) }), ...most];
}

/** Too little, too much, or too far apart. */
function faultsOf(
  { requests, limits }: Asked,
  { type, min = {}, max = {}, maxLimitRequestRatio: ratios = {} }: core.LimitRangeItem,
): string[] {
  const faults: string[] = [];
  for (const [name, least] of Object.entries(min)) {
    const start = `minimum ${name} usage per ${type} is ${least}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) faults.push(`${start}.  No request is specified`);
    else if (compareQuantities(request, least) < 0) faults.push(`${start}, but request is ${request}`);
    else if (limit !== undefined && compareQuantities(limit, least) < 0) faults.push(`${start}, but limit is ${limit}`);
  }
  for (const [name, most] of Object.entries(max)) {
    const start = `maximum ${name} usage per ${type} is ${most}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) faults.push(`${start}.  No limit is specified`);
    else if (compareQuantities(limit, most) > 0) faults.push(`${start}, but limit is ${limit}`);
    else if (request !== undefined && compareQuantities(request, most) > 0) faults.push(`${start}, but request is ${request}`);
  }
  for (const [name, most] of Object.entries(ratios)) {
    const start = `${name} max limit to request ratio per ${type} is ${most}`;
    const [request, limit] = [quantityNumber(requests[name] ?? '0'), quantityNumber(limits[name] ?? '0')];
    if (request === 0) faults.push(`${start}, but no request is specified or request is 0`);
    else if (limit === 0) faults.push(`${start}, but no limit is specified or limit is 0`);
    else if (limit / request > quantityNumber(most)) faults.push(`${start}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
  return faults;
}
