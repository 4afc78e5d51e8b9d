import { type core, serviceAccount } from '../../kinds/index.ts';
import { type Clock, seconds } from '../../lib/clock.ts';
import { nameSuffix, type Random } from '../../lib/random.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';
import { ephemeralRefusal, secretRefusal } from './mountable-secrets.ts';

type Deps = { store: Store; clock: Clock; random: Random };

/** Where every container finds the token of its pod's account, the CA and the namespace. */
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
const mirrorAnnotation = 'kubernetes.io/config.mirror';
/** How long a pod waits for the `default` account of a namespace that has just been made; others must be there. */
const patience = seconds(1);

/**
 * Every pod runs as a service account of its namespace, and finds what it needs to speak to the API server as that
 * account (upstream: ServiceAccount).
 */
export const serviceAccountOf = (deps: Deps): AdmissionStep => ({
  name: 'ServiceAccount',
  async create(kind, draft) {
    if (kind.resource !== 'pods') return;
    const pod = draft as core.Pod;
    const refuse = refusalOf(pod);
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return checkMirror(pod, refuse);
    const name = pod.spec.serviceAccountName || 'default';
    pod.spec.serviceAccountName = name;
    pod.spec.serviceAccount = name;
    const { namespace = '' } = pod.metadata;
    const account = await findAccount(deps, namespace, name);
    if (!account) throw refuse(`error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`);
    const why = secretRefusal(account, pod);
    if (why) throw refuse(why);
    if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, deps.random);
    if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) pod.spec.imagePullSecrets = [...account.imagePullSecrets];
  },
  async update(kind, draft, _, route) {
    if (kind.resource !== 'pods' || route !== 'ephemeralcontainers') return;
    const pod = draft as core.Pod;
    const account = await findAccount(deps, pod.metadata.namespace ?? '', pod.spec.serviceAccountName || 'default');
    const why = account && ephemeralRefusal(account, pod);
    if (why) throw refusalOf(pod)(why);
  },
});

const refusalOf =
  (pod: core.Pod) =>
  (why: string): StatusError => {
    const name = pod.metadata.name || pod.metadata.generateName || '';
    return new StatusError('Forbidden', `pods "${name}" is forbidden: ${why}`, { details: { name, kind: 'pods' } });
  };

/** What a node says of a pod it has from a file stays as it is; it may not name what only the API server has. */
function checkMirror({ spec }: core.Pod, refuse: (why: string) => StatusError): void {
  if (spec.serviceAccountName) throw refuse('a mirror pod may not reference service accounts');
  for (const { projected, secret } of spec.volumes ?? []) {
    if (secret || projected?.sources?.some((it) => it.secret)) throw refuse('a mirror pod may not reference secrets');
    if (projected?.sources?.some((it) => it.serviceAccountToken))
      throw refuse('a mirror pod may not use ServiceAccountToken volume projections');
  }
}

async function findAccount({ store, clock }: Deps, namespace: string, name: string): Promise<core.ServiceAccount | undefined> {
  const key = storeKey(serviceAccount, namespace, name);
  const look = async (): Promise<core.ServiceAccount | undefined> => {
    const entry = await store.get(key);
    return entry && (decode(entry) as core.ServiceAccount);
  };
  const since = store.revision();
  const found = await look();
  if (found || name !== 'default') return found;
  let settle = (): void => {};
  const come = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const stop = await store.watch(key, since, () => settle());
  const cancel = clock.schedule(patience, () => settle());
  await come;
  cancel();
  stop();
  return look();
}

function mountToken({ spec }: core.Pod, random: Random): void {
  const known = spec.volumes?.find((it) => it.name?.startsWith(volumePrefix))?.name;
  const name = known ?? `${volumePrefix}${nameSuffix(random)}`;
  let isNeeded = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    // Whoever mounts something of their own there wants it that way.
    if (container.volumeMounts?.some((it) => it.mountPath === tokenPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }];
    isNeeded = true;
  }
  if (isNeeded && !known) spec.volumes = [...(spec.volumes ?? []), { name, projected: { defaultMode: 0o644, sources: tokenSources() } }];
}

const tokenSources = (): core.VolumeProjection[] => [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
];
