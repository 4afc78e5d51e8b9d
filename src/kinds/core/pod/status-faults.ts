import { type FieldError, duplicate, forbidden, invalidValue } from '../../../meta/field-error.ts';
import { dns1123Subdomain, qualifiedName } from '../../../meta/names.ts';
import { addressFaults, faultsOf } from '../../faults.ts';
import { isIP } from 'node:net';
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../generated/core-v1.ts';

const ownConditions = ['PodScheduled', 'Ready', 'Initialized'];

/** What a status may not say, or no longer say (ValidatePodStatusUpdate). */
export function podStatusFaults({ spec, status = {} }: Pod, { status: was = {} }: Pod): FieldError[] {
  const { nominatedNodeName, qosClass } = status;
  const { containers, initContainers = [] } = spec;
  return [
    ...conditionFaults(status),
    ...(nominatedNodeName && nominatedNodeName !== was.nominatedNodeName
      ? faultsOf('status.nominatedNodeName', nominatedNodeName, dns1123Subdomain(nominatedNodeName))
      : []),
    ...(was.qosClass !== undefined && qosClass !== was.qosClass
      ? [invalidValue('status.qosClass', qosClass ?? '', 'field is immutable')]
      : []),
    ...transitionFaults('status.containerStatuses', status.containerStatuses, was.containerStatuses, (it, code) =>
      mayRestart(spec, named(containers, it), code),
    ),
    ...transitionFaults('status.initContainerStatuses', status.initContainerStatuses, was.initContainerStatuses, (it, code) =>
      mayRestart(spec, named(initContainers, it), code),
    ),
    // Those that were added to look around never run again.
    ...transitionFaults(
      'status.ephemeralContainerStatuses',
      status.ephemeralContainerStatuses,
      was.ephemeralContainerStatuses,
      () => false,
    ),
    ...claimFaults(status, spec),
    ...addressesFaults('status.podIPs', status.podIPs),
    ...addressesFaults('status.hostIPs', status.hostIPs),
  ];
}

const named = (list: readonly Container[], name: string): Container | undefined => list.find((it) => it.name === name);

function conditionFaults({ conditions = [] }: PodStatus): FieldError[] {
  return conditions.flatMap(({ type }, i) =>
    // The path is upstream's, below metadata.
    ownConditions.includes(type) ? [] : faultsOf(`metadata.conditions[${i}].Type`, type, qualifiedName(type)),
  );
}

/** Whether one that ended with this code may run again: by its own rules, its own policy, the pod's. */
function mayRestart(spec: PodSpec, container: Container | undefined, code: number): boolean {
  for (const { action, exitCodes } of container?.restartPolicyRules ?? []) {
    const isIn = exitCodes?.values?.includes(code) ?? false;
    if (action.startsWith('Restart') && exitCodes && isIn === (exitCodes.operator === 'In')) return true;
  }
  const policy = container?.restartPolicy ?? spec.restartPolicy ?? 'Always';
  // The pod's own word counts for all of it: who always starts again may also do so after a change of the machine.
  if (policy === 'Always' || spec.restartPolicy === 'Always') return true;
  return policy === 'OnFailure' && code !== 0;
}

function transitionFaults(
  path: string,
  now: readonly ContainerStatus[] = [],
  before: readonly ContainerStatus[] = [],
  mayRun: (name: string, exitCode: number) => boolean,
): FieldError[] {
  return before.flatMap(({ name, state }, i) => {
    if (!state?.terminated || mayRun(name, state.terminated.exitCode)) return [];
    const goesOn = now.some((it) => it.name === name && !it.state?.terminated);
    return goesOn ? [forbidden(`${path}[${i}].state`, 'may not be transitioned to non-terminated state')] : [];
  });
}

function claimFaults({ resourceClaimStatuses = [] }: PodStatus, spec: PodSpec): FieldError[] {
  const path = 'status.resourceClaimStatuses';
  return resourceClaimStatuses.flatMap(({ name, resourceClaimName }, i) => [
    ...(spec.resourceClaims?.some((it) => it.name === name)
      ? []
      : [invalidValue(`${path}[${i}].name`, name, 'must match the name of an entry in `spec.resourceClaims`')]),
    ...(resourceClaimStatuses.findIndex((it) => it.name === name) < i ? [duplicate(`${path}[${i}].name`, name)] : []),
    ...(resourceClaimName === undefined ? [] : faultsOf(`${path}[${i}].name`, resourceClaimName, dns1123Subdomain(resourceClaimName))),
  ]);
}

/** One of each family at most. */
function addressesFaults(path: string, list: ReadonlyArray<{ ip?: string }> = []): FieldError[] {
  const addresses = list.map((it) => it.ip ?? '');
  const faults = addresses.flatMap((it, i) => addressFaults(`${path}[${i}]`, it));
  if (faults.length > 0 || new Set(addresses.map((it) => isIP(it))).size === addresses.length) return faults;
  return [invalidValue(path, list, 'specify no more than one IP for each IP family')];
}
