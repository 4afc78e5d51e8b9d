import { configMap, namespace } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { type Controller, done } from '../run.ts';

const name = 'kube-root-ca.crt';
/** Upstream's words (certificates/rootcacertpublisher): the ConfigMap is no place for other certificates. */
const description = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/** What pods check the API server's certificate by: a ConfigMap in every namespace, put right whenever it differs. */
export const rootCaPublisher: Controller = {
  name: 'root-ca',
  for: namespace,
  also: [{ kind: configMap, keys: ({ metadata }) => (metadata.name === name ? [metadata.namespace ?? ''] : []) }],
  async reconcile(key, { client, informers, config }) {
    const it = informers.of(namespace).get(key);
    if (!it || isDeleting(it) || it.status?.phase === 'Terminating') return done;
    const data = { 'ca.crt': config.rootCa };
    const found = informers.of(configMap).get(`${key}/${name}`);
    if (found) {
      await client.change(configMap, found, (draft) => {
        draft.data = data;
        draft.metadata.annotations = { ...draft.metadata.annotations, ...description };
      });
      return done;
    }
    try {
      await client.create(configMap, { metadata: { name, namespace: key, annotations: description }, data });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceGoing(error)) throw error;
    }
    return done;
  },
};
