import type { batch } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import { humanDuration } from '../grammar/duration.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { controllerOf, longTime, putAnnotations, putMap, Sheet } from './sheet.ts';
import { putTemplate } from './workloads.ts';

/** A line for what is set; nothing for what is not. */
const puts =
  (sheet: Sheet) =>
  (title: string, value: unknown): void => {
    if (value !== undefined) sheet.put(0, `${title}:\t${String(value)}`);
  };

export async function describeJob(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status = {} } = object as unknown as batch.Job;
  const sheet = new Sheet();
  const put = puts(sheet);
  put('Name', metadata.name);
  put('Namespace', metadata.namespace);
  put('Selector', spec.selector ? selectorText(spec.selector) : '');
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put('Controlled By', controllerOf(object));
  put('Parallelism', spec.parallelism);
  put('Completions', spec.completions ?? '<unset>');
  put('Completion Mode', spec.completionMode);
  put('Suspend', spec.suspend);
  put('Backoff Limit', spec.backoffLimit);
  put('TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  const { startTime, completionTime } = status;
  put('Start Time', startTime && longTime(startTime));
  put('Completed At', completionTime && longTime(completionTime));
  if (startTime && completionTime) put('Duration', humanDuration(Date.parse(completionTime) - Date.parse(startTime)));
  put('Active Deadline Seconds', spec.activeDeadlineSeconds === undefined ? undefined : `${spec.activeDeadlineSeconds}s`);
  const ready = status.ready === undefined ? '' : ` (${status.ready} Ready)`;
  put('Pods Statuses', `${status.active ?? 0} Active${ready} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec.completionMode === 'Indexed') put('Completed Indexes', shortened(status.completedIndexes ?? ''));
  putTemplate(sheet, spec.template);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

const manyLetters = 50;

/** A list of indexes, cut at the first comma after what fits on a line. */
function shortened(indexes: string): string {
  if (indexes === '') return '<none>';
  const at = indexes.indexOf(',', manyLetters);
  return at < 0 ? indexes : `${indexes.slice(0, at + 1)}...`;
}

export async function describeCronJob(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status = {} } = object as unknown as batch.CronJob;
  const sheet = new Sheet();
  const put = puts(sheet);
  const unset = '<unset>';
  put('Name', metadata.name);
  put('Namespace', metadata.namespace);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put('Schedule', spec.schedule);
  put('Concurrency Policy', spec.concurrencyPolicy ?? '');
  put('Suspend', spec.suspend === undefined ? unset : spec.suspend ? 'True' : 'False');
  put('Time Zone', spec.timeZone);
  put('Successful Job History Limit', spec.successfulJobsHistoryLimit ?? unset);
  put('Failed Job History Limit', spec.failedJobsHistoryLimit ?? unset);
  put('Starting Deadline Seconds', spec.startingDeadlineSeconds === undefined ? unset : `${spec.startingDeadlineSeconds}s`);
  const job = spec.jobTemplate.spec;
  put('Selector', job?.selector ? selectorText(job.selector) : unset);
  put('Parallelism', job?.parallelism ?? unset);
  put('Completions', job?.completions ?? unset);
  put('Active Deadline Seconds', job?.activeDeadlineSeconds === undefined ? undefined : `${job.activeDeadlineSeconds}s`);
  putTemplate(sheet, job?.template);
  put('Last Schedule Time', status.lastScheduleTime ? longTime(status.lastScheduleTime) : unset);
  put('Active Jobs', (status.active ?? []).map(({ name }) => name).join(', ') || '<none>');
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}
