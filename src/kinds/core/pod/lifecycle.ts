import { type FieldError, forbidden, notSupported } from '../../../meta/field-error.ts';
import { messageOf } from '../../../meta/schema/schema.ts';
import type { Container, PodSpec } from '../../generated/core-v1.ts';
import { handlerFaults } from './probe.ts';

/** Hooks and the stop signal of a container, by what its pod says. */
export function lifecycleFaults({ lifecycle }: Container, path: string, spec: PodSpec): FieldError[] {
  if (!lifecycle) return [];
  const faults = (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle[hook];
    return handler ? handlerFaults(handler, `${path}.${hook}`, spec) : [];
  });
  const { stopSignal } = lifecycle;
  if (stopSignal === undefined) return faults;
  const signals = signalsOf(spec.os?.name);
  if (!spec.os) faults.push(forbidden(`${path}.stopSignal`, 'may not be set for containers with empty `spec.os.name`'));
  else if (signals && !signals.includes(stopSignal)) faults.push(notSupported(`${path}.stopSignal`, stopSignal, signals));
  return faults;
}

function signalsOf(os: string | undefined): readonly string[] | undefined {
  if (os === 'windows') return ['SIGKILL', 'SIGTERM'];
  return os === 'linux' ? messageOf('core/v1.Lifecycle')?.fields.get('stopSignal')?.enum?.toSorted() : undefined;
}
