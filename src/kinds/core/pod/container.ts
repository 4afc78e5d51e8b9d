import { duplicate, type FieldError, fieldNotFound, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, portName, portNumber, qualifiedName } from '../../../meta/names.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import { faultsOf, idFaults } from '../../faults.ts';
import type { Container, ResourceRequirements, SecurityContext } from '../../generated/core-v1.ts';
import { envFaults } from './env.ts';
import { probeFaults } from './probe.ts';
import { localPathFaults } from './volume.ts';

/** Faults of one container, in the order upstream tells them. `volumes` are the names its mounts may take. */
export function containerFaults(container: Container, path: string, volumes: ReadonlySet<string>, isInit: boolean): FieldError[] {
  const { name, image } = container;
  return [
    ...(name ? faultsOf(`${path}.name`, name, dns1123Label(name)) : [required(`${path}.name`)]),
    ...(image ? [] : [required(`${path}.image`)]),
    ...(image && image !== image.trim() ? [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')] : []),
    ...portFaults(container, path),
    ...envFaults(container, path, volumes),
    ...mountFaults(container, path, volumes),
    ...probeFaults(container, path, isInit),
    ...resourceFaults(container.resources, `${path}.resources`),
    ...securityFaults(container.securityContext, `${path}.securityContext`),
  ];
}

function portFaults({ ports }: Container, path: string): FieldError[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap((port, i) => {
    const at = `${path}.ports[${i}]`;
    const faults: FieldError[] = [];
    if (port.name) {
      faults.push(...faultsOf(`${at}.name`, port.name, portName(port.name)));
      if (names.has(port.name)) faults.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) faults.push(required(`${at}.containerPort`));
    else faults.push(...faultsOf(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    if (port.hostPort) faults.push(...faultsOf(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
    return faults;
  });
}

function mountFaults({ volumeMounts, securityContext }: Container, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = new Set<string>();
  return (volumeMounts ?? []).flatMap((mount, i) => {
    const at = `${path}.volumeMounts[${i}]`;
    const faults: FieldError[] = [];
    if (!mount.name) faults.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) faults.push(fieldNotFound(`${at}.name`, mount.name));
    if (!mount.mountPath) faults.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath)) faults.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (mount.subPath) faults.push(...localPathFaults(`${at}.subPath`, mount.subPath));
    if (mount.subPathExpr) faults.push(...localPathFaults(`${at}.subPathExpr`, mount.subPathExpr));
    if (mount.subPath && mount.subPathExpr)
      faults.push(invalidValue(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    if (mount.recursiveReadOnly && mount.recursiveReadOnly !== 'Disabled') {
      const wish = mount.recursiveReadOnly;
      if (!mount.readOnly) faults.push(forbidden(`${at}.recursiveReadOnly`, 'may only be specified when readOnly is true'));
      if (mount.mountPropagation && mount.mountPropagation !== 'None')
        faults.push(forbidden(`${at}.recursiveReadOnly`, 'may only be specified when mountPropagation is None or not specified'));
      if (wish !== 'IfPossible' && wish !== 'Enabled')
        faults.push(notSupported(`${at}.recursiveReadOnly`, wish, ['Disabled', 'Enabled', 'IfPossible']));
    }
    if (mount.mountPropagation === 'Bidirectional' && !securityContext?.privileged)
      faults.push(forbidden(`${at}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'));
    return faults;
  });
}

const standardResources = ['cpu', 'memory', 'ephemeral-storage'];
const isStandard = (name: string): boolean => standardResources.includes(name) || name.startsWith('hugepages-');

function resourceNameFaults(name: string, path: string): FieldError[] {
  const faults = faultsOf(path, name, qualifiedName(name));
  if (faults.length > 0 || isStandard(name) || name.includes('/')) return faults;
  return [invalidValue(path, name, 'must be a standard resource for containers')];
}

export function resourceFaults(resources: ResourceRequirements | undefined, path: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const faults: FieldError[] = [];
  for (const [list, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts)) {
      const at = `${path}.${list}[${name}]`;
      faults.push(...resourceNameFaults(name, at));
      if (compareQuantities(amount, '0') < 0) faults.push(invalidValue(at, amount, 'must be greater than or equal to 0'));
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const order = limit === undefined ? undefined : compareQuantities(request, limit);
    // What is handed out whole is never promised twice.
    if (!standardResources.includes(name)) {
      if (order === undefined) faults.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
      else if (order !== 0) faults.push(invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (order !== undefined && order > 0)
      faults.push(invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
  }
  return faults;
}

function securityFaults(context: SecurityContext | undefined, path: string): FieldError[] {
  if (!context) return [];
  const faults = [...idFaults(`${path}.runAsUser`, context.runAsUser), ...idFaults(`${path}.runAsGroup`, context.runAsGroup)];
  if (context.allowPrivilegeEscalation !== false) return faults;
  if (context.privileged)
    faults.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN'))
    faults.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  return faults;
}
