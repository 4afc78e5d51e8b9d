import type { core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import { putContainers } from './containers.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { controllerOf, longTime, putAnnotations, putMap, Sheet } from './sheet.ts';
import { putVolumes } from './volumes.ts';

export async function describePod(object: AnyObject, lookup: Lookup): Promise<string> {
  const pod = object as unknown as core.Pod;
  const { metadata, spec, status = {} as core.PodStatus } = pod;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  if (spec.priority !== undefined) put(`Priority:\t${spec.priority}`);
  if (spec.priorityClassName) put(`Priority Class Name:\t${spec.priorityClassName}`);
  if (spec.runtimeClassName) put(`Runtime Class Name:\t${spec.runtimeClassName}`);
  if (spec.serviceAccountName) put(`Service Account:\t${spec.serviceAccountName}`);
  put(`Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>'}`);
  if (status.startTime) put(`Start Time:\t${longTime(status.startTime)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  putPhase(put, pod, lookup.now);
  put(`IP:\t${status.podIP ?? ''}`);
  const ips = status.podIPs ?? [];
  put(ips.length === 0 ? 'IPs:\t<none>' : 'IPs:');
  for (const { ip } of ips) sheet.put(1, `IP:\t${ip}`);
  const owner = controllerOf(object);
  if (owner) put(`Controlled By:\t${owner}`);
  if (status.nominatedNodeName) put(`NominatedNodeName:\t${status.nominatedNodeName}`);
  if (spec.initContainers?.length)
    putContainers(sheet, 0, 'Init Containers', spec.initContainers, status.initContainerStatuses ?? [], pod, '  ');
  putContainers(sheet, 0, 'Containers', spec.containers, status.containerStatuses ?? [], pod, '  ');
  if (spec.ephemeralContainers?.length)
    putContainers(sheet, 0, 'Ephemeral Containers', spec.ephemeralContainers, status.ephemeralContainerStatuses ?? [], pod, '  ');
  if (spec.readinessGates?.length) put('Readiness Gates:\n  Type\tStatus');
  for (const { conditionType } of spec.readinessGates ?? [])
    sheet.put(1, `${conditionType} \t${status.conditions?.find((it) => it.type === conditionType)?.status ?? '<none>'} `);
  if (status.conditions?.length) {
    put('Conditions:');
    sheet.put(1, 'Type\tStatus');
    for (const it of status.conditions) sheet.put(1, `${it.type} \t${it.status} `);
  }
  putVolumes(sheet, 0, spec.volumes ?? [], '');
  put(`QoS Class:\t${status.qosClass ?? ''}`);
  putMap(sheet, 0, 'Node-Selectors', spec.nodeSelector);
  putTolerations(sheet, 0, spec.tolerations ?? []);
  putSpread(sheet, 0, spec.topologySpreadConstraints ?? []);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

function putPhase(put: (line: string) => void, pod: core.Pod, now: number): void {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp && status?.phase !== 'Failed' && status?.phase !== 'Succeeded') {
    const gone = Math.max(0, now - Date.parse(metadata.deletionTimestamp));
    put(`Status:\tTerminating (lasts ${Math.floor(gone / 1000)}s)`);
    put(`Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else put(`Status:\t${status?.phase ?? ''}`);
  if (status?.reason) put(`Reason:\t${status.reason}`);
  if (status?.message) put(`Message:\t${status.message}`);
  const { seccompProfile } = pod.spec.securityContext ?? {};
  if (seccompProfile) put(`SeccompProfile:\t${seccompProfile.type}`);
  if (seccompProfile?.type === 'Localhost') put(`LocalhostProfile:\t${seccompProfile.localhostProfile ?? ''}`);
}

export function putSpread(sheet: Sheet, level: number, constraints: readonly core.TopologySpreadConstraint[]): void {
  const sorted = [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  for (const [i, it] of sorted.entries()) {
    const selector = it.labelSelector ? ` for selector ${selectorText(it.labelSelector) || '<none>'}` : '';
    const text = `${it.topologyKey}:${it.whenUnsatisfiable} when max skew ${it.maxSkew} is exceeded${selector}`;
    sheet.put(level, `${i === 0 ? 'Topology Spread Constraints:' : ''}\t${text}`);
  }
}

export function putTolerations(sheet: Sheet, level: number, tolerations: readonly core.Toleration[]): void {
  if (tolerations.length === 0) sheet.put(level, 'Tolerations:\t<none>');
  const texts = tolerations.map(tolerationText).sort();
  for (const [i, text] of texts.entries()) sheet.put(level, `${i === 0 ? 'Tolerations:' : ''}\t${text}`);
}

function tolerationText({ key = '', value, effect, operator, tolerationSeconds }: core.Toleration): string {
  let text = key;
  if (value) text += `=${value}`;
  if (effect) text += `:${effect}`;
  if (operator === 'Exists' && !value) text += key || effect ? ' op=Exists' : 'op=Exists';
  return tolerationSeconds === undefined ? text : `${text} for ${tolerationSeconds}s`;
}
