import { type core, lease, service, swapAnnotation, swapOf } from '../../kinds/index.ts';
import { splitKey } from '../../meta/owner.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, done } from '../run.ts';
import { planSwap } from './plan.ts';

/** Services that were said to be swapped: each swap is told once. */
const told = perRun(() => new Map<string, string>());

/** Gives the traffic of a Service back to its pods when the process that had it is gone, however it went. */
export const swaps: Controller = {
  name: 'swap',
  for: service,
  also: [
    {
      kind: lease,
      keys: ({ metadata }, { informers }) =>
        metadata.name.startsWith('swap-')
          ? informers
              .of(service)
              .inNamespace(metadata.namespace ?? '')
              .filter((it) => swapOf(it)?.lease === metadata.name)
              .map((it) => `${it.metadata.namespace}/${it.metadata.name}`)
          : [],
    },
  ],
  async reconcile(key, context) {
    const { client, clock, informers, recorder } = context;
    const it = informers.of(service).get(key);
    const swap = it && swapOf(it);
    if (!it || !swap) {
      told(context).delete(key);
      return done;
    }
    const { namespace = '' } = splitKey(key);
    const place = { namespace, name: swap.lease };
    // One made a moment ago may not be in the cache yet.
    const kept = informers.of(lease).get(`${namespace}/${swap.lease}`) ?? (await client.get(lease, place));
    const plan = planSwap(swap, kept, clock.now());
    if (plan.type === 'lasts') {
      if (told(context).get(key) !== swap.lease)
        recorder.record(it, 'Normal', 'Swapped', `Traffic of port ${portText(swap.port)} goes to ${swap.to} on the host`);
      told(context).set(key, swap.lease);
      return again(plan.wakeIn + 50);
    }
    await client.change(service, it, (draft: core.Service) => {
      if (swapOf(draft)?.lease !== swap.lease) return false;
      delete draft.metadata.annotations?.[swapAnnotation];
      return true;
    });
    await client.delete(lease, place);
    recorder.record(it, 'Normal', 'SwapEnded', `Traffic goes to pods again: ${plan.why}`);
    return done;
  },
};

const portText = (name: string): string => name || '<unset>';
