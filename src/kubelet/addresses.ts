import { toAddress, toNumber } from '../lib/ipv4.ts';

/** Addresses of one node's range, handed out by us alone: the engine must never choose one on this network. */
export type Addresses = {
  /** The next free one. Goes round the range, so that an address that was given back stays unused for long. Fails when all are taken. */
  take(): string;
  /** Counts `address` as taken; false when it already was, or is none of ours. */
  reserve(address: string): boolean;
  release(address: string): void;
  taken(): number;
};

/** First and last address of a range such as 10.244.0.0/24. */
export function rangeOf(cidr: string): { network: number; broadcast: number } {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr);
  const bits = Number(match?.[2]);
  if (!match || bits > 30) throw new Error(`${JSON.stringify(cidr)} is no IPv4 range with room for pods`);
  const size = 2 ** (32 - bits);
  const network = Math.floor(toNumber(match[1] as string) / size) * size;
  return { network, broadcast: network + size - 1 };
}

/** The first host address: the bridge's, and so the node's. */
export const gatewayOf = (cidr: string): string => toAddress(rangeOf(cidr).network + 1);

export function createAddresses(cidr: string): Addresses {
  const { network, broadcast } = rangeOf(cidr);
  const lowest = network + 2;
  const used = new Set<number>();
  let cursor = lowest;
  return {
    take() {
      for (let tried = lowest; tried < broadcast; tried++) {
        const candidate = cursor;
        cursor = cursor + 1 < broadcast ? cursor + 1 : lowest;
        if (used.has(candidate)) continue;
        used.add(candidate);
        return toAddress(candidate);
      }
      throw new Error(
        `failed to allocate for range 0: no IP addresses available in range set: ${toAddress(lowest)}-${toAddress(broadcast - 1)}`,
      );
    },
    reserve(address) {
      const n = toNumber(address);
      if (n < lowest || n >= broadcast || used.has(n)) return false;
      used.add(n);
      if (n >= cursor) cursor = n + 1 < broadcast ? n + 1 : lowest;
      return true;
    },
    release: (address) => void used.delete(toNumber(address)),
    taken: () => used.size,
  };
}
