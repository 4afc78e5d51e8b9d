import { type AnyKind, computeUsage, type core, resourceQuota, type Usage } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';
import { deepEqual } from '../../meta/copy.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Entry, Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';
import { counted, type Excess, placeOf, QuotaLedger } from './quota-ledger.ts';

type Quota = core.ResourceQuota;

/**
 * Refuses what would use more than a quota allows (upstream: ResourceQuota). What is used follows from the stored
 * objects, which a watch keeps, and from writes under way, which hold what they ask for until they are seen or have
 * failed: so many requests at once never get more than there is. Only namespaces that have a quota are kept.
 */
export async function quotaAdmission(store: Store, clock: Clock): Promise<AdmissionStep> {
  const ledgers = new Map<string, QuotaLedger>();
  const ledgerOf = (namespace: string): QuotaLedger => {
    const ledger = ledgers.get(namespace) ?? new QuotaLedger(store, clock, namespace);
    ledgers.set(namespace, ledger);
    return ledger;
  };
  const now = await store.range(storeKey(resourceQuota));
  for (const entry of now.entries) {
    const quota = decode(entry) as Quota;
    ledgerOf(quota.metadata.namespace ?? '').noteQuota(quota.metadata.name, quota);
  }
  await store.watch('/registry/', now.revision, (changes) => {
    for (const change of changes) {
      const place = placeOf(change);
      if (!place) continue;
      if (place.kind === resourceQuota) {
        const { name } = decode((change.entry ?? change.previous) as Entry).metadata;
        const ledger = ledgerOf(place.namespace);
        ledger.noteQuota(name, change.entry && (decode(change.entry) as Quota));
        if (ledger.isEmpty) ledgers.delete(place.namespace);
      }
      ledgers.get(place.namespace)?.note(change);
    }
  });
  const prepare = async (kind: AnyKind, { metadata }: KubeObject): Promise<void> => {
    if (counted.includes(kind)) await ledgers.get(metadata.namespace ?? '')?.load();
  };
  return {
    name: 'ResourceQuota',
    create: prepare,
    update: (kind, draft, was) => (mayGrow(kind, draft, was) ? prepare(kind, draft) : undefined),
    reserve(kind, draft, was) {
      const ledger = ledgers.get(draft.metadata.namespace ?? '');
      if (!ledger?.isLoaded || !counted.includes(kind) || (was && !mayGrow(kind, draft, was))) return undefined;
      if (kind.resource === 'pods') for (const quota of ledger.quotasFor(kind, draft)) refuseSilent(quota, draft as core.Pod);
      const excess = ledger.excess(kind, draft, was);
      if (excess) refuse(kind, draft, wordsOf(excess));
      return was ? undefined : ledger.hold({ kind, object: draft });
    },
  };
}

/** Of updates, only those of services and claims can take more than there was, and those of pods that resize them. */
function mayGrow(kind: AnyKind, draft: KubeObject, was: KubeObject): boolean {
  if (kind.resource !== 'pods') return kind.resource === 'services' || kind.resource === 'persistentvolumeclaims';
  return !deepEqual(askedBy(draft as core.Pod), askedBy(was as core.Pod));
}

const askedBy = ({ spec }: core.Pod): unknown[] => [...spec.containers, ...(spec.initContainers ?? [])].map((it) => it.resources);

const text = (usage: Usage, names: readonly string[]): string =>
  [...names]
    .sort()
    .map((it) => `${it}=${canonicalQuantity(usage[it] ?? '0')}`)
    .join(',');

function wordsOf({ quota, names, asked, used }: Excess): string {
  const figures = `requested: ${text(asked, names)}, used: ${text(used, names)}, limited: ${text(quota.spec.hard ?? {}, names)}`;
  return `exceeded quota: ${quota.metadata.name}, ${figures}`;
}

function refuse(kind: AnyKind, { metadata }: KubeObject, why: string): never {
  const name = metadata.name || metadata.generateName || '';
  throw new StatusError('Forbidden', `${kind.resource} "${name}" is forbidden: ${why}`, {
    details: { name, ...(kind.group && { group: kind.group }), kind: kind.plural },
  });
}

const mustBeSaid = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Where CPU or memory is limited, every container has to say how much it wants. */
function refuseSilent({ metadata, spec }: Quota, pod: core.Pod): void {
  const needed = Object.keys(spec.hard ?? {}).filter((it) => mustBeSaid.includes(it));
  const missing = new Map<string, string[]>();
  for (const { name, resources } of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    const said = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
    for (const it of needed) if (said[it] === undefined) missing.set(it, [...(missing.get(it) ?? []), name]);
  }
  if (missing.size === 0) return;
  const list = [...missing].sort(([a], [b]) => (a < b ? -1 : 1)).map(([it, names]) => `${it} for: ${[...names].sort().join(',')}`);
  const name = pod.metadata.name || pod.metadata.generateName || '';
  throw new StatusError('Forbidden', `pods "${name}" is forbidden: failed quota: ${metadata.name}: must specify ${list.join('; ')}`, {
    details: { name, kind: 'pods' },
  });
}
