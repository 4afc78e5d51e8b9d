import type { AnyKind, core } from '../../kinds/index.ts';
import { serviceAccount } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
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

/** Pods stay five minutes on a node that stops answering (upstream: DefaultTolerationSeconds, which asks at updates too). */
export const podDefaults: AdmissionStep = { name: 'DefaultTolerationSeconds', create: tolerateForAWhile, update: onWholePods };

function onWholePods(kind: AnyKind, draft: KubeObject, _: KubeObject, route?: string): void {
  if (route === undefined) tolerateForAWhile(kind, draft);
}

function tolerateForAWhile(kind: AnyKind, draft: KubeObject): void {
  if (kind.resource !== 'pods') return;
  const { spec } = draft as core.Pod;
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some((it) => (it.key === key || !it.key) && (!it.effect || it.effect === 'NoExecute'));
    if (!tolerated)
      spec.tolerations = [...(spec.tolerations ?? []), { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }];
  }
}
