import { type FieldError, forbidden, invalidValue, notSupported, required, tooLong } from '../../../meta/field-error.ts';
import { idFaults } from '../../faults.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../../generated/core-v1.ts';
import { descendingPathFaults } from './paths.ts';
import { sysctlFaults } from './sysctls.ts';
import { windowsOptionFaults } from './windows.ts';

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
/** One less than the longest path a kernel takes. */
const longestProfile = 4095;

function seccompFaults(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const faults: FieldError[] = [];
  if (!type) faults.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) faults.push(notSupported(`${path}.type`, type, profileTypes));
  const at = `${path}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined) faults.push(required(at, 'must be set when seccomp type is Localhost'));
    else faults.push(...descendingPathFaults(localhostProfile, at));
  } else if (localhostProfile !== undefined)
    faults.push(
      invalidValue(at, { Type: type ?? '', LocalhostProfile: localhostProfile }, 'can only be set when seccomp type is Localhost'),
    );
  return faults;
}

function appArmorFaults(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)];
  if (type !== 'Localhost')
    return localhostProfile === undefined ? [] : [invalidValue(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  if (localhostProfile === undefined) return [required(at, 'must be set when AppArmor type is Localhost')];
  const faults: FieldError[] = [];
  if (localhostProfile !== localhostProfile.trim()) faults.push(invalidValue(at, localhostProfile, 'must not be padded with whitespace'));
  else if (!localhostProfile) faults.push(required(at, 'must be set when AppArmor type is Localhost'));
  if (Buffer.byteLength(localhostProfile) > longestProfile) faults.push(tooLong(at, longestProfile));
  return faults;
}

const oneOf = (path: string, value: string | undefined, choices: readonly string[]): FieldError[] =>
  value === undefined || choices.includes(value) ? [] : [notSupported(path, value, choices)];

/** What a pod says of the rights of all its containers. */
export function podSecurityFaults(spec: PodSpec, path: string): FieldError[] {
  const context = spec.securityContext ?? {};
  const faults = (['fsGroup', 'runAsUser', 'runAsGroup'] as const).flatMap((it) => idFaults(`${path}.${it}`, context[it]));
  faults.push(...(context.supplementalGroups ?? []).flatMap((it, i) => idFaults(`${path}.supplementalGroups[${i}]`, it)));
  if (spec.shareProcessNamespace && spec.hostPID)
    faults.push(invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  return [
    ...faults,
    ...sysctlFaults(spec, `${path}.sysctls`),
    ...oneOf(`${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...seccompFaults(context.seccompProfile, `${path}.seccompProfile`),
    ...windowsOptionFaults(context.windowsOptions, `${path}.windowsOptions`),
    ...appArmorFaults(context.appArmorProfile, `${path}.appArmorProfile`),
    ...oneOf(`${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...oneOf(`${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, ['Recursive']),
  ];
}

/** What a container says of its own rights. */
export function containerSecurityFaults(context: SecurityContext | undefined, path: string, hostUsers: boolean): FieldError[] {
  if (!context) return [];
  const { procMount } = context;
  const faults = [...idFaults(`${path}.runAsUser`, context.runAsUser), ...idFaults(`${path}.runAsGroup`, context.runAsGroup)];
  faults.push(...oneOf(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
  if (hostUsers && procMount === 'Unmasked')
    faults.push(invalidValue(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  faults.push(...seccompFaults(context.seccompProfile, `${path}.seccompProfile`), ...escalationFaults(context, path));
  faults.push(...windowsOptionFaults(context.windowsOptions, `${path}.windowsOptions`));
  return [...faults, ...appArmorFaults(context.appArmorProfile, `${path}.appArmorProfile`)];
}

function escalationFaults(context: SecurityContext, path: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const faults: FieldError[] = [];
  if (context.privileged)
    faults.push(invalidValue(path, asGo(context), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
    faults.push(invalidValue(path, asGo(context), 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  return faults;
}

/** The value as upstream shows it: all fields of its own type, which has no names of the API in it. */
const asGo = (it: SecurityContext): object => ({
  Capabilities: it.capabilities ? { Add: it.capabilities.add ?? null, Drop: it.capabilities.drop ?? null } : null,
  Privileged: it.privileged ?? null,
  SELinuxOptions: it.seLinuxOptions ?? null,
  WindowsOptions: it.windowsOptions ?? null,
  RunAsUser: it.runAsUser ?? null,
  RunAsGroup: it.runAsGroup ?? null,
  RunAsNonRoot: it.runAsNonRoot ?? null,
  ReadOnlyRootFilesystem: it.readOnlyRootFilesystem ?? null,
  AllowPrivilegeEscalation: it.allowPrivilegeEscalation ?? null,
  ProcMount: it.procMount ?? null,
  SeccompProfile: it.seccompProfile ?? null,
  AppArmorProfile: it.appArmorProfile ?? null,
});

const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/';

/** The annotations that the fields for profiles came from: still read, and they must say the same. */
export function profileAnnotationFaults(annotations: { [key: string]: string }, spec: PodSpec, path: string): FieldError[] {
  const names = [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].map((it) => it.name);
  return Object.entries(annotations).flatMap(([key, value]) => {
    if (key === seccompPod || key.startsWith(seccompContainer)) return oldSeccompFaults(value, `${path}.${key}`);
    if (!key.startsWith(appArmorContainer)) return [];
    const faults: FieldError[] = [];
    const name = key.slice(appArmorContainer.length);
    if (!names.includes(name)) faults.push(invalidValue(`${path}[${key}]`, name, 'container not found'));
    if (value && value !== 'runtime/default' && value !== 'unconfined' && !value.startsWith('localhost/'))
      faults.push(invalidValue(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
    return faults;
  });
}

function oldSeccompFaults(value: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(value)) return [];
  if (value.startsWith('localhost/')) return descendingPathFaults(value.slice('localhost/'.length), path);
  return [invalidValue(path, value, 'must be a valid seccomp profile')];
}

type Profile = { type?: string; localhostProfile?: string };

/** Of fields and annotations that both speak of the profile of one container. */
export function profileMatchFaults(annotations: { [key: string]: string }, spec: PodSpec, path: string): FieldError[] {
  const faults = matchFaults(
    'seccomp',
    annotations[seccompPod],
    spec.securityContext?.seccompProfile,
    `${path}.securityContext.seccompProfile`,
  );
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [i, { name, securityContext }] of (spec[list] ?? []).entries()) {
      const at = `${path}.${list}[${i}].securityContext`;
      const armor = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
      faults.push(
        ...matchFaults('seccomp', annotations[seccompContainer + name], securityContext?.seccompProfile, `${at}.seccompProfile`),
        ...(spec.os?.name === 'windows'
          ? []
          : matchFaults('apparmor', annotations[appArmorContainer + name], armor, `${at}.appArmorProfile`)),
      );
    }
  }
  return faults;
}

function matchFaults(what: 'seccomp' | 'apparmor', said: string | undefined, field: Profile | undefined, path: string): FieldError[] {
  if (said === undefined || !field) return [];
  const words: { [type: string]: string[] } = {
    Unconfined: ['unconfined'],
    RuntimeDefault: what === 'seccomp' ? ['runtime/default', 'docker/default'] : ['runtime/default'],
  };
  const otherType = forbidden(`${path}.type`, `${what} type in annotation and field must match`);
  const known = words[field.type ?? ''];
  if (known) return known.includes(said) ? [] : [otherType];
  if (field.type !== 'Localhost') return [];
  if (!said.startsWith('localhost/')) return [otherType];
  return said === `localhost/${field.localhostProfile}`
    ? []
    : [forbidden(`${path}.localhostProfile`, `${what} profile in annotation and field must match`)];
}
