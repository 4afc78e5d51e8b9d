import { deepEqual } from '../../../meta/copy.ts';
import { type FieldError, forbidden } from '../../../meta/field-error.ts';
import type { Pod, PodSpec, Toleration } from '../../generated/core-v1.ts';

/** What an update of a pod may change, in upstream's words. */
const changeable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** The spec without what may change. */
function fixedPart(spec: PodSpec, gated: boolean): PodSpec {
  const { activeDeadlineSeconds: _a, tolerations: _t, schedulingGates: _g, ...rest } = spec;
  const fixed: PodSpec = { ...rest, containers: spec.containers.map((it) => ({ ...it, image: '' })) };
  if (spec.initContainers) fixed.initContainers = spec.initContainers.map((it) => ({ ...it, image: '' }));
  // While gates hold a pod back, it may still be narrowed down to fewer nodes.
  if (gated) {
    delete fixed.nodeSelector;
    delete fixed.affinity;
  }
  return fixed;
}

const tolerates = (one: Toleration, other: Toleration): boolean =>
  deepEqual({ ...one, tolerationSeconds: undefined }, { ...other, tolerationSeconds: undefined });

export function podUpdateFaults(pod: Pod, was: Pod): FieldError[] {
  const faults: FieldError[] = [];
  const lists = ['containers', 'initContainers'] as const;
  const resized = lists.filter((it) => (pod.spec[it]?.length ?? 0) !== (was.spec[it]?.length ?? 0));
  if (resized.length > 0) return resized.map((it) => forbidden(`spec.${it}`, 'pod updates may not add or remove containers'));
  const [before, now] = [was.spec.activeDeadlineSeconds, pod.spec.activeDeadlineSeconds];
  if (before !== undefined && (now === undefined || now > before))
    faults.push({
      path: 'spec.activeDeadlineSeconds',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${now ?? 'null'}: must be less than or equal to previous value`,
    });
  if ((was.spec.tolerations ?? []).some((it) => !(pod.spec.tolerations ?? []).some((one) => tolerates(one, it))))
    faults.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  const gates = new Set((was.spec.schedulingGates ?? []).map((it) => it.name));
  if ((pod.spec.schedulingGates ?? []).some((it) => !gates.has(it.name)))
    faults.push(forbidden('spec.schedulingGates', 'only deletion is allowed, but found new scheduling gates'));
  if (!deepEqual(fixedPart(pod.spec, gates.size > 0), fixedPart(was.spec, gates.size > 0))) faults.push(forbidden('spec', changeable));
  return faults;
}
