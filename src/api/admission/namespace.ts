import { namespace } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { notFound, StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

const protectedNames = ['default', 'kube-system', 'kube-public'];

/** Objects are created in namespaces that exist and stay; three namespaces are never deleted (upstream: NamespaceLifecycle). */
export const namespaceLifecycle = (store: Store): AdmissionStep => ({
  name: 'NamespaceLifecycle',
  async create(kind, draft) {
    if (!kind.namespaced) return;
    const name = draft.metadata.namespace ?? '';
    const entry = await store.get(storeKey(namespace, undefined, name));
    if (!entry) throw notFound(namespace, name);
    if (!isDeleting(decode(entry))) return;
    throw new StatusError(
      'Forbidden',
      `${kind.resource} "${draft.metadata.name}" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
      {
        details: {
          name: draft.metadata.name,
          ...(kind.group && { group: kind.group }),
          kind: kind.plural,
          causes: [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
        },
      },
    );
  },
  delete(kind, was) {
    if (kind.kind !== 'Namespace' || !protectedNames.includes(was.metadata.name)) return;
    throw new StatusError('Forbidden', `namespaces "${was.metadata.name}" is forbidden: this namespace may not be deleted`, {
      details: { name: was.metadata.name, kind: 'namespaces' },
    });
  },
});
