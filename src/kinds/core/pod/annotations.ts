import { type FieldError, invalidValue } from '../../../meta/field-error.ts';
import type { PodSpec } from '../../generated/core-v1.ts';
import { profileAnnotationFaults } from './security.ts';

const mirror = 'kubernetes.io/config.mirror';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/** Annotations that mean something for a pod. */
export function podAnnotationFaults(annotations: { [key: string]: string } | undefined, spec: PodSpec, path: string): FieldError[] {
  if (!annotations) return [];
  const faults: FieldError[] = [];
  const source = annotations[mirror];
  if (source !== undefined && !spec.nodeName)
    faults.push(invalidValue(`${path}[${mirror}]`, source, 'must set spec.nodeName if mirror pod annotation is set'));
  const cost = annotations[deletionCost];
  if (cost !== undefined && !isDeletionCost(cost)) faults.push(invalidValue(`${path}[${deletionCost}]`, cost, 'must be a 32bit integer'));
  return [...faults, ...profileAnnotationFaults(annotations, spec, path)];
}

/** Digits without signs or noughts that say nothing, in the range of 32 bits. */
const isDeletionCost = (value: string): boolean => /^(0|-?[1-9]\d*)$/.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31;
