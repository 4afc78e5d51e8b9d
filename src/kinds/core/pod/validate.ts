import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../../meta/names.ts';
import { validateAnnotations, validateLabels } from '../../../meta/object-meta.ts';
import { faultsOf } from '../../faults.ts';
import type { PodSpec, PodTemplateSpec } from '../../generated/core-v1.ts';
import { podAnnotationFaults } from './annotations.ts';
import { allContainerFaults, hostNetworkFaults } from './containers.ts';
import { dnsConfigFaults, dnsPolicyFaults, hostAliasFaults, hostnameOverrideFaults } from './dns-config.ts';
import { envVolumeFaults } from './env.ts';
import { podLevelFaults } from './pod-level.ts';
import { resourceClaimFaults } from './resource-claims.ts';
import { resourceFaults } from './resource-faults.ts';
import { affinityFaults, spreadFaults, tolerationFaults } from './scheduling.ts';
import { podSecurityFaults, profileMatchFaults } from './security.ts';
import { allVolumeFaults } from './volume.ts';
import { hostProcessFaults, osFaults } from './windows.ts';

/** A pod is told more than a template: `podName` names it. */
export type Whose = { isPod: boolean; podName?: string | undefined };

/** Faults of a pod spec, wherever it stands, in upstream's order (pkg/apis/core/validation, ValidatePodSpec). */
export function podSpecFaults(spec: PodSpec | undefined, path: string, { isPod, podName }: Whose = { isPod: false }): FieldError[] {
  if (!spec) return [required(path)];
  const { faults, volumes } = allVolumeFaults(spec, `${path}.volumes`, { isPod, podName });
  const claims = new Set((spec.resourceClaims ?? []).map((it) => it.name).filter(Boolean));
  return [
    ...faults,
    ...resourceClaimFaults(spec, `${path}.resourceClaims`),
    ...allContainerFaults({ spec, volumes, claims }, path),
    ...podLevelFaults(spec, path, claims),
    ...hostNetworkFaults(spec, path, isPod),
    ...restartPolicyFaults(spec.restartPolicy, `${path}.restartPolicy`),
    ...dnsPolicyFaults(spec.dnsPolicy, `${path}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...podSecurityFaults(spec, `${path}.securityContext`),
    ...affinityFaults(spec, `${path}.affinity`),
    ...dnsConfigFaults(spec, `${path}.dnsConfig`),
    ...gateFaults(spec, path),
    ...spreadFaults(spec, `${path}.topologySpreadConstraints`),
    ...hostProcessFaults(spec, path),
    ...hostUserFaults(spec, path),
    ...hostnameOverrideFaults(spec, `${path}.hostnameOverride`),
    ...nameFaults(spec, path),
    ...tolerationFaults(spec.tolerations, `${path}.tolerations`),
    ...hostAliasFaults(spec, `${path}.hostAliases`),
    ...classFaults(spec, path),
    ...(spec.overhead ? resourceFaults({ limits: spec.overhead }, `${path}.overhead`) : []),
    ...osNameFaults(spec, path),
    ...envVolumeFaults(spec, path),
  ];
}

/** A template: metadata and a pod spec. Labels and annotations are told without `metadata`, as upstream does. */
export function podTemplateFaults(template: PodTemplateSpec, path: string): FieldError[] {
  const { metadata } = template;
  const spec = template.spec ?? ({} as PodSpec);
  return [
    ...validateLabels(metadata?.labels, `${path}.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.annotations`),
    ...podAnnotationFaults(metadata?.annotations, spec, `${path}.annotations`),
    ...podSpecFaults(spec, `${path}.spec`),
    ...profileMatchFaults(metadata?.annotations ?? {}, spec, `${path}.spec`),
    ...(spec.ephemeralContainers?.length
      ? [forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}

/** A template of pods that go on for ever, in a workload of the kind `owner`. */
export function templateFaults(template: PodTemplateSpec | undefined, path: string, owner = 'ReplicaSet'): FieldError[] {
  const { restartPolicy = 'Always', activeDeadlineSeconds } = template?.spec ?? {};
  return [
    ...podTemplateFaults(template ?? {}, path),
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ];
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const restartPolicyFaults = (policy: string | undefined, path: string): FieldError[] =>
  policy === undefined || restartPolicies.includes(policy) ? [] : [notSupported(path, policy, restartPolicies)];

/** What else must be so before a pod is ready, and before it is scheduled. */
function gateFaults(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return [
    ...(spec.readinessGates ?? []).flatMap(({ conditionType = '' }, i) =>
      faultsOf(`${path}.readinessGates[${i}].conditionType`, conditionType, qualifiedName(conditionType)),
    ),
    ...(spec.schedulingGates ?? []).flatMap(({ name = '' }, i) => {
      const at = `${path}.schedulingGates[${i}]`;
      const repeated = seen.has(name);
      seen.add(name);
      return [...faultsOf(at, name, qualifiedName(name)), ...(repeated ? [duplicate(at, name)] : [])];
    }),
  ];
}

/** Users of its own a pod has only in namespaces of its own. */
function hostUserFaults(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const fields: Array<[field: 'hostNetwork' | 'hostPID' | 'hostIPC', told: string]> = [
    ['hostNetwork', 'hostNetwork'],
    ['hostPID', 'HostPID'],
    ['hostIPC', 'HostIPC'],
  ];
  const faults = fields.filter(([field]) => spec[field]).map(([, told]) => forbidden(`${path}.${told}`, whenOwnUsers));
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    for (const [i, it] of (spec[list] ?? []).entries())
      if (it.volumeDevices?.length) faults.push(forbidden(`${path}.${list}[${i}].volumeDevices`, whenOwnUsers));
  return faults;
}
const whenOwnUsers = 'when `hostUsers` is false';

type Rule = [field: 'serviceAccountName' | 'nodeName' | 'hostname' | 'subdomain', rule: (value: string) => string[]];
/** Names of other objects and of the pod itself. */
function nameFaults(spec: PodSpec, path: string): FieldError[] {
  const named = (rules: Rule[]): FieldError[] =>
    rules.flatMap(([field, rule]) => (spec[field] ? faultsOf(`${path}.${field}`, spec[field], rule(spec[field])) : []));
  const deadline = spec.activeDeadlineSeconds;
  const faults = named([
    ['serviceAccountName', dns1123Subdomain],
    ['nodeName', dns1123Subdomain],
  ]);
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647))
    faults.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  return [
    ...faults,
    ...named([
      ['hostname', dns1123Label],
      ['subdomain', dns1123Label],
    ]),
  ];
}

/** Classes, and whether others make way. */
function classFaults({ priorityClassName, runtimeClassName, preemptionPolicy }: PodSpec, path: string): FieldError[] {
  const policies = ['PreemptLowerPriority', 'Never'];
  return [
    ...(priorityClassName ? faultsOf(`${path}.priorityClassName`, priorityClassName, dns1123Subdomain(priorityClassName)) : []),
    ...(runtimeClassName === undefined ? [] : faultsOf(`${path}.runtimeClassName`, runtimeClassName, dns1123Subdomain(runtimeClassName))),
    ...(!preemptionPolicy || policies.includes(preemptionPolicy)
      ? []
      : [notSupported(`${path}.preemptionPolicy`, preemptionPolicy, policies)]),
  ];
}

function osNameFaults(spec: PodSpec, path: string): FieldError[] {
  if (!spec.os) return [];
  const { name } = spec.os;
  if (!name) return [required(`${path}.os.name`)];
  return name === 'linux' || name === 'windows' ? osFaults(spec, path) : [notSupported(`${path}.os`, name, ['linux', 'windows'])];
}
