import type { Taint, Toleration } from '../generated/core-v1.ts';

/**
 * An empty key is every key, an empty effect every effect; what no operator is given for must be equal (v1.Toleration,
 * ToleratesTaint). That an empty key goes with Exists alone, validation sees to.
 */
export function tolerates({ key, operator = 'Equal', value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === 'Equal' || !operator) && (value ?? '') === (taint.value ?? '');
}

export const isTolerated = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean =>
  (tolerations ?? []).some((it) => tolerates(it, taint));

/** The first taint that keeps a pod with these tolerations off a node. */
export const untolerated = (taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined) =>
  taints?.find((it) => it.effect !== 'PreferNoSchedule' && !isTolerated(tolerations, it));
