import type { Client, EventRecorder } from '../client/index.ts';
import { ingress, type networking } from '../kinds/index.ts';
import type { Log } from '../lib/log.ts';
import { deepEqual } from '../meta/copy.ts';
import { isDeleting } from '../meta/owner.ts';

type Entry = NonNullable<NonNullable<NonNullable<networking.Ingress['status']>['loadBalancer']>['ingress']>[number];
/** Where the front takes traffic in. */
export type Address = { ip: string; ports: readonly number[] };

export const wantedIngress = (isOurs: boolean, addresses: readonly Address[]): Entry[] =>
  isOurs ? addresses.map(({ ip, ports }) => ({ ip, ports: ports.map((port) => ({ port, protocol: 'TCP' as const })) })) : [];

/** Writes where each Ingress is served, as a controller of ingresses does. One write after the other. */
export function createIngressStatus(deps: { client: Client; recorder: EventRecorder; log: Log }, addresses: () => readonly Address[]) {
  const { client, recorder, log } = deps;
  let writing: Promise<void> = Promise.resolve();
  const told = new Map<string, string>();

  async function write(it: networking.Ingress, isOurs: boolean): Promise<void> {
    const wanted = wantedIngress(isOurs, addresses());
    const written = await client.changeStatus(ingress, it, (draft) => {
      if (deepEqual(draft.status?.loadBalancer?.ingress ?? [], wanted)) return false;
      draft.status = { loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
      return true;
    });
    if (written && isOurs && wanted.length > 0 && !it.status?.loadBalancer?.ingress?.length)
      recorder.record(written, 'Normal', 'Sync', 'Scheduled for sync');
  }

  return {
    /** Never fails. `faults` are told once for each Ingress that they keep from being reached. */
    update(it: networking.Ingress, isOurs: boolean, faults: readonly string[]): void {
      const message = faults.join('; ');
      if (isOurs && message !== '' && told.get(it.metadata.uid) !== message) {
        told.set(it.metadata.uid, message);
        recorder.record(it, 'Warning', 'PortNotAvailable', message);
      }
      const has = it.status?.loadBalancer?.ingress ?? [];
      // Somebody else's entry in an Ingress that is not ours is not ours either.
      if (isDeleting(it) || deepEqual(has, wantedIngress(isOurs, addresses())) || (!isOurs && !told.has(it.metadata.uid))) return;
      if (isOurs) told.set(it.metadata.uid, message);
      writing = writing
        .then(() => write(it, isOurs))
        .catch((error: unknown) =>
          log.warn('the status of an ingress was not written', { ingress: it.metadata.name, error: String(error) }),
        );
    },
    settled: () => writing,
  };
}
