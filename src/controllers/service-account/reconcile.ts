import { type core, namespace, serviceAccount } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { type Controller, done } from '../run.ts';

/** The account pods run as when they name none: every namespace has it, and it comes back when deleted. */
export const defaultServiceAccounts: Controller = {
  name: 'service-account',
  for: namespace,
  also: [{ kind: serviceAccount, keys: ({ metadata }) => (metadata.name === 'default' ? [metadata.namespace ?? ''] : []) }],
  async reconcile(name, { client, informers }) {
    const it = informers.of(namespace).get(name);
    if (!lacksAccount(it, informers.of(serviceAccount).get(`${name}/default`))) return done;
    try {
      await client.create(serviceAccount, { metadata: { name: 'default', namespace: name } });
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceGoing(error)) throw error;
    }
    return done;
  },
};

export const lacksAccount = (it: core.Namespace | undefined, account: core.ServiceAccount | undefined): boolean =>
  it !== undefined && !isDeleting(it) && it.status?.phase !== 'Terminating' && account === undefined;
