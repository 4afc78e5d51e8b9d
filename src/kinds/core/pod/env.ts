import { type FieldError, fieldNotFound, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { configMapKey, dns1123Subdomain, envVarName, qualifiedName } from '../../../meta/names.ts';
import { faultsOf } from '../../faults.ts';
import type { Container, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from '../../generated/core-v1.ts';

/** Fields of a pod that a variable may take its value from; a volume knows the first ones and whole maps. */
const fieldsForVolumes = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const fieldsForEnv = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
];
/** Fields that have a name, but are not offered everywhere. */
const namedFields = [...fieldsForVolumes, ...fieldsForEnv, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase'];

export function fieldRefFaults(ref: ObjectFieldSelector, path: string, forVolume: boolean): FieldError[] {
  if (!ref.apiVersion) return [required(`${path}.apiVersion`)];
  if (!ref.fieldPath) return [required(`${path}.fieldPath`)];
  const at = `${path}.fieldPath`;
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(ref.fieldPath);
  if (subscript) return faultsOf(at, ref.fieldPath, qualifiedName((subscript[2] as string).toLowerCase()));
  if (!namedFields.includes(ref.fieldPath))
    return [invalidValue(at, ref.fieldPath, `error converting fieldPath: field label not supported: ${ref.fieldPath}`)];
  const offered = forVolume ? fieldsForVolumes : fieldsForEnv;
  return offered.includes(ref.fieldPath) ? [] : [notSupported(at, ref.fieldPath, [...offered].sort())];
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
  if (forVolume && !ref.containerName) return [required(`${path}.containerName`)];
  if (!ref.resource) return [required(`${path}.resource`)];
  if (containerResources.includes(ref.resource) || /^(limits|requests)\.hugepages-/.test(ref.resource)) return [];
  return [notSupported(`${path}.resource`, ref.resource, containerResources)];
}

/** Variables of a container, one by one and in bulk. */
export function envFaults(container: Container, path: string, volumes: ReadonlySet<string>): FieldError[] {
  return [
    ...(container.env ?? []).flatMap((it, i) => variableFaults(it, `${path}.env[${i}]`, volumes)),
    ...(container.envFrom ?? []).flatMap((source, i) => {
      const at = `${path}.envFrom[${i}]`;
      const faults = source.prefix ? faultsOf(`${at}.prefix`, source.prefix, envVarName(source.prefix)) : [];
      const given = (['configMapRef', 'secretRef'] as const).filter((it) => source[it]);
      if (given.length === 0) faults.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
      if (given.length > 1) faults.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
      for (const one of given) {
        const name = source[one]?.name;
        faults.push(...(name ? faultsOf(`${at}.${one}.name`, name, dns1123Subdomain(name)) : [required(`${at}.${one}.name`)]));
      }
      return faults;
    }),
  ];
}

function variableFaults(variable: EnvVar, path: string, volumes: ReadonlySet<string>): FieldError[] {
  const faults = variable.name ? faultsOf(`${path}.name`, variable.name, envVarName(variable.name)) : [required(`${path}.name`)];
  const from = variable.valueFrom;
  if (!from) return faults;
  const at = `${path}.valueFrom`;
  const sources = Object.keys(from).length;
  const choices = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
  if (sources === 0) faults.push(invalidValue(at, '', `must specify one of: ${choices}`));
  if (variable.value) faults.push(invalidValue(at, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) faults.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
  if (from.fieldRef) faults.push(...fieldRefFaults(from.fieldRef, `${at}.fieldRef`, false));
  if (from.resourceFieldRef) faults.push(...resourceRefFaults(from.resourceFieldRef, `${at}.resourceFieldRef`, false));
  for (const ref of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const source = from[ref];
    if (!source) continue;
    if (!source.name) faults.push(required(`${at}.${ref}.name`));
    if (!source.key) faults.push(required(`${at}.${ref}.key`));
    else faults.push(...faultsOf(`${at}.${ref}.key`, source.key, configMapKey(source.key)));
  }
  const file = from.fileKeyRef;
  if (file && !volumes.has(file.volumeName)) faults.push(fieldNotFound(`${at}.fileKeyRef.volumeName`, file.volumeName));
  return faults;
}
