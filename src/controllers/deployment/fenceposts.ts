import type { apps } from '../../kinds/index.ts';
import type { IntOrString } from '../../meta/types.ts';
import { wantedReplicas } from './sets.ts';

const scaled = (value: IntOrString | undefined, total: number, round: (n: number) => number): number =>
  typeof value === 'number' ? value : round((Number.parseInt(value ?? '0', 10) * total) / 100);

/** Surge is rounded up and unavailability down; when both come out as nothing, one pod may be missing, or nothing would ever move. */
function fenceposts({ spec }: apps.Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
  const total = wantedReplicas({ spec });
  const surge = scaled(maxSurge, total, Math.ceil);
  const unavailable = scaled(maxUnavailable, total, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export const isRolling = ({ spec }: apps.Deployment): boolean => spec.strategy?.type === 'RollingUpdate';

export const maxSurge = (deployment: apps.Deployment): number => (isRolling(deployment) ? fenceposts(deployment).surge : 0);

export const maxUnavailable = (deployment: apps.Deployment): number =>
  isRolling(deployment) ? Math.min(fenceposts(deployment).unavailable, wantedReplicas(deployment)) : 0;

export const minAvailable = (deployment: apps.Deployment): number => wantedReplicas(deployment) - maxUnavailable(deployment);
