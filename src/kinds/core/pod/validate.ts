import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../../meta/names.ts';
import { validateAnnotations, validateLabels } from '../../../meta/object-meta.ts';
import { enumFaults } from '../../enums.ts';
import { addressFaults, faultsOf, idFaults, notNegative } from '../../faults.ts';
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec } from '../../generated/core-v1.ts';
import { containerFaults } from './container.ts';
import { podLevelFaults } from './pod-level.ts';
import { ephemeralFaults } from './ephemeral.ts';
import { lifecycleFaults } from './lifecycle.ts';
import { resizePolicyFaults } from './resize-policy.ts';
import { schedulingFaults } from './scheduling.ts';
import { volumeFaults } from './volume.ts';

/** Faults of a pod spec, wherever it stands (pkg/apis/core/validation). */
export function podSpecFaults(spec: PodSpec | undefined, path: string): FieldError[] {
  if (!spec) return [required(path)];
  const volumes = new Set((spec.volumes ?? []).map((it) => it.name));
  return [
    ...allVolumeFaults(spec, path),
    ...allContainerFaults(spec, path, volumes),
    ...hostPortFaults(spec, path),
    ...enumFaults('core/v1.PodSpec', spec, path),
    ...notNegative(`${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds),
    ...(spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1
      ? [invalidValue(`${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive')]
      : []),
    ...podLevelFaults(spec, path),
    ...schedulingFaults(spec, path),
    ...nameFaults(spec, path),
    ...networkFaults(spec, path),
    ...securityFaults(spec, path),
  ];
}

function allVolumeFaults(spec: PodSpec, path: string): FieldError[] {
  const names = new Set<string>();
  return (spec.volumes ?? []).flatMap((volume, i) => {
    const at = `${path}.volumes[${i}]`;
    const repeated = volume.name !== '' && names.has(volume.name);
    names.add(volume.name);
    return [...volumeFaults(volume, at), ...(repeated ? [duplicate(`${at}.name`, volume.name)] : [])];
  });
}

/** A template: metadata and a pod spec. */
export const podTemplateFaults = (template: PodTemplateSpec, path: string): FieldError[] => [
  ...validateLabels(template.metadata?.labels, `${path}.labels`),
  ...validateAnnotations(template.metadata?.annotations, `${path}.annotations`),
  ...podSpecFaults(template.spec, `${path}.spec`),
];

/** A template of pods that go on for ever, in a workload of the kind `owner`. */
export function templateFaults(template: PodTemplateSpec | undefined, path: string, owner = 'ReplicaSet'): FieldError[] {
  if (!template) return [required(path)];
  const policy = template.spec?.restartPolicy;
  const deadline = template.spec?.activeDeadlineSeconds;
  return [
    ...podTemplateFaults(template, path),
    ...(policy === 'OnFailure' || policy === 'Never' ? [notSupported(`${path}.spec.restartPolicy`, policy, ['Always'])] : []),
    ...(deadline === undefined
      ? []
      : [forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ];
}

function allContainerFaults(spec: PodSpec, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const faults: FieldError[] = spec.containers?.length ? [] : [required(`${path}.containers`)];
  const names = new Set<string>();
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      const at = `${path}.${list}[${i}]`;
      faults.push(...containerFaults(container as Container, at, volumes, list === 'initContainers'));
      faults.push(...resizePolicyFaults(container.resizePolicy, `${at}.resizePolicy`, spec.restartPolicy ?? 'Always'));
      faults.push(...lifecycleFaults(container as Container, `${at}.lifecycle`, spec));
      if (list === 'ephemeralContainers') faults.push(...ephemeralFaults(container as EphemeralContainer, at, spec));
      if (container.name && names.has(container.name)) faults.push(duplicate(`${at}.name`, container.name));
      names.add(container.name);
    }
  }
  return faults;
}

/** Names of other objects and of the pod itself. */
function nameFaults(spec: PodSpec, path: string): FieldError[] {
  const rules: Array<[name: keyof PodSpec, rule: (value: string) => string[]]> = [
    ['hostname', dns1123Label],
    ['subdomain', dns1123Label],
    ['nodeName', dns1123Subdomain],
    ['serviceAccountName', dns1123Subdomain],
    ['priorityClassName', dns1123Subdomain],
    ['runtimeClassName', dns1123Subdomain],
  ];
  return [
    ...rules.flatMap(([name, rule]) => (spec[name] ? faultsOf(`${path}.${name}`, spec[name], rule(spec[name] as string)) : [])),
    ...(spec.imagePullSecrets ?? []).flatMap((it, i) => (it.name ? [] : [required(`${path}.imagePullSecrets[${i}].name`)])),
    ...(spec.readinessGates ?? []).flatMap((it, i) =>
      faultsOf(`${path}.readinessGates[${i}].conditionType`, it.conditionType, qualifiedName(it.conditionType ?? '')),
    ),
    ...(spec.schedulingGates ?? []).flatMap((it, i) => faultsOf(`${path}.schedulingGates[${i}]`, it.name, qualifiedName(it.name ?? ''))),
  ];
}

function networkFaults(spec: PodSpec, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  if (spec.dnsPolicy === 'None' && nameservers.length === 0)
    faults.push(required(`${path}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  if (nameservers.length > 3)
    faults.push(invalidValue(`${path}.dnsConfig.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  if (searches.length > 32) faults.push(invalidValue(`${path}.dnsConfig.searches`, searches, 'must not have more than 32 search paths'));
  for (const [i, it] of nameservers.entries()) faults.push(...addressFaults(`${path}.dnsConfig.nameservers[${i}]`, it));
  for (const [i, it] of options.entries()) if (!it.name) faults.push(required(`${path}.dnsConfig.options[${i}]`, 'must not be empty'));
  for (const [i, { ip, hostnames }] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${i}]`;
    faults.push(...addressFaults(`${at}.ip`, ip ?? ''));
    faults.push(...(hostnames ?? []).flatMap((it, j) => faultsOf(`${at}.hostnames[${j}]`, it, dns1123Subdomain(it))));
  }
  return faults;
}

function securityFaults(spec: PodSpec, path: string): FieldError[] {
  const at = `${path}.securityContext`;
  const context = spec.securityContext ?? {};
  const faults = (['runAsUser', 'runAsGroup', 'fsGroup'] as const).flatMap((it) => idFaults(`${at}.${it}`, context[it]));
  faults.push(...(context.supplementalGroups ?? []).flatMap((it, i) => idFaults(`${at}.supplementalGroups[${i}]`, it)));
  for (const [i, { name }] of (context.sysctls ?? []).entries()) if (!name) faults.push(required(`${at}.sysctls[${i}].name`));
  if (spec.shareProcessNamespace && spec.hostPID)
    faults.push(
      invalidValue(`${path}.shareProcessNamespace`, spec.shareProcessNamespace, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  return faults;
}

function hostPortFaults(spec: PodSpec, path: string): FieldError[] {
  const taken = new Set<string>();
  return (spec.containers ?? []).flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, j) => {
      const at = `${path}.containers[${i}].ports[${j}]`;
      if (spec.hostNetwork && port.hostPort !== undefined && port.hostPort !== port.containerPort)
        return [invalidValue(`${at}.containerPort`, port.containerPort, 'must match `hostPort` when `hostNetwork` is true')];
      if (!port.hostPort) return [];
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) return [duplicate(`${at}.hostPort`, key)];
      taken.add(key);
      return [];
    }),
  );
}
