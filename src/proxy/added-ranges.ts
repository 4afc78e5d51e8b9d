import type { Informer } from '../client/index.ts';
import type { networking } from '../kinds/index.ts';
import type { Log } from '../lib/log.ts';
import { contains } from './cidr.ts';

/** A range that is kept local to this host until it ends. */
type Kept = { look(): void; end(): Promise<void> };

/** Service addresses besides the cluster's own range: what ServiceCIDR objects add. */
export interface AddedRanges {
  contains(address: string): boolean;
  list(): readonly string[];
  /** Looks after one of them, since something may have removed it. */
  look(cidr: string): void;
  end(): Promise<void>;
}

/** IPv4 ranges of an object that the cluster's own does not have. */
export const rangesOf = ({ spec }: networking.ServiceCIDR, own: string): string[] =>
  (spec?.cidrs ?? []).filter((it) => !it.includes(':') && it !== own);

/** Keeps each range that is added as long as its object is there. */
export function followAddedRanges(
  objects: Pick<Informer<networking.ServiceCIDR>, 'onChange'>,
  own: string,
  { keep, changed, log }: { keep: (cidr: string) => Promise<Kept>; changed: () => unknown; log: Log },
): AddedRanges {
  const kept = new Map<string, Promise<Kept | undefined>>();
  const begin = (cidr: string): Promise<Kept | undefined> =>
    keep(cidr).catch((error: unknown) => {
      log.warn('a range of service addresses cannot be used', { cidr, error: String(error) });
      return undefined;
    });
  const end = async (cidr: string): Promise<void> => {
    const known = kept.get(cidr);
    kept.delete(cidr);
    await (await known)?.end();
  };
  const stop = objects.onChange(({ type, object }) => {
    for (const cidr of rangesOf(object, own)) {
      if (type === 'deleted') void end(cidr);
      else if (!kept.has(cidr)) kept.set(cidr, begin(cidr));
      else continue;
      changed();
    }
  });
  return {
    list: () => [...kept.keys()],
    look: (cidr) => void kept.get(cidr)?.then((it) => it?.look()),
    contains: (address) => [...kept.keys()].some((cidr) => contains(cidr, address)),
    async end() {
      stop();
      await Promise.all([...kept.keys()].map(end));
    },
  };
}
