import type { Service } from '../../generated/core-v1.ts';

/** On a Service: its traffic goes to a process on the host as long as the named Lease is kept. */
export const swapAnnotation = 'peapod.dev/swap';

/** Where the traffic of one port goes instead of to pods. */
export type Swap = {
  /** The name of the Service's port; '' for one that has none. */
  port: string;
  /** What pods reach: a relay on the host, at the node's own address. */
  address: string;
  number: number;
  node: string;
  /** What the relay leads to, in the user's words: localhost:3000. */
  to: string;
  lease: string;
};

/** Undefined when there is none, or what is written there is none. */
export function swapOf(it: Service): Swap | undefined {
  const text = it.metadata.annotations?.[swapAnnotation];
  if (text === undefined) return undefined;
  try {
    const { port, address, number, node, to, lease } = JSON.parse(text) as Partial<Record<keyof Swap, unknown>>;
    const areTexts = [port, address, node, to, lease].every((one) => typeof one === 'string');
    if (!areTexts || !Number.isInteger(number)) return undefined;
    return { port, address, number, node, to, lease } as Swap;
  } catch {
    return undefined;
  }
}
