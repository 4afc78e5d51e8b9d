import { type core, priorityClass, type scheduling } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

type Class = scheduling.PriorityClass;

/** A pod gets its priority from the class it names, or from the one for all others (upstream: Priority). */
export function podPriority(store: Store): AdmissionStep {
  const all = async (): Promise<Class[]> => (await store.range(storeKey(priorityClass))).entries.map((it) => decode(it) as Class);
  return {
    name: 'Priority',
    async create(kind, draft) {
      if (kind === priorityClass) return refuseSecondDefault(await all(), draft as Class);
      if (kind.resource !== 'pods') return;
      const { metadata, spec } = draft as core.Pod;
      const refuse = (why: string): never => {
        const name = metadata.name || metadata.generateName || '';
        throw new StatusError('Forbidden', `pods "${name}" is forbidden: ${why}`, { details: { name, kind: 'pods' } });
      };
      const named = spec.priorityClassName;
      const entry = named ? await store.get(storeKey(priorityClass, undefined, named)) : undefined;
      if (named && !entry) refuse(`no PriorityClass with name ${named} was found`);
      const its = entry ? (decode(entry) as Class) : defaultOf(await all());
      if (its) spec.priorityClassName = its.metadata.name;
      const value = its?.value ?? 0;
      const policy = (its?.preemptionPolicy ?? 'PreemptLowerPriority') as NonNullable<core.PodSpec['preemptionPolicy']>;
      const computed = 'must not be provided in pod spec; priority admission controller computed';
      if (spec.priority !== undefined && spec.priority !== value)
        refuse(`the integer value of priority (${spec.priority}) ${computed} ${value} from the given PriorityClass name`);
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
        refuse(`the string value of PreemptionPolicy (${spec.preemptionPolicy}) ${computed} ${policy} from the given PriorityClass name`);
      spec.priority = value;
      spec.preemptionPolicy = policy;
    },
    async update(kind, draft) {
      if (kind === priorityClass) refuseSecondDefault(await all(), draft as Class);
    },
  };
}

/** Of several that say so, the lowest. */
const defaultOf = (classes: readonly Class[]): Class | undefined =>
  classes.filter((it) => it.globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];

function refuseSecondDefault(classes: readonly Class[], draft: Class): void {
  if (!draft.globalDefault) return;
  const other = classes.find((it) => it.globalDefault && it.metadata.name !== draft.metadata.name);
  if (!other) return;
  const { name } = draft.metadata;
  const why = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
  throw new StatusError('Forbidden', `priorityclasses.scheduling.k8s.io "${name}" is forbidden: ${why}`, {
    details: { name, group: 'scheduling.k8s.io', kind: 'priorityclasses' },
  });
}
