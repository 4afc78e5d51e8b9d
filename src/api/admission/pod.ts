import type { core } from '../../kinds/index.ts';
import { serviceAccount } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

/** Every pod runs as a service account of its namespace (upstream: ServiceAccount). */
export const serviceAccountOf = (store: Store): AdmissionStep => ({
  name: 'ServiceAccount',
  async create(kind, draft) {
    if (kind.resource !== 'pods') return;
    const pod = draft as core.Pod;
    const name = pod.spec.serviceAccountName || 'default';
    pod.spec.serviceAccountName = name;
    pod.spec.serviceAccount = name;
    const entry = await store.get(storeKey(serviceAccount, pod.metadata.namespace, name));
    if (!entry) {
      const what = pod.metadata.name || pod.metadata.generateName;
      throw new StatusError(
        'Forbidden',
        `pods "${what}" is forbidden: error looking up service account ${pod.metadata.namespace}/${name}: serviceaccount "${name}" not found`,
        {
          details: { name: what, kind: 'pods' },
        },
      );
    }
    const account = decode(entry) as core.ServiceAccount;
    if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) pod.spec.imagePullSecrets = [...account.imagePullSecrets];
  },
});

/** Pods stay five minutes on a node that stops answering (upstream: DefaultTolerationSeconds), and have a priority. */
export const podDefaults: AdmissionStep = {
  name: 'DefaultTolerationSeconds',
  create(kind, draft) {
    if (kind.resource !== 'pods') return;
    const { spec } = draft as core.Pod;
    for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
      const tolerated = spec.tolerations?.some((it) => (it.key === key || !it.key) && (!it.effect || it.effect === 'NoExecute'));
      if (!tolerated)
        spec.tolerations = [...(spec.tolerations ?? []), { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }];
    }
    spec.priority ??= 0;
    spec.preemptionPolicy ??= 'PreemptLowerPriority';
  },
};

/** The classes that every cluster has (scheduling/v1, SystemPriorityClasses). */
const systemPriorities: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

/**
 * A pod that names a class gets what the class says, and is refused when there is none of that name (upstream: Priority,
 * RuntimeClass). Classes of one's own are not served yet, so that a pod may say its priority itself until then.
 */
export const podClasses: AdmissionStep = {
  name: 'PodClasses',
  create(kind, draft) {
    if (kind.resource !== 'pods') return;
    const { metadata, spec } = draft as core.Pod;
    const refuse = (why: string): never => {
      const name = metadata.name || metadata.generateName || '';
      throw new StatusError('Forbidden', `pods "${name}" is forbidden: ${why}`, { details: { name, kind: 'pods' } });
    };
    const { priorityClassName: priorityClass, runtimeClassName: runtimeClass } = spec;
    if (priorityClass) {
      const value = systemPriorities.get(priorityClass) ?? refuse(`no PriorityClass with name ${priorityClass} was found`);
      if (spec.priority !== undefined && spec.priority !== value)
        refuse(
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        );
      spec.priority = value;
    }
    if (runtimeClass) refuse(`pod rejected: RuntimeClass "${runtimeClass}" not found`);
  },
};
