import { ipAddress, type networking, serviceCidr } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { withCondition } from '../../meta/condition.ts';
import { type Controller, done } from '../run.ts';
import { finalizer, isIn, planCidr } from './plan.ts';

type Condition = NonNullable<NonNullable<networking.ServiceCIDR['status']>['conditions']>[number];

const ready = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' } as const;
const going = {
  ...({ type: 'Ready', status: 'False', reason: 'Terminating' } as const),
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
};

/** Ranges of service addresses: says when one may be used, and keeps it as long as Services have addresses of it. */
export const serviceCidrs: Controller = {
  name: 'service-cidr',
  for: serviceCidr,
  also: [
    {
      kind: ipAddress,
      keys: ({ metadata }, { informers }) =>
        informers
          .of(serviceCidr)
          .list()
          .filter((it) => it.metadata.deletionTimestamp && it.spec?.cidrs?.some((cidr) => isIn(cidr, metadata.name)))
          .map((it) => it.metadata.name),
    },
  ],
  async reconcile(key, { client, clock, informers }) {
    const it = informers.of(serviceCidr).get(key);
    if (!it) return done;
    const addresses = async () => (await client.list(ipAddress, {})).items.map(({ metadata }) => metadata.name);
    const plan = planCidr(it, informers.of(serviceCidr).list(), it.metadata.deletionTimestamp ? await addresses() : []);
    const others = (it.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    if (plan.type === 'release') {
      await client.change(serviceCidr, it, (draft) => {
        draft.metadata.finalizers = others;
      });
      return done;
    }
    if (plan.type === 'ready' && !it.metadata.finalizers?.includes(finalizer)) {
      await client.change(serviceCidr, it, (draft) => {
        draft.metadata.finalizers = [...others, finalizer];
      });
    }
    const now = toTime(clock.now());
    await client.changeStatus(serviceCidr, it.metadata, (draft) => {
      const wanted = { ...(plan.type === 'ready' ? ready : going), lastTransitionTime: now };
      const was = draft.status?.conditions?.find((one) => one.type === 'Ready');
      if (was?.status === wanted.status) return false;
      draft.status = { ...draft.status, conditions: withCondition<Condition>(draft.status?.conditions, wanted, now) };
      return true;
    });
    return done;
  },
};
