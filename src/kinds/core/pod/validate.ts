import { deepEqual } from '../../../meta/copy.ts';
import { duplicate, type FieldError, fieldNotFound, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { configMapKey, dns1123Label, dns1123Subdomain, envVarName, portName, portNumber } from '../../../meta/names.ts';
import { validateAnnotations, validateLabels } from '../../../meta/object-meta.ts';
import { compareQuantities } from '../../../meta/quantity.ts';
import { enumFaults } from '../../enums.ts';
import type { Container, Pod, PodSpec, PodTemplateSpec, Probe, Volume } from '../../generated/core-v1.ts';

const faultsOf = (path: string, value: unknown, texts: string[]): FieldError[] => texts.map((it) => invalidValue(path, value, it));
const notNegative = (path: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];

/** Faults of a pod spec, wherever it stands (pkg/apis/core/validation). */
export function podSpecFaults(spec: PodSpec | undefined, path: string): FieldError[] {
  if (!spec) return [required(path)];
  const faults: FieldError[] = [];
  const volumes = new Set<string>();
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    faults.push(...volumeFaults(volume, `${path}.volumes[${i}]`));
    if (volumes.has(volume.name)) faults.push(duplicate(`${path}.volumes[${i}].name`, volume.name));
    volumes.add(volume.name);
  }
  if (!spec.containers?.length) faults.push(required(`${path}.containers`));
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      const at = `${path}.${list}[${i}]`;
      faults.push(...containerFaults(container as Container, at, volumes, list));
      if (container.name && names.has(container.name)) faults.push(duplicate(`${at}.name`, container.name));
      names.add(container.name);
    }
  }
  faults.push(...hostPortFaults(spec, path));
  faults.push(...enumFaults('core/v1.PodSpec', spec, path));
  faults.push(...notNegative(`${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds));
  if (spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds < 1) {
    faults.push(invalidValue(`${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'));
  }
  if (spec.hostname) faults.push(...faultsOf(`${path}.hostname`, spec.hostname, dns1123Label(spec.hostname)));
  if (spec.subdomain) faults.push(...faultsOf(`${path}.subdomain`, spec.subdomain, dns1123Label(spec.subdomain)));
  if (spec.nodeName) faults.push(...faultsOf(`${path}.nodeName`, spec.nodeName, dns1123Subdomain(spec.nodeName)));
  if (spec.serviceAccountName)
    faults.push(...faultsOf(`${path}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain(spec.serviceAccountName)));
  faults.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`));
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig?.nameservers?.length) {
    faults.push(required(`${path}.dnsConfig.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  return faults;
}

/** A template: labels that the selector wants, and a pod spec that restarts. */
export function templateFaults(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  if (!template) return [required(path)];
  const faults = [
    ...validateLabels(template.metadata?.labels, `${path}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${path}.annotations`),
    ...podSpecFaults(template.spec, `${path}.spec`),
  ];
  const policy = template.spec?.restartPolicy;
  if (policy && policy !== 'Always' && ['OnFailure', 'Never'].includes(policy)) {
    faults.push(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']));
  }
  return faults;
}

function containerFaults(container: Container, path: string, volumes: ReadonlySet<string>, list: string): FieldError[] {
  const faults: FieldError[] = [];
  if (!container.name) faults.push(required(`${path}.name`));
  else faults.push(...faultsOf(`${path}.name`, container.name, dns1123Label(container.name)));
  if (!container.image) faults.push(required(`${path}.image`));
  else if (container.image !== container.image.trim())
    faults.push(invalidValue(`${path}.image`, container.image, 'must not have leading or trailing whitespace'));
  const ports = new Set<string>();
  for (const [i, port] of (container.ports ?? []).entries()) {
    const at = `${path}.ports[${i}]`;
    if (port.name) {
      faults.push(...faultsOf(`${at}.name`, port.name, portName(port.name)));
      if (ports.has(port.name)) faults.push(duplicate(`${at}.name`, port.name));
      ports.add(port.name);
    }
    if (!port.containerPort) faults.push(required(`${at}.containerPort`));
    else faults.push(...faultsOf(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    if (port.hostPort) faults.push(...faultsOf(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
  }
  for (const [i, variable] of (container.env ?? []).entries()) {
    const at = `${path}.env[${i}]`;
    if (!variable.name) faults.push(required(`${at}.name`));
    else faults.push(...faultsOf(`${at}.name`, variable.name, envVarName(variable.name)));
    const from = variable.valueFrom;
    if (!from) continue;
    const sources = Object.keys(from).length;
    if (sources === 0)
      faults.push(
        invalidValue(
          `${at}.valueFrom`,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        ),
      );
    if (sources > 1) faults.push(invalidValue(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
    if (variable.value) faults.push(invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    for (const ref of ['configMapKeyRef', 'secretKeyRef'] as const) {
      if (!from[ref]) continue;
      if (!from[ref].name) faults.push(required(`${at}.valueFrom.${ref}.name`));
      if (!from[ref].key) faults.push(required(`${at}.valueFrom.${ref}.key`));
      else faults.push(...faultsOf(`${at}.valueFrom.${ref}.key`, from[ref].key, configMapKey(from[ref].key)));
    }
  }
  const mounts = new Set<string>();
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}.volumeMounts[${i}]`;
    if (!mount.name) faults.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) faults.push(fieldNotFound(`${at}.name`, mount.name));
    if (!mount.mountPath) faults.push(required(`${at}.mountPath`));
    else if (mounts.has(mount.mountPath)) faults.push(invalidValue(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    mounts.add(mount.mountPath);
    if (mount.subPath) {
      if (mount.subPath.startsWith('/')) faults.push(invalidValue(`${at}.subPath`, mount.subPath, 'must be a relative path'));
      if (mount.subPath.split('/').includes('..')) faults.push(invalidValue(`${at}.subPath`, mount.subPath, "must not contain '..'"));
    }
  }
  for (const [resource, limit] of Object.entries(container.resources?.limits ?? {})) {
    const request = container.resources?.requests?.[resource];
    if (limit.startsWith('-'))
      faults.push(invalidValue(`${path}.resources.limits[${resource}]`, limit, 'must be greater than or equal to 0'));
    if (request && compareQuantities(request, limit) > 0) {
      faults.push(invalidValue(`${path}.resources.requests`, request, `must be less than or equal to ${resource} limit of ${limit}`));
    }
  }
  for (const [resource, request] of Object.entries(container.resources?.requests ?? {})) {
    if (request.startsWith('-'))
      faults.push(invalidValue(`${path}.resources.requests[${resource}]`, request, 'must be greater than or equal to 0'));
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (!probe) continue;
    if (list === 'initContainers' && container.restartPolicy !== 'Always')
      faults.push(forbidden(`${path}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
    faults.push(...probeFaults(probe, `${path}.${name}`));
    if (name !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1)
      faults.push(invalidValue(`${path}.${name}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return faults;
}

function probeFaults(probe: Probe, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const handlers = (['exec', 'httpGet', 'tcpSocket', 'grpc'] as const).filter((it) => probe[it]);
  if (handlers.length === 0) faults.push(required(path, 'must specify a handler type'));
  for (const extra of handlers.slice(1)) faults.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  if (probe.exec && !probe.exec.command?.length) faults.push(required(`${path}.exec.command`));
  for (const handler of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const port = probe[handler]?.port;
    if (probe[handler] === undefined) continue;
    if (typeof port === 'number') faults.push(...faultsOf(`${path}.${handler}.port`, port, portNumber(port)));
    else faults.push(...faultsOf(`${path}.${handler}.port`, port ?? '', portName(port ?? '')));
  }
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    faults.push(...notNegative(`${path}.${key}`, probe[key]));
  }
  return faults;
}

function volumeFaults(volume: Volume, path: string): FieldError[] {
  const faults: FieldError[] = [];
  if (!volume.name) faults.push(required(`${path}.name`));
  else faults.push(...faultsOf(`${path}.name`, volume.name, dns1123Label(volume.name)));
  const sources = Object.keys(volume).filter((it) => it !== 'name');
  for (const extra of sources.slice(1)) faults.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 volume type'));
  if (volume.configMap && !volume.configMap.name) faults.push(required(`${path}.configMap.name`));
  if (volume.secret && !volume.secret.secretName) faults.push(required(`${path}.secret.secretName`));
  if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName)
    faults.push(required(`${path}.persistentVolumeClaim.claimName`));
  if (volume.hostPath && !volume.hostPath.path) faults.push(required(`${path}.hostPath.path`));
  if (volume.hostPath?.path?.split('/').includes('..'))
    faults.push(invalidValue(`${path}.hostPath.path`, volume.hostPath.path, "must not contain '..'"));
  for (const source of ['configMap', 'secret'] as const) {
    for (const [i, item] of (volume[source]?.items ?? []).entries()) {
      const at = `${path}.${source}.items[${i}]`;
      if (!item.key) faults.push(required(`${at}.key`));
      if (!item.path) faults.push(required(`${at}.path`));
      else if (item.path.startsWith('/')) faults.push(invalidValue(`${at}.path`, item.path, 'must be a relative path'));
      else if (item.path.split('/').includes('..')) faults.push(invalidValue(`${at}.path`, item.path, "must not contain '..'"));
    }
    const mode = volume[source]?.defaultMode;
    if (mode !== undefined && (mode < 0 || mode > 0o777))
      faults.push(invalidValue(`${path}.${source}.defaultMode`, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
  }
  return faults;
}

function hostPortFaults(spec: PodSpec, path: string): FieldError[] {
  const taken = new Set<string>();
  return (spec.containers ?? []).flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, j) => {
      const at = `${path}.containers[${i}].ports[${j}].hostPort`;
      if (spec.hostNetwork && port.hostPort !== undefined && port.hostPort !== port.containerPort) {
        return [
          invalidValue(
            `${path}.containers[${i}].ports[${j}].containerPort`,
            port.containerPort,
            'must match `hostPort` when `hostNetwork` is true',
          ),
        ];
      }
      if (!port.hostPort) return [];
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) return [duplicate(at, key)];
      taken.add(key);
      return [];
    }),
  );
}

/** What an update of a pod may change: images, deadlines, tolerations that are added, gates that are taken away. */
export function podUpdateFaults(pod: Pod, was: Pod): FieldError[] {
  const faults: FieldError[] = [];
  const comparable = (it: Pod): PodSpec =>
    ({
      ...it.spec,
      containers: it.spec.containers.map((c) => ({ ...c, image: '' })),
      ...(it.spec.initContainers && { initContainers: it.spec.initContainers.map((c) => ({ ...c, image: '' })) }),
      activeDeadlineSeconds: undefined,
      tolerations: undefined,
      schedulingGates: undefined,
      terminationGracePeriodSeconds: undefined,
      ...(was.spec.schedulingGates?.length ? { nodeSelector: undefined, affinity: undefined } : {}),
    }) as PodSpec;
  const plain = (it: Pod): unknown => JSON.parse(JSON.stringify(comparable(it))) as unknown;
  if (pod.spec.containers.length !== was.spec.containers.length)
    faults.push(forbidden('spec.containers', 'pod updates may not add or remove containers'));
  else if (!deepEqual(plain(pod), plain(was))) {
    faults.push(
      forbidden(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      ),
    );
  }
  if ((was.spec.tolerations ?? []).some((it) => !(pod.spec.tolerations ?? []).some((now) => deepEqual(now, it)))) {
    faults.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  }
  return faults;
}
