import { type FieldError, forbidden, invalidValue } from '../../../meta/field-error.ts';
import { dns1123Subdomain } from '../../../meta/names.ts';
import type { Container, PodSpec, WindowsSecurityContextOptions } from '../../generated/core-v1.ts';

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const domainName = /^([a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]\.)*([a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])$/;

/** Users and credentials of Windows containers: they are checked here, and run nowhere. */
export function windowsOptionFaults(options: WindowsSecurityContextOptions | undefined, path: string): FieldError[] {
  if (!options) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credentials, runAsUserName: user } = options;
  const faults: FieldError[] = [];
  if (name !== undefined) faults.push(...dns1123Subdomain(name).map((it) => invalidValue(`${path}.gmsaCredentialSpecName`, name, it)));
  if (credentials !== undefined) {
    const size = Buffer.byteLength(credentials);
    const at = `${path}.gmsaCredentialSpec`;
    if (size === 0) faults.push(invalidValue(at, credentials, 'gmsaCredentialSpec cannot be an empty string'));
    else if (size > 64 * 1024) faults.push(invalidValue(at, credentials, 'gmsaCredentialSpec size must be under 64 KiB'));
  }
  if (user !== undefined) faults.push(...userFaults(user).map((it) => invalidValue(`${path}.runAsUserName`, user, `runAsUserName${it}`)));
  return faults;
}

/** What is wrong with `DOMAIN\user`. */
function userFaults(whole: string): string[] {
  if (whole === '') return [' cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(whole)) return [' cannot contain control characters'];
  const parts = whole.split('\\');
  if (parts.length > 2) return [' cannot contain more than one backslash'];
  const user = parts.at(-1) as string;
  const domain = parts.length === 2 ? (parts[0] as string) : undefined;
  const faults: string[] = [];
  if (domain !== undefined && domain.length >= 256) faults.push("'s Domain length must be under 256 characters");
  if (domain !== undefined && !netBios.test(domain) && !domainName.test(domain))
    faults.push("'s Domain doesn't match the NetBios nor the DNS format");
  if (user === '') faults.push("'s User cannot be empty");
  else if (user.length > 104) faults.push("'s User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) faults.push("'s User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) faults.push(`'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  return faults;
}

type Visited = [container: Container, path: string];
/** All containers with their paths, in the order upstream visits them. */
export const visited = (spec: PodSpec, path: string): Visited[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((it, i): Visited => [it as Container, `${path}.${list}[${i}]`]),
  );

/** Containers that are processes of the host: all of them or none, and on its network. */
export function hostProcessFaults(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const all = visited(spec, path);
  const faults: FieldError[] = [];
  let many = 0;
  for (const [{ securityContext }, at] of all) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own)
      faults.push(
        invalidValue(
          `${at}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      );
    if (own ?? ofPod) many++;
  }
  if (many === 0) return faults;
  if (many !== all.length)
    faults.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (!spec.hostNetwork)
    faults.push(invalidValue(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return faults;
}

/** What the operating system a pod names does not have. */
export function osFaults(spec: PodSpec, path: string): FieldError[] {
  const context = spec.securityContext ?? {};
  if (spec.os?.name === 'linux')
    return [
      ...(context.windowsOptions ? [forbidden(`${path}.securityContext.windowsOptions`, noWindows)] : []),
      ...visited(spec, path)
        .filter(([it]) => it.securityContext?.windowsOptions)
        .map(([, at]) => forbidden(`${at}.securityContext.windowsOptions`, noWindows)),
    ];
  if (spec.os?.name !== 'windows') return [];
  const denied = [
    ...['appArmorProfile', 'seLinuxOptions'].map((it) => `securityContext.${it}`),
    ...['hostUsers', 'hostPID', 'hostIPC'],
    ...['seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls'].map((it) => `securityContext.${it}`),
    'shareProcessNamespace',
    ...['runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'].map(
      (it) => `securityContext.${it}`,
    ),
  ];
  const isSaid = (it: string): boolean => {
    const value: unknown = it.startsWith('securityContext.') ? context[it.slice(16) as keyof typeof context] : spec[it as keyof PodSpec];
    if (it === 'hostPID' || it === 'hostIPC') return value === true;
    return it.endsWith('sysctls') ? Array.isArray(value) && value.length > 0 : value !== undefined;
  };
  return [
    ...denied.filter(isSaid).map((it) => forbidden(`${path}.${it}`, notOnWindows)),
    ...visited(spec, path).flatMap(([{ securityContext = {} }, at]) =>
      deniedToContainers
        .filter((it) => securityContext[it] !== undefined)
        .map((it) => forbidden(`${at}.securityContext.${it}`, notOnWindows)),
    ),
  ];
}

const noWindows = 'windows options cannot be set for a linux pod';
const notOnWindows = 'cannot be set for a windows pod';
const deniedToContainers = [
  ...(['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem'] as const),
  ...(['privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const),
];
