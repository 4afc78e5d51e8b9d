import { type FieldError, forbidden, invalidValue, notSupported } from '../../../meta/field-error.ts';
import type { Container, PodSpec } from '../../generated/core-v1.ts';

const graceIfUnsaid = 30;

/** What hooks and the stop signal of a container may say by what its pod says. */
export function lifecycleFaults({ lifecycle }: Container, path: string, spec: PodSpec): FieldError[] {
  if (!lifecycle) return [];
  const grace = spec.terminationGracePeriodSeconds ?? graceIfUnsaid;
  const faults: FieldError[] = [];
  for (const hook of ['postStart', 'preStop'] as const) {
    const seconds = lifecycle[hook]?.sleep?.seconds ?? 0;
    if (seconds >= 0 && seconds <= grace) continue;
    const why = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
    faults.push(invalidValue(`${path}.${hook}.sleep`, seconds, why));
  }
  const { stopSignal } = lifecycle;
  if (!stopSignal) return faults;
  const os = spec.os?.name;
  if (!os) faults.push(forbidden(`${path}.stopSignal`, 'may not be set for containers with empty `spec.os.name`'));
  else if (os === 'windows' && stopSignal !== 'SIGTERM' && stopSignal !== 'SIGKILL')
    faults.push(notSupported(`${path}.stopSignal`, stopSignal, ['SIGKILL', 'SIGTERM']));
  return faults;
}
