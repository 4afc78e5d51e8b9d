import { duplicate, type FieldError, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, portName, portNumber } from '../../../meta/names.ts';
import { faultsOf } from '../../faults.ts';
import type { Container, PodSpec } from '../../generated/core-v1.ts';
import { envFaults } from './env.ts';
import { deviceFaults, mountFaults, type Volumes } from './mounts.ts';
import { resizePolicyFaults } from './resize-policy.ts';
import { resourceFaults } from './resource-faults.ts';
import { containerSecurityFaults } from './security.ts';

/** What containers are checked against: the pod they are in, its sound volumes, its claims of devices. */
export type Surroundings = { spec: PodSpec; volumes: Volumes; claims: ReadonlySet<string> };

const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

/** Faults of a container of any list, in the order upstream tells them. */
export function containerFaults(container: Container, path: string, { spec, volumes, claims }: Surroundings): FieldError[] {
  const { name, image, terminationMessagePolicy: policy } = container;
  const messages = ['File', 'FallbackToLogsOnError'];
  return [
    ...(name ? faultsOf(`${path}.name`, name, dns1123Label(name)) : [required(`${path}.name`)]),
    ...(image ? [] : [required(`${path}.image`)]),
    ...(!policy || messages.includes(policy) ? [] : [notSupported(`${path}.terminationMessagePolicy`, policy, messages)]),
    ...portFaults(container, `${path}.ports`),
    ...envFaults(container, path),
    ...mountFaults(container, path, volumes),
    ...deviceFaults(container, path, volumes),
    ...pullPolicyFaults(container.imagePullPolicy, `${path}.imagePullPolicy`),
    ...resourceFaults(container.resources, `${path}.resources`, { claims }),
    ...resizePolicyFaults(container.resizePolicy, `${path}.resizePolicy`, spec.restartPolicy ?? 'Always'),
    ...containerSecurityFaults(container.securityContext, `${path}.securityContext`, spec.hostUsers !== false),
  ];
}

export const pullPolicyFaults = (policy: string | undefined, path: string): FieldError[] =>
  !policy || pullPolicies.includes(policy) ? [] : [notSupported(path, policy, pullPolicies)];

/** Only pods are told: templates of old may have such images. */
export const imageSpaceFaults = ({ image = '' }: Container, path: string): FieldError[] =>
  image === image.trim() ? [] : [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')];

function portFaults({ ports }: Container, path: string): FieldError[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${path}[${i}]`;
    const faults: FieldError[] = [];
    if (name) {
      const texts = portName(name);
      faults.push(...faultsOf(`${at}.name`, name, texts));
      if (texts.length === 0 && names.has(name)) faults.push(duplicate(`${at}.name`, name));
      if (texts.length === 0) names.add(name);
    }
    if (!containerPort) faults.push(required(`${at}.containerPort`));
    else faults.push(...faultsOf(`${at}.containerPort`, containerPort, portNumber(containerPort)));
    if (hostPort) faults.push(...faultsOf(`${at}.hostPort`, hostPort, portNumber(hostPort)));
    if (protocol && !protocols.includes(protocol)) faults.push(notSupported(`${at}.protocol`, protocol, protocols));
    return faults;
  });
}
