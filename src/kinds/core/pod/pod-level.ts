import { type FieldError, invalidValue, notSupported } from '../../../meta/field-error.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import type { PodSpec } from '../../generated/core-v1.ts';
import { resourceFaults } from './container.ts';
import { containerAmounts, isPodLevel } from './resources.ts';

/** Faults of what a pod asks for as a whole: only some resources, and no less than its containers (KEP-2837). */
export function podLevelFaults(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const at = `${path}.resources`;
  const faults: FieldError[] = [];
  for (const field of ['limits', 'requests'] as const) {
    for (const name of Object.keys(resources[field] ?? {}))
      if (!isPodLevel(name)) faults.push(notSupported(`${at}.${field}[${name}]`, name, ['cpu', 'hugepages-', 'memory']));
  }
  faults.push(...resourceFaults(resources, at));
  for (const [name, sum] of Object.entries(containerAmounts(spec, 'requests'))) {
    const request = resources.requests?.[name];
    if (request !== undefined && compareQuantities(sum, request) > 0)
      faults.push(
        invalidValue(`${at}.requests[${name}]`, request, `must be greater than or equal to aggregate container requests of ${sum}`),
      );
  }
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
        const most = resources.limits?.[name];
        if (most !== undefined && compareQuantities(limit, most) > 0)
          faults.push(
            invalidValue(`${path}.${list}[${i}].resources.limits[${name}]`, limit, `must be less than or equal to pod limits of ${most}`),
          );
      }
    }
  }
  return faults;
}
