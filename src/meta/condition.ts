/** The fields that conditions of every kind share. */
type AnyCondition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string };

export const findCondition = <C extends AnyCondition>(conditions: readonly C[] | undefined, type: string): C | undefined =>
  conditions?.find((it) => it.type === type);

export const isTrue = (conditions: readonly AnyCondition[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';

/** The list with `condition` in its place; lastTransitionTime moves only when the status does. */
export function withCondition<C extends AnyCondition>(conditions: readonly C[] | undefined, condition: C, now: string): C[] {
  const before = findCondition(conditions, condition.type);
  const lastTransitionTime = before && before.status === condition.status ? before.lastTransitionTime : now;
  const next = { ...condition, lastTransitionTime };
  if (!before) return [...(conditions ?? []), next];
  return (conditions ?? []).map((it) => (it === before ? next : it));
}
