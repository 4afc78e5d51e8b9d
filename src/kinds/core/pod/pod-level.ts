import { type FieldError, forbidden, invalidValue } from '../../../meta/field-error.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import type { PodSpec } from '../../generated/core-v1.ts';
import { resourceFaults } from './resource-faults.ts';
import { containerAmounts } from './resources.ts';

/** Faults of what a pod asks for as a whole: only some resources, and no less than its containers (KEP-2837). */
export function podLevelFaults(spec: PodSpec, path: string, claims: ReadonlySet<string>): FieldError[] {
  const { resources } = spec;
  const at = `${path}.resources`;
  if (!resources) return [];
  if (spec.os?.name === 'windows') return [forbidden(at, 'may not be set for a windows pod')];
  const faults = resources.claims ? [forbidden(`${at}.claims`, 'claims may not be set for Resources at pod-level')] : [];
  faults.push(...resourceFaults(resources, at, { names: 'pod', claims }));
  for (const field of ['requests', 'limits'] as const) {
    for (const [name, sum] of Object.entries(containerAmounts(spec, field))) {
      const whole = resources[field]?.[name];
      if (field === 'limits' && !name.startsWith('hugepages-')) continue;
      if (whole !== undefined && compareQuantities(sum, whole) > 0)
        faults.push(
          invalidValue(`${at}.${field}[${name}]`, whole, `must be greater than or equal to aggregate container ${field} of ${sum}`),
        );
    }
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = resources.limits?.[name];
      // Upstream tells it at a path that is not there.
      if (most !== undefined && compareQuantities(limit, most) > 0)
        faults.push(invalidValue(`${at}.containers[${i}][${name}].limits`, limit, `must be less than or equal to pod limits of ${most}`));
    }
  }
  return faults;
}
