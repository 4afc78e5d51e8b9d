import type { IncomingMessage } from 'node:http';
import { type FieldError, forbidden, invalidValue, notSupported, required, toCause } from '../meta/field-error.ts';
import { readBody } from '../meta/read/body.ts';
import { badRequest, invalid } from '../meta/status-error.ts';
import type { DeleteOptions } from '../meta/types.ts';
import type { WriteOptions } from './context.ts';
import { bodyOf } from './http.ts';
import { messageFor, messages, readMessage } from './reading.ts';
import { isTrue, type RequestInfo } from './request.ts';
import type { DeleteQuery } from './verbs/delete.ts';
import type { ListQuery } from './verbs/read.ts';
import type { WatchQuery } from './verbs/watch.ts';

const refuse = (kind: string, faults: FieldError[]): void => {
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', faults.map(toCause));
};

/** A whole number of a query. Fails with BadRequest in Go's words. */
function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

export type WatchParameters = WatchQuery & { timeoutSeconds: number | undefined; includeObject: string };

/** What a list or a watch asks for. What does not go together is refused later, for callers inside the process too. */
export function listQuery({ namespace, name, query }: RequestInfo): WatchParameters {
  const initial = query.get('sendInitialEvents');
  const text = (key: string): string | undefined => query.get(key) || undefined;
  const found: ListQuery = {
    namespace,
    name,
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: wholeNumber(query, 'limit'),
    continue: text('continue'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch'),
  };
  return {
    ...found,
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: wholeNumber(query, 'timeoutSeconds'),
    includeObject: includeObject(query),
  };
}

/** How much of each object the rows of a Table carry. */
export function includeObject(query: URLSearchParams): string {
  const policy = query.get('includeObject') || 'Metadata';
  if (['None', 'Metadata', 'Object'].includes(policy)) return policy;
  throw invalid({ group: 'meta.k8s.io', kind: 'TableOptions' }, '', [
    toCause(notSupported('includeObject', policy, ['Metadata', 'None', 'Object', ''])),
  ]);
}

const goStrings = (values: readonly string[]): string => `[]string{${values.map((it) => JSON.stringify(it)).join(', ')}}`;

function dryRunFaults(values: readonly string[]): FieldError[] {
  if (values.every((it) => it === 'All')) return [];
  const { reason, path } = notSupported('dryRun', '', []);
  return [{ path, reason, message: `Unsupported value: ${goStrings(values)}: supported values: "All"` }];
}

const optionKinds: Readonly<Record<string, string>> = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' };

/** dryRun, fieldManager and fieldValidation of a write. Fails with Invalid, as upstream words it. */
export function writeOptions({ query, verb }: RequestInfo, isApply = false): WriteOptions {
  const dryRun = query.getAll('dryRun');
  const faults = dryRunFaults(dryRun);
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation))
    faults.push(notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  const fieldManager = query.get('fieldManager') ?? '';
  if (fieldManager.length > 128)
    faults.push({ path: 'fieldManager', reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  else if (/[\x00-\x1f\x7f]/.test(fieldManager))
    faults.push(invalidValue('fieldManager', fieldManager, 'should only contain printable characters'));
  if (verb === 'patch' && !isApply && query.has('force')) faults.push(forbidden('force', 'may not be specified for non-apply patch'));
  if (isApply && !fieldManager) faults.push(required('fieldManager', 'is required for apply patch'));
  refuse(optionKinds[verb] ?? 'CreateOptions', faults);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as NonNullable<WriteOptions['fieldValidation']>,
    ...(fieldManager && { fieldManager }),
  };
}

/** The same of an apply, which must say who it is. */
export const applyOptions = (info: RequestInfo): WriteOptions & { force: boolean } => ({
  ...writeOptions(info, true),
  force: isTrue(info.query.get('force')),
});

/** The options of a deletion: its body when it has one, else the query. */
export async function deleteQuery(request: IncomingMessage, { query }: RequestInfo): Promise<DeleteQuery> {
  const bytes = await bodyOf(request);
  const given =
    bytes.length > 0
      ? readMessage<DeleteOptions>(messages.deleteOptions, readBody(bytes, request.headers['content-type'], false, messageFor).value)
      : optionsIn(query);
  const dryRun = [...(given.dryRun ?? []), ...(bytes.length > 0 ? query.getAll('dryRun') : [])];
  refuse('DeleteOptions', [...dryRunFaults(dryRun), ...propagationFaults(given)]);
  return {
    dryRun: dryRun.length > 0,
    gracePeriodSeconds: given.gracePeriodSeconds,
    propagationPolicy: given.propagationPolicy,
    orphanDependents: given.orphanDependents,
    preconditions: given.preconditions,
  };
}

function optionsIn(query: URLSearchParams): DeleteOptions {
  const gracePeriodSeconds = wholeNumber(query, 'gracePeriodSeconds');
  const propagationPolicy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  const dryRun = query.getAll('dryRun');
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(orphan !== null && { orphanDependents: isTrue(orphan) }),
    ...(dryRun.length > 0 && { dryRun }),
  };
}

function propagationFaults({ propagationPolicy: policy, orphanDependents }: DeleteOptions): FieldError[] {
  if (policy === undefined) return [];
  if (orphanDependents !== undefined) {
    return [
      {
        path: 'propagationPolicy',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      },
    ];
  }
  const known = ['Foreground', 'Background', 'Orphan'];
  return known.includes(policy) ? [] : [notSupported('propagationPolicy', policy, [...known, 'nil'])];
}
