import type { apps, core } from '../../kinds/index.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { podCounts } from './pod-counts.ts';
import { longTime, putAnnotations, putMap, Sheet } from './sheet.ts';
import { putTemplate } from './workloads.ts';

export async function describeStatefulSet(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as apps.StatefulSet;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  const selector = selectorText(spec.selector);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  put(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  put(`Selector:\t${selector}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Replicas:\t${spec.replicas ?? 1} desired | ${status?.replicas ?? 0} total`);
  put(`Update Strategy:\t${spec.updateStrategy?.type ?? ''}`);
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    sheet.put(1, `Partition:\t${rolling.partition}`);
    if (rolling.maxUnavailable !== undefined) sheet.put(1, `MaxUnavailable:\t${rolling.maxUnavailable}`);
  }
  put(`Pods Status:\t${await podCounts(object, selector, lookup)}`);
  putTemplate(sheet, spec.template);
  putClaims(sheet, spec.volumeClaimTemplates ?? []);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

function putClaims(sheet: Sheet, claims: readonly core.PersistentVolumeClaim[]): void {
  sheet.put(0, claims.length === 0 ? 'Volume Claims:\t<none>' : 'Volume Claims:');
  for (const { metadata, spec } of claims) {
    const capacity = spec.resources?.requests?.storage;
    sheet.put(1, `Name:\t${metadata.name}`);
    sheet.put(1, `StorageClass:\t${metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? ''}`);
    putMap(sheet, 1, 'Labels', metadata.labels);
    putMap(sheet, 1, 'Annotations', metadata.annotations);
    sheet.put(1, `Capacity:\t${capacity === undefined ? '<default>' : canonicalQuantity(capacity)}`);
    sheet.put(1, `Access Modes:\t[${(spec.accessModes ?? []).join(' ')}]`);
  }
}
