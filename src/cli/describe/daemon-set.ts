import type { apps } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { podCounts } from './pod-counts.ts';
import { labelsText, putAnnotations, putMap, Sheet } from './sheet.ts';
import { putTemplate } from './workloads.ts';

export async function describeDaemonSet(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as apps.DaemonSet;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  const selector = selectorText(spec.selector);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  put(`Selector:\t${selector}`);
  put(`Node-Selector:\t${labelsText(spec.template.spec?.nodeSelector)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`);
  put(`Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`);
  put(`Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`);
  put(`Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`);
  put(`Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`);
  put(`Pods Status:\t${await podCounts(object, selector, lookup)}`);
  putTemplate(sheet, spec.template);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}
