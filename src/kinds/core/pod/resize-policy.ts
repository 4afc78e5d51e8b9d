import { duplicate, type FieldError, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import type { ContainerResizePolicy } from '../../generated/core-v1.ts';

/** What can change while a container runs. */
export const resizable: readonly string[] = ['cpu', 'memory'];

/** Whether a container starts anew when its CPU or memory changes. */
export function resizePolicyFaults(policies: readonly ContainerResizePolicy[] = [], path: string, podRestarts: string): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = '', restartPolicy = '' }, i) => {
    const faults: FieldError[] = seen.has(resourceName) ? [duplicate(`${path}[${i}]`, resourceName)] : [];
    seen.add(resourceName);
    if (!resourceName) faults.push(required(path));
    else if (!resizable.includes(resourceName)) faults.push(notSupported(path, resourceName, resizable));
    if (!restartPolicy) faults.push(required(path));
    else if (!['NotRequired', 'RestartContainer'].includes(restartPolicy))
      faults.push(notSupported(path, restartPolicy, ['NotRequired', 'RestartContainer']));
    if (podRestarts === 'Never' && restartPolicy !== 'NotRequired')
      faults.push(invalidValue(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    return faults;
  });
}
