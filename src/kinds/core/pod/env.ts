import { type FieldError, fieldNotFound, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { configMapKey, dns1123Label, dns1123Subdomain, envVarName, maskTrailingDash, qualifiedName } from '../../../meta/names.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import { faultsOf } from '../../faults.ts';
import type {
  Container,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  PodSpec,
  ResourceFieldSelector,
} from '../../generated/core-v1.ts';
import { backstepFaults } from './paths.ts';
import { visited } from './windows.ts';

/** Fields of a pod that a variable may take its value from; a volume knows the first ones and whole maps. */
const fieldsForVolumes = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const fieldsForEnv = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
];
/** Fields that have a name, but are not offered everywhere. */
const namedFields = [...fieldsForVolumes, ...fieldsForEnv, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase'];

export function fieldRefFaults(ref: ObjectFieldSelector, path: string, forVolume: boolean): FieldError[] {
  const { apiVersion = 'v1', fieldPath } = ref;
  if (!apiVersion) return [required(`${path}.apiVersion`)];
  if (!fieldPath) return [required(`${path}.fieldPath`)];
  const at = `${path}.fieldPath`;
  const cannot = (why: string): FieldError[] => [invalidValue(at, fieldPath, `error converting fieldPath: ${why}`)];
  if (apiVersion !== 'v1') return cannot(`unsupported pod version: ${apiVersion}`);
  const subscript = /^([^[]*)\['(.*)'\]$/s.exec(fieldPath);
  if (subscript) {
    const [, map, key = ''] = subscript;
    // The key is what is wrong, and is told at the selector.
    if (map === 'metadata.annotations') return faultsOf(path, key.toLowerCase(), qualifiedName(key.toLowerCase()));
    if (map === 'metadata.labels') return faultsOf(path, key, qualifiedName(key));
    return cannot(`field label does not support subscript: ${fieldPath}`);
  }
  // What older clients write.
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  if (!namedFields.includes(name)) return cannot(`field label not supported: ${fieldPath}`);
  const offered = forVolume ? fieldsForVolumes : fieldsForEnv;
  return offered.includes(name) ? [] : [notSupported(at, name, [...offered].sort())];
}

const containerResources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

export function resourceRefFaults(ref: ResourceFieldSelector, path: string, forVolume: boolean): FieldError[] {
  const { resource = '' } = ref;
  const faults: FieldError[] = [];
  if (forVolume && !ref.containerName) faults.push(required(`${path}.containerName`));
  else if (!resource) faults.push(required(`${path}.resource`));
  else if (!containerResources.includes(resource) && !hugePages.test(resource))
    faults.push(notSupported(`${path}.resource`, resource, containerResources));
  return [...faults, ...divisorFaults(resource, ref.divisor, `${path}.divisor`)];
}

const hugePages = /^(limits|requests)\.hugepages-/;
const unitsOfBytes = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const bytes: { [resource: string]: string } = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' };

/** The units an amount may be told in. */
function divisorFaults(resource: string, divisor: string | undefined, path: string): FieldError[] {
  if (divisor === undefined || compareQuantities(divisor, '0') === 0) return [];
  const name = resource.slice(resource.indexOf('.') + 1);
  if (name === 'cpu')
    return divisor === '1' || divisor === '1m'
      ? []
      : [invalidValue(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")];
  const said = hugePages.test(resource) ? 'hugepages' : bytes[name];
  if (said === undefined || unitsOfBytes.includes(divisor)) return [];
  return [invalidValue(path, resource, `only divisor's values ${unitsOfBytes.join(', ')} are supported with the ${said} resource`)];
}

/** Variables of a container, one by one and in bulk. */
export const envFaults = (container: Container, path: string): FieldError[] => [
  ...(container.env ?? []).flatMap((it, i) => variableFaults(it, `${path}.env[${i}]`)),
  ...(container.envFrom ?? []).flatMap((source, i) => bulkFaults(source, `${path}.envFrom`, i)),
];

/** Whether there is one source is told at the list, as upstream does. */
function bulkFaults(source: EnvFromSource, list: string, i: number): FieldError[] {
  const { prefix } = source;
  const faults = prefix ? faultsOf(`${list}[${i}].prefix`, prefix, envVarName(prefix)) : [];
  const given = (['configMapRef', 'secretRef'] as const).filter((it) => source[it]);
  for (const one of given) {
    const name = source[one]?.name;
    const at = `${list}[${i}].${one}.name`;
    faults.push(...(name ? faultsOf(at, name, dns1123Subdomain(maskTrailingDash(name))) : [required(at)]));
  }
  if (given.length === 0) faults.push(invalidValue(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  if (given.length > 1) faults.push(invalidValue(list, '', 'may not have more than one field specified at a time'));
  return faults;
}

function variableFaults(variable: EnvVar, path: string): FieldError[] {
  const faults = variable.name ? faultsOf(`${path}.name`, variable.name, envVarName(variable.name)) : [required(`${path}.name`)];
  const from = variable.valueFrom;
  if (!from) return faults;
  const at = `${path}.valueFrom`;
  if (from.fieldRef) faults.push(...fieldRefFaults(from.fieldRef, `${at}.fieldRef`, false));
  if (from.resourceFieldRef) faults.push(...resourceRefFaults(from.resourceFieldRef, `${at}.resourceFieldRef`, false));
  for (const ref of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const source = from[ref];
    if (!source) continue;
    const { name = '', key = '' } = source;
    faults.push(...faultsOf(`${at}.${ref}.name`, name, dns1123Subdomain(name)));
    faults.push(...(key ? faultsOf(`${at}.${ref}.key`, key, configMapKey(key)) : [required(`${at}.${ref}.key`)]));
  }
  if (from.fileKeyRef) faults.push(...fileKeyFaults(from.fileKeyRef, `${at}.fileKeyRef`));
  const sources = Object.keys(from).length;
  const choices = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
  if (sources === 0) faults.push(invalidValue(at, '', `must specify one of: ${choices}`));
  else if (variable.value) faults.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) faults.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  return faults;
}

function fileKeyFaults({ key = '', volumeName = '', path: file = '' }: FileKeySelector, path: string): FieldError[] {
  return [
    ...(key ? faultsOf(`${path}.key`, key, envVarName(key)) : [required(`${path}.key`)]),
    ...(volumeName ? faultsOf(`${path}.volumeName`, volumeName, dns1123Label(volumeName)) : [required(`${path}.volumeName`)]),
    ...(file ? backstepFaults(file, `${path}.path`) : [required(`${path}.path`)]),
  ];
}

/** Variables from files need the volume the files are in. */
export const envVolumeFaults = (spec: PodSpec, path: string): FieldError[] =>
  visited(spec, path).flatMap(([{ env = [] }, at]) =>
    env.flatMap(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (valueFrom?.fileKeyRef === undefined) return [];
      const where = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = (spec.volumes ?? []).findLast((it) => it.name === name);
      if (!volume) return [fieldNotFound(where, name ?? '')];
      return volume.emptyDir ? [] : [invalidValue(where, name, 'referenced volume must be of type emptyDir')];
    }),
  );
