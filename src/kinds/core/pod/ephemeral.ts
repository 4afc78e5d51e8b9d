import { type FieldError, fieldNotFound, forbidden } from '../../../meta/field-error.ts';
import type { EphemeralContainer, PodSpec } from '../../generated/core-v1.ts';

const notForThese = 'cannot be set for an Ephemeral Container';
/** What the fields of a container may say that is there to look at others, not to do the pod's work. */
const denied = [
  'ports',
  'resources',
  'resizePolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'restartPolicyRules',
] as const;

const isSet = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);

/** What the rules of all containers do not say of an ephemeral one. */
export function ephemeralFaults(it: EphemeralContainer, path: string, spec: PodSpec): FieldError[] {
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name);
  const target = it.targetContainerName;
  return [
    ...(target && !others.includes(target) ? [fieldNotFound(`${path}.targetContainerName`, target)] : []),
    ...denied.filter((name) => isSet(it[name])).map((name) => forbidden(`${path}.${name}`, notForThese)),
    ...(it.restartPolicy ? [forbidden(`${path}.restartPolicy`, notForThese)] : []),
    ...(it.volumeMounts ?? []).flatMap((mount, i) =>
      (['subPath', 'subPathExpr'] as const)
        .filter((name) => mount[name])
        .map((name) => forbidden(`${path}.volumeMounts[${i}].${name}`, notForThese)),
    ),
  ];
}
