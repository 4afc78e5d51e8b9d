import { type core, isTolerated, type nodeV1, runtimeClass } from '../../kinds/index.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

type Amounts = { [name: string]: string };

/** A pod gets what its runtime class costs and where it is to be had (upstream: RuntimeClass). */
export const runtimeClassOf = (store: Store): AdmissionStep => ({
  name: 'RuntimeClass',
  async create(kind, draft) {
    if (kind.resource !== 'pods') return;
    const { metadata, spec } = draft as core.Pod;
    const refuse = (why: string): never => {
      const name = metadata.name || metadata.generateName || '';
      throw new StatusError('Forbidden', `pods "${name}" is forbidden: ${why}`, { details: { name, kind: 'pods' } });
    };
    const named = spec.runtimeClassName;
    const entry = named ? await store.get(storeKey(runtimeClass, undefined, named)) : undefined;
    if (named && !entry) refuse(`pod rejected: RuntimeClass "${named}" not found`);
    const its = entry ? (decode(entry) as nodeV1.RuntimeClass) : undefined;
    const overhead = its?.overhead?.podFixed;
    if (overhead) {
      if (spec.overhead && !sameAmounts(spec.overhead, overhead))
        refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      spec.overhead = overhead;
    } else if (spec.overhead) refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    if (its?.scheduling) schedule(spec, its.scheduling, refuse);
  },
});

function schedule(spec: core.PodSpec, { nodeSelector, tolerations }: nodeV1.Scheduling, refuse: (why: string) => never): void {
  for (const [key, value] of Object.entries(nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      refuse(`conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const added = (tolerations ?? []).filter((it) => !spec.tolerations?.some((own) => covers(own, it)));
  if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added];
}

/** Whatever the one tolerates, the other does, and as long. */
const covers = (own: core.Toleration, it: core.Toleration): boolean =>
  (own.tolerationSeconds === undefined || (it.tolerationSeconds !== undefined && own.tolerationSeconds >= it.tolerationSeconds)) &&
  (it.operator === 'Exists'
    ? own.operator === 'Exists' && (!own.key || own.key === it.key) && (!own.effect || own.effect === it.effect)
    : isTolerated([own], { key: it.key ?? '', value: it.value ?? '', effect: it.effect ?? '' } as core.Taint));

const sameAmounts = (a: Amounts, b: Amounts): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, amount]) => b[name] !== undefined && compareQuantities(amount, b[name]) === 0);
