import { ipAddress, type networking, service } from '../../kinds/index.ts';
import { isReason } from '../../meta/status-error.ts';
import { type Controller, done } from '../run.ts';
import { addressesOf, draftFor, parentOf } from './plan.ts';

/** One IPAddress for every address of a Service: what is given out shows, and whose it is. */
export const ipAddresses: Controller = {
  name: 'ip-address',
  for: service,
  also: [{ kind: ipAddress, keys: (it) => [parentOf(it as networking.IPAddress) ?? []].flat() }],
  async reconcile(key, { client, informers }) {
    const it = informers.of(service).get(key);
    const wanted = addressesOf(it);
    const known = informers.of(ipAddress);
    // A Service keeps the address it has, so there is something to take away only when it has none.
    const stale = wanted.length > 0 ? [] : known.list().filter((one) => parentOf(one) === key);
    for (const { metadata } of stale) await client.delete(ipAddress, { name: metadata.name }, { preconditions: { uid: metadata.uid } });
    for (const address of wanted) {
      const found = known.get(address);
      if (!it || (found && parentOf(found) === key)) continue;
      // The address went from one Service to another before we looked.
      if (found && parentOf(found)) await client.delete(ipAddress, { name: address }, { preconditions: { uid: found.metadata.uid } });
      try {
        await client.create(ipAddress, draftFor(address, it));
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
      }
    }
    return done;
  },
};
