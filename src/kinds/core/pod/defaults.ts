import type { Container, EphemeralContainer, Pod, PodSpec, PodTemplateSpec, Probe, Volume } from '../../generated/core-v1.ts';
import { containerAmounts, isPodLevel } from './resources.ts';

/** What upstream fills in for a pod or a template (pkg/apis/core/v1/defaults.go). Idempotent. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  // What is below nothing is the least that is something.
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
    defaultContainer(container, spec.hostNetwork === true);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container, false);
}

export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}

/** Pods alone: limits count as requests, and every pod says whether it wants service variables. */
export function defaultPod(draft: Pod): void {
  draft.spec ??= {} as PodSpec;
  draft.spec.containers ??= [];
  defaultPodSpec(draft.spec);
  draft.spec.enableServiceLinks ??= true;
  for (const container of [...(draft.spec.initContainers ?? []), ...(draft.spec.containers ?? [])]) {
    const { limits } = container.resources ?? {};
    if (!limits || !container.resources) continue;
    for (const [name, limit] of Object.entries(limits)) {
      container.resources.requests ??= {};
      container.resources.requests[name] ??= limit;
    }
  }
  defaultPodRequests(draft.spec);
}

/** A pod limited as a whole asks for what its containers ask for together, or else for all that it may use (KEP-2837). */
function defaultPodRequests(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources?.limits) return;
  const asked = Object.entries({ ...resources.limits, ...containerAmounts(spec, 'requests') }).filter(([name]) => isPodLevel(name));
  const requests = { ...Object.fromEntries(asked), ...resources.requests };
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** `nginx` and `nginx:latest` are always pulled anew; a fixed tag or digest only when it is missing, and so what is no name. */
function defaultPullPolicy(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@') || !isImageName(image)) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const part = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
/** Whether Docker would take it: an optional host, lower-case parts, an optional tag. */
function isImageName(image: string): boolean {
  const [, path = '', tag] = /^(.*?)(?::([^:/]*))?$/.exec(image) ?? [];
  const parts = path.split('/');
  const [host = ''] = parts;
  const hasHost = parts.length > 1 && (/[.:]/.test(host) || host === 'localhost' || host !== host.toLowerCase());
  return (
    (tag === undefined || /^\w[\w.-]{0,127}$/.test(tag)) &&
    parts.slice(hasHost ? 1 : 0).every((it) => part.test(it)) &&
    !/^[0-9a-f]{64}$/.test(image)
  );
}

function defaultContainer(container: Container | EphemeralContainer, hostNetwork: boolean): void {
  container.resources ??= {};
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
  for (const port of container.ports ?? []) {
    port.protocol ||= 'TCP';
    if (hostNetwork) port.hostPort ||= port.containerPort;
  }
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ||= 'v1';
    if (variable.valueFrom?.resourceFieldRef) variable.valueFrom.resourceFieldRef.divisor ??= '0';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) if (probe) defaultProbe(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler?.httpGet) handler.httpGet = { path: '/', scheme: 'HTTP', ...handler.httpGet };
  }
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) {
    probe.httpGet.path ||= '/';
    probe.httpGet.scheme ||= 'HTTP';
  }
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultVolume(volume: Volume): void {
  const sources = Object.keys(volume).filter((it) => it !== 'name');
  if (sources.length === 0) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) if (source) source.defaultMode ??= 420;
  if (volume.hostPath) volume.hostPath.type ??= '';
  defaultForeignVolume(volume);
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference ?? '');
  for (const item of [
    ...(volume.downwardAPI?.items ?? []),
    ...(volume.projected?.sources ?? []).flatMap((it) => it.downwardAPI?.items ?? []),
  ]) {
    if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1';
    if (item.resourceFieldRef) item.resourceFieldRef.divisor ??= '0';
  }
  for (const source of volume.projected?.sources ?? [])
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim) claim.spec = { volumeMode: 'Filesystem', ...claim.spec };
}

/** Of volumes that are mounted nowhere here, but are kept as others would have them. */
function defaultForeignVolume({ iscsi, rbd, azureDisk, scaleIO }: Volume): void {
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) Object.assign(rbd, { pool: rbd.pool || 'rbd', user: rbd.user || 'admin', keyring: rbd.keyring || '/etc/ceph/keyring' });
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}
