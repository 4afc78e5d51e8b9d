import type { core } from '../../kinds/index.ts';
import { canonicalQuantity, formatQuantity, quantityValue } from '../../meta/quantity.ts';
import type { AnyObject } from '../resources/index.ts';
import { Sheet } from './sheet.ts';

/** What a scope of a quota means, in a sentence. */
const scopes: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

export async function describeQuota(object: AnyObject): Promise<string> {
  const quota = object as unknown as core.ResourceQuota;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${quota.metadata.name}`);
  sheet.put(0, `Namespace:\t${quota.metadata.namespace}`);
  putScopes(quota, (line, isHelp) => sheet.put(0, isHelp ? ` ${line}` : line));
  sheet.put(0, 'Resource\tUsed\tHard');
  sheet.put(0, '--------\t----\t----');
  for (const [name, used, hard] of amountsOf(quota)) sheet.put(0, `${name}\t${inFormOf(hard, used)}\t${hard}`);
  return sheet.toString();
}

function putScopes({ spec }: core.ResourceQuota, put: (line: string, isHelp: boolean) => void): void {
  const all = [...(spec?.scopes ?? [])].sort();
  if (all.length === 0) return;
  put(`Scopes:\t${all.join(', ')}`, false);
  for (const it of all) if (scopes[it]) put(`* ${scopes[it]}`, true);
}

const amountsOf = ({ status }: core.ResourceQuota): Array<[name: string, used: string, hard: string]> =>
  Object.entries(status?.hard ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => [name, canonicalQuantity(status?.used?.[name] ?? '0'), canonicalQuantity(hard)]);

const isBinary = (amount: string): boolean => amount.endsWith('i');

/** An amount in powers of two where the other one is, and the reverse. */
const inFormOf = (model: string, amount: string): string =>
  isBinary(model) === isBinary(amount) ? amount : formatQuantity(quantityValue(amount), isBinary(model) ? 'binary' : 'decimal');

/** All quotas of a namespace. */
export function putQuotas(sheet: Sheet, quotas: readonly core.ResourceQuota[]): void {
  sheet.put(0, quotas.length === 0 ? 'No resource quota.' : 'Resource Quotas');
  for (const quota of [...quotas].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    sheet.put(1, `Name:\t${quota.metadata.name}`);
    putScopes(quota, (line) => sheet.put(1, line));
    sheet.put(1, 'Resource\tUsed\tHard');
    sheet.put(1, '--------\t---\t---');
    for (const [name, used, hard] of amountsOf(quota)) sheet.put(1, `${name}\t${used}\t${hard}`);
  }
}

const limitColumns = 'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio';
const limitRule = '----\t--------\t---\t---\t---------------\t-------------\t-----------------------';

export async function describeLimitRange(object: AnyObject): Promise<string> {
  const range = object as unknown as core.LimitRange;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${range.metadata.name}`);
  sheet.put(0, `Namespace:\t${range.metadata.namespace}`);
  sheet.put(0, limitColumns);
  sheet.put(0, limitRule);
  for (const line of limitLines(range)) sheet.put(0, line);
  return sheet.toString();
}

/** All limits of a namespace, set in by one blank. */
export function putLimits(sheet: Sheet, ranges: readonly core.LimitRange[]): void {
  if (ranges.length === 0) {
    sheet.put(0, 'No LimitRange resource.');
    return;
  }
  sheet.put(0, 'Resource Limits');
  for (const line of [limitColumns, limitRule, ...ranges.flatMap(limitLines)]) sheet.put(0, ` ${line}`);
}

function limitLines({ spec }: core.LimitRange): string[] {
  return (spec?.limits ?? []).flatMap((it) => {
    const columns = [it.min, it.max, it.defaultRequest, it.default, it.maxLimitRequestRatio];
    const names = [...new Set(columns.flatMap((amounts) => Object.keys(amounts ?? {})))].sort();
    const shown = (amount: string | undefined): string => (amount === undefined ? '-' : canonicalQuantity(amount));
    return names.map((name) => [it.type, name, ...columns.map((amounts) => shown(amounts?.[name]))].join('\t'));
  });
}
