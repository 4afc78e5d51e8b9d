import { deepEqual } from '../../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue } from '../../../meta/field-error.ts';
import { changedLines } from '../../changed-lines.ts';
import type { Container, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../generated/core-v1.ts';

/** What an update of a pod may change, in upstream's words. */
const changeable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The new spec with what may change set back to what it was. */
function settledBack(now: PodSpec, was: PodSpec): PodSpec {
  const spec: PodSpec = { ...now, containers: withImages(now.containers, was.containers) };
  if (now.initContainers) spec.initContainers = withImages(now.initContainers, was.initContainers ?? []);
  const kept: Array<keyof PodSpec> = ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'];
  // While gates hold a pod back, it may still be narrowed down to fewer nodes.
  if (was.schedulingGates?.length) kept.push('nodeSelector');
  for (const field of kept) {
    delete spec[field];
    if (was[field] !== undefined) Object.assign(spec, { [field]: was[field] });
  }
  if (was.schedulingGates?.length && !deepEqual(now.affinity?.nodeAffinity, was.affinity?.nodeAffinity)) {
    const { nodeAffinity: _, ...others } = now.affinity ?? {};
    const affinity = { ...others, ...(was.affinity?.nodeAffinity && { nodeAffinity: was.affinity.nodeAffinity }) };
    delete spec.affinity;
    if (was.affinity || Object.keys(affinity).length > 0) spec.affinity = affinity;
  }
  return spec;
}

const withImages = (now: readonly Container[], was: readonly Container[]): Container[] =>
  now.map(({ image: _, ...rest }, i) => ({ ...rest, ...(was[i]?.image !== undefined && { image: was[i].image }) }));

const tolerates = (one: Toleration, other: Toleration): boolean =>
  deepEqual({ ...one, tolerationSeconds: undefined }, { ...other, tolerationSeconds: undefined });

/** What may not become of a pod (ValidatePodUpdate). */
export function podUpdateFaults({ spec }: Pod, { spec: was }: Pod): FieldError[] {
  for (const list of ['containers', 'initContainers'] as const)
    if ((spec[list]?.length ?? 0) !== (was[list]?.length ?? 0))
      return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
  const faults: FieldError[] = [];
  const at = 'spec.activeDeadlineSeconds';
  const [before, now] = [was.activeDeadlineSeconds, spec.activeDeadlineSeconds];
  if (now !== undefined && (now < 0 || now > 2_147_483_647)) return [invalidValue(at, now, 'must be between 0 and 2147483647, inclusive')];
  if (now !== undefined && before !== undefined && before < now)
    return [invalidValue(at, now, 'must be less than or equal to previous value')];
  if (now === undefined && before !== undefined)
    faults.push(invalidValue(at, null, 'must not update from a positive integer to nil value'));
  if ((was.tolerations ?? []).some((it) => !(spec.tolerations ?? []).some((one) => tolerates(one, it))))
    faults.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  const gates = (was.schedulingGates ?? []).map((it) => it.name);
  for (const [i, { name = '' }] of (spec.schedulingGates ?? []).entries())
    if (!gates.includes(name))
      faults.push(forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`));
  if (gates.length > 0) faults.push(...narrowingFaults(spec, was));
  const settled = settledBack(spec, was);
  if (!deepEqual(settled, was)) faults.push(forbidden('spec', `${changeable}\n${changedLines(was, settled)}`));
  return faults;
}

/** Fewer nodes than before, not others. */
function narrowingFaults(spec: PodSpec, was: PodSpec): FieldError[] {
  const faults: FieldError[] = [];
  const { nodeSelector } = spec;
  if (Object.entries(was.nodeSelector ?? {}).some(([key, value]) => nodeSelector?.[key] !== value))
    faults.push(
      invalidValue(
        'spec.nodeSelector',
        nodeSelector ?? null,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    );
  const terms = (it: PodSpec): NodeSelectorTerm[] =>
    it.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [before, now] = [terms(was), terms(spec)];
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (before.length > 0 && before.length !== now.length)
    return [...faults, invalidValue(path, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  for (const [i, term] of before.entries())
    if (!beginsWith(now[i]?.matchExpressions, term.matchExpressions) || !beginsWith(now[i]?.matchFields, term.matchFields))
      faults.push(invalidValue(`${path}[${i}]`, now[i], 'only additions are allowed (no mutations or deletions)'));
  return faults;
}

const beginsWith = (now: readonly object[] = [], was: readonly object[] = []): boolean => was.every((it, i) => deepEqual(it, now[i]));
