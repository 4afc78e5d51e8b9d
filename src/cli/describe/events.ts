import type { core } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { type Sheet, since } from './sheet.ts';

export async function putEvents(sheet: Sheet, object: AnyObject, lookup: Lookup): Promise<void> {
  putEventList(sheet, await lookup.events(object), lookup.now);
}

export function putEventList(sheet: Sheet, found: readonly core.Event[], now: number): void {
  const events = [...found].sort((a, b) => (lastOf(a) < lastOf(b) ? -1 : lastOf(a) > lastOf(b) ? 1 : 0));
  if (events.length === 0) {
    sheet.put(0, 'Events:\t<none>');
    return;
  }
  sheet.flush();
  sheet.put(0, 'Events:');
  sheet.put(1, 'Type\tReason\tAge\tFrom\tMessage');
  sheet.put(1, '----\t------\t----\t----\t-------');
  for (const it of events) sheet.put(1, [it.type, it.reason, intervalOf(it, now), sourceOf(it), (it.message ?? '').trim()].join('\t'));
}

const lastOf = (it: core.Event): string => it.lastTimestamp ?? it.series?.lastObservedTime ?? it.eventTime ?? it.metadata.creationTimestamp;

function intervalOf(it: core.Event, now: number): string {
  const first = it.firstTimestamp ?? it.eventTime;
  if (it.series) return `${since(it.series.lastObservedTime, now)} (x${it.series.count ?? 0} over ${since(first, now)})`;
  if ((it.count ?? 0) > 1) return `${since(it.lastTimestamp, now)} (x${it.count} over ${since(first, now)})`;
  return since(first, now);
}

const sourceOf = (it: core.Event): string => it.source?.component || it.reportingComponent || '';
