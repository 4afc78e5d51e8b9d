import type { apps, core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import { putContainers } from './containers.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { putSpread, putTolerations } from './pod.ts';
import { podCounts } from './pod-counts.ts';
import { controllerOf, labelsText, longTime, putAnnotations, putMap, Sheet } from './sheet.ts';
import { putVolumes } from './volumes.ts';

export async function describeDeployment(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status = {} } = object as unknown as apps.Deployment;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  put(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  const selector = selectorText(spec.selector);
  put(`Selector:\t${selector}`);
  put(
    `Replicas:\t${spec.replicas ?? 1} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`,
  );
  put(`StrategyType:\t${spec.strategy?.type ?? ''}`);
  put(`MinReadySeconds:\t${spec.minReadySeconds ?? 0}`);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling) put(`RollingUpdateStrategy:\t${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  putTemplate(sheet, spec.template);
  putReasons(sheet, status.conditions);
  await putReplicaSets(sheet, object, selector, lookup);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

async function putReplicaSets(sheet: Sheet, object: AnyObject, labelSelector: string, lookup: Lookup): Promise<void> {
  const all = (await lookup.all('replicasets.apps', object.metadata.namespace, { labelSelector })) as unknown as apps.ReplicaSet[];
  const owned = all.filter((it) => it.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === object.metadata.uid));
  if (owned.length === 0) {
    sheet.put(0, 'OldReplicaSets:\t<none>');
    sheet.put(0, 'NewReplicaSet:\t<none>');
    return;
  }
  const revision = (it: apps.ReplicaSet): number => Number(it.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const current = Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const newest = owned.find((it) => revision(it) === current);
  const old = owned.filter((it) => it !== newest);
  sheet.put(0, `OldReplicaSets:\t${setsText(old)}`);
  sheet.put(0, `NewReplicaSet:\t${setsText(newest ? [newest] : [])}`);
}

const setsText = (sets: readonly apps.ReplicaSet[]): string =>
  sets.length === 0
    ? '<none>'
    : sets.map((it) => `${it.metadata.name} (${it.status?.replicas ?? 0}/${it.spec.replicas ?? 0} replicas created)`).join(', ');

export async function describeReplicaSet(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as apps.ReplicaSet;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  const selector = selectorText(spec.selector);
  put(`Selector:\t${selector}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  const owner = controllerOf(object);
  if (owner) put(`Controlled By:\t${owner}`);
  put(`Replicas:\t${status?.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  put(`Pods Status:\t${await podCounts(object, selector, lookup)}`);
  putTemplate(sheet, spec.template);
  putReasons(sheet, status?.conditions);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

export async function describeReplicationController(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as core.ReplicationController;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  put(`Selector:\t${labelsText(spec?.selector)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Replicas:\t${status?.replicas ?? 0} current / ${spec?.replicas ?? 0} desired`);
  put(`Pods Status:\t${await podCounts(object, selectorText({ matchLabels: spec?.selector ?? {} }), lookup)}`);
  putTemplate(sheet, spec?.template);
  putReasons(sheet, status?.conditions);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

function putReasons(sheet: Sheet, conditions: ReadonlyArray<{ type: string; status: string; reason?: string }> | undefined): void {
  if (!conditions?.length) return;
  sheet.put(0, 'Conditions:');
  sheet.put(1, 'Type\tStatus\tReason');
  sheet.put(1, '----\t------\t------');
  for (const it of conditions) sheet.put(1, `${it.type} \t${it.status}\t${it.reason ?? ''}`);
}

/** A template is set in by one level, and what is in it by one blank more. */
export function putTemplate(sheet: Sheet, template: core.PodTemplateSpec | undefined, title = 'Pod Template'): void {
  sheet.put(0, `${title}:`);
  if (!template) {
    sheet.put(1, '<unset>');
    return;
  }
  const { metadata, spec } = template;
  putMap(sheet, 1, 'Labels', metadata?.labels);
  if (Object.keys(metadata?.annotations ?? {}).length > 0) putAnnotations(sheet, 1, metadata?.annotations);
  if (spec?.serviceAccountName) sheet.put(1, `Service Account:\t${spec.serviceAccountName}`);
  if (spec?.initContainers?.length) putContainers(sheet, 1, 'Init Containers', spec.initContainers, undefined, undefined, ' ');
  putContainers(sheet, 1, 'Containers', spec?.containers ?? [], undefined, undefined, ' ');
  putVolumes(sheet, 1, spec?.volumes ?? [], ' ');
  putSpread(sheet, 1, spec?.topologySpreadConstraints ?? []);
  if (spec?.priorityClassName) sheet.put(1, `Priority Class Name:\t${spec.priorityClassName}`);
  putMap(sheet, 1, 'Node-Selectors', spec?.nodeSelector);
  putTolerations(sheet, 1, spec?.tolerations ?? []);
}
