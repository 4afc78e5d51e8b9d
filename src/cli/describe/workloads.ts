import type { apps, core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import { putContainers } from './containers.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { putTolerations } from './pod.ts';
import { longTime, putAnnotations, putMap, Sheet } from './sheet.ts';
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
  if (status.conditions?.length) {
    put('Conditions:\n  Type\tStatus\tReason');
    put('  ----\t------\t------');
    for (const it of status.conditions) put(`  ${it.type} \t${it.status}\t${it.reason ?? ''}`);
  }
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
  const owner = metadata.ownerReferences?.find((it) => it.controller);
  if (owner) put(`Controlled By:\t${owner.kind}/${owner.name}`);
  put(`Replicas:\t${status?.replicas ?? 0} current / ${spec.replicas ?? 0} desired`);
  const pods = ((await lookup.all('pods', metadata.namespace, { labelSelector: selector })) as unknown as core.Pod[]).filter((it) =>
    it.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === metadata.uid),
  );
  const count = (phase: string): number => pods.filter((it) => it.status?.phase === phase).length;
  put(
    `Pods Status:\t${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`,
  );
  putTemplate(sheet, spec.template);
  if (status?.conditions?.length) {
    put('Conditions:\n  Type\tStatus\tReason');
    put('  ----\t------\t------');
    for (const it of status.conditions) put(`  ${it.type} \t${it.status}\t${it.reason ?? ''}`);
  }
  await putEvents(sheet, object, lookup);
  return sheet.toString();
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
  if (spec?.priorityClassName) sheet.put(1, `Priority Class Name:\t${spec.priorityClassName}`);
  putMap(sheet, 1, 'Node-Selectors', spec?.nodeSelector);
  putTolerations(sheet, 1, spec?.tolerations ?? []);
}
