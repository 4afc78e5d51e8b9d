import type { Client, EventRecorder } from '../client/index.ts';
import { type core, service } from '../kinds/index.ts';
import { type Clock, toTime } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { deepEqual } from '../meta/copy.ts';
import { withCondition } from '../meta/condition.ts';
import { isDeleting, keyOf, splitKey } from '../meta/owner.ts';
import { isReason } from '../meta/status-error.ts';
import { contains } from './cidr.ts';
import { isBalanced } from './table.ts';

/** How a Service fares on this node. */
export type Served = {
  /** Every port listens at the address that LoadBalancer services get. */
  isBalanced: boolean;
  /** Its own address, where each Service has one of a pool; undefined: the node's. */
  address?: string | undefined;
  /** Sentences on ports that cannot be had. */
  faults: readonly string[];
};

/** `pool`: addresses of which each Service has one instead of the node's. */
type Node = { name: string; address: string; pool?: string | undefined };
type Status = core.ServiceStatus;
type Ingress = NonNullable<NonNullable<Status['loadBalancer']>['ingress']>;

/** Each node tells of its own ports alone. */
export const conditionType = (nodeName: string): string => `ports.peapod.dev/${nodeName}`;

/** What the status should be, seen from one node: it answers for its own entries alone. */
export function wantedStatus(it: core.Service, node: Node, served: Served, now: string): Status {
  const { conditions = [], loadBalancer, ...rest } = it.status ?? {};
  const ingress = wantedIngress(it, node, served);
  const type = conditionType(node.name);
  const others = conditions.filter((one) => one.type !== type);
  const message = served.faults.join('; ');
  const fault = { type, status: 'False', reason: 'PortNotAvailable', message } as const;
  // Only what is wrong is said: services that fare well cost no writes.
  const all =
    message === ''
      ? others
      : withCondition<NonNullable<Status['conditions']>[number]>(conditions, { ...fault, lastTransitionTime: now }, now);
  return {
    ...rest,
    ...(all.length > 0 && { conditions: all }),
    loadBalancer: ingress.length > 0 ? { ...loadBalancer, ingress } : {},
  };
}

function wantedIngress(it: core.Service, node: Node, { isBalanced: isServed, address = node.address }: Served): Ingress {
  const now = it.status?.loadBalancer?.ingress ?? [];
  const isOwn = (ip: string | undefined): boolean =>
    ip !== undefined && (ip === node.address || (node.pool !== undefined && contains(node.pool, ip)));
  if (!isBalanced(it)) return now.filter((entry) => !isOwn(entry.ip));
  // An address of ours that is not the right one is from before a change of the pool.
  const kept = now.filter((entry) => entry.ip === address || !isOwn(entry.ip));
  if (kept.some((entry) => entry.ip === address)) return kept.length === now.length ? now : kept;
  return !isServed || isDeleting(it) ? kept : [...kept, { ip: address, ipMode: 'VIP' }];
}

type Deps = { client: Client; recorder: EventRecorder; clock: Clock; log: Log };

/** Writes the status of services, as a cloud's controller would. One write at a time and service. */
export function createServiceStatus(node: Node, { client, recorder, clock, log }: Deps) {
  const writing = new Set<string>();
  const again = new Map<string, Served>();

  const differs = (it: core.Service, served: Served): boolean => {
    const wanted = wantedStatus(it, node, served, toTime(clock.now()));
    return !deepEqual(wanted, { loadBalancer: {}, ...it.status });
  };

  async function write(key: string, served: Served): Promise<void> {
    let isNew = false;
    const written = await client.changeStatus(service, splitKey(key) as { namespace: string; name: string }, (draft) => {
      if (!differs(draft, served)) return false;
      const before = draft.status?.loadBalancer?.ingress?.length ?? 0;
      draft.status = wantedStatus(draft, node, served, toTime(clock.now()));
      isNew = (draft.status.loadBalancer?.ingress?.length ?? 0) > before;
      return true;
    });
    if (written && isNew) recorder.record(written, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
  }

  return {
    /** Never fails; called again after every change of the service or of what listens. */
    async update(it: core.Service, served: Served): Promise<void> {
      const key = keyOf(it);
      if (writing.has(key)) {
        again.set(key, served);
        return;
      }
      if (!differs(it, served)) return;
      writing.add(key);
      try {
        let next: Served | undefined = served;
        while (next) {
          again.delete(key);
          await write(key, next);
          next = again.get(key);
        }
      } catch (error) {
        // The next change or the next listing of the service tries again.
        if (!isReason(error, 'NotFound')) log.warn('the status of a service was not written', { service: key, error: String(error) });
      } finally {
        writing.delete(key);
        again.delete(key);
      }
    },
  };
}
