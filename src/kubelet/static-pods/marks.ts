import type { core } from '../../kinds/index.ts';

/** Annotations by which static pods, and what shows them in the API, are known (kubelet, types). */
export const marks = {
  source: 'kubernetes.io/config.source',
  hash: 'kubernetes.io/config.hash',
  seen: 'kubernetes.io/config.seen',
  mirror: 'kubernetes.io/config.mirror',
} as const;

/** A pod of the node's own, from a file. */
export const isStatic = ({ metadata: { annotations } }: core.Pod): boolean => annotations?.[marks.source] === 'file';

/** The uid of the static pod that this one shows in the API; undefined for all others. */
export const mirroredBy = ({ metadata: { annotations } }: core.Pod): string | undefined => annotations?.[marks.mirror];
