import type { policy, scheduling } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { labelsText, Sheet } from './sheet.ts';

export async function describePriorityClass(object: AnyObject, lookup: Lookup): Promise<string> {
  const it = object as unknown as scheduling.PriorityClass;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${it.metadata.name}`);
  sheet.put(0, `Value:\t${it.value}`);
  sheet.put(0, `GlobalDefault:\t${it.globalDefault === true}`);
  sheet.put(0, `PreemptionPolicy:\t${it.preemptionPolicy ?? ''}`);
  sheet.put(0, `Description:\t${it.description ?? ''}`);
  sheet.put(0, `Annotations:\t${labelsText(it.metadata.annotations)}`);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

export async function describeDisruptionBudget(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as policy.PodDisruptionBudget;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  sheet.put(0, `Namespace:\t${metadata.namespace}`);
  if (spec?.minAvailable !== undefined) sheet.put(0, `Min available:\t${spec.minAvailable}`);
  else if (spec?.maxUnavailable !== undefined) sheet.put(0, `Max unavailable:\t${spec.maxUnavailable}`);
  sheet.put(0, `Selector:\t${spec?.selector ? selectorText(spec.selector) || '<none>' : '<unset>'}`);
  sheet.put(0, 'Status:');
  sheet.put(2, `Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}`);
  sheet.put(2, `Current:\t${status?.currentHealthy ?? 0}`);
  sheet.put(2, `Desired:\t${status?.desiredHealthy ?? 0}`);
  sheet.put(2, `Total:\t${status?.expectedPods ?? 0}`);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}
