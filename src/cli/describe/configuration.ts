import type { core } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { putLimits, putQuotas } from './limits.ts';
import { longTime, putAnnotations, putMap, Sheet } from './sheet.ts';

const sortedKeys = (map: object | undefined): string[] => Object.keys(map ?? {}).sort();

function start({ metadata }: AnyObject): Sheet {
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  if (metadata.namespace) sheet.put(0, `Namespace:\t${metadata.namespace}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  return sheet;
}

export async function describeConfigMap(object: AnyObject, lookup: Lookup): Promise<string> {
  const { data, binaryData } = object as unknown as core.ConfigMap;
  const sheet = start(object);
  sheet.put(0, '\nData\n====');
  for (const key of sortedKeys(data)) sheet.put(0, `${key}:\n----\n${data?.[key] ?? ''}\n`);
  sheet.put(0, '\nBinaryData\n====');
  for (const key of sortedKeys(binaryData)) sheet.put(0, `${key}: ${Buffer.from(binaryData?.[key] ?? '', 'base64').length} bytes`);
  sheet.put(0, '');
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

/** Sizes only: a secret's content is not for whoever looks over a shoulder. */
export async function describeSecret(object: AnyObject): Promise<string> {
  const { data, type } = object as unknown as core.Secret;
  const sheet = start(object);
  sheet.put(0, `\nType:\t${type ?? ''}`);
  sheet.put(0, '\nData\n====');
  for (const key of sortedKeys(data)) {
    const bytes = Buffer.from(data?.[key] ?? '', 'base64');
    const isToken = key === 'token' && type === 'kubernetes.io/service-account-token';
    sheet.put(0, isToken ? `${key}:\t${bytes.toString('utf8')}` : `${key}:\t${bytes.length} bytes`);
  }
  return sheet.toString();
}

export async function describeServiceAccount(object: AnyObject, lookup: Lookup): Promise<string> {
  const { imagePullSecrets, secrets } = object as unknown as core.ServiceAccount;
  const sheet = start(object);
  const putNames = (title: string, names: readonly string[]): void => {
    if (names.length === 0) sheet.put(0, `${title}:\t<none>`);
    for (const [i, name] of names.entries()) sheet.put(0, `${i === 0 ? `${title}:` : ''}\t${name}`);
  };
  const there = new Set((await lookup.all('secrets', object.metadata.namespace)).map((it) => it.metadata.name));
  const marked = (all: ReadonlyArray<{ name?: string }> | undefined): string[] =>
    (all ?? []).map(({ name = '' }) => (there.has(name) ? name : `${name} (not found)`));
  putNames('Image pull secrets', marked(imagePullSecrets));
  putNames('Mountable secrets', marked(secrets));
  putNames('Tokens', []);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

export async function describeNamespace(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, status } = object as unknown as core.Namespace;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  sheet.put(0, `Status:\t${status?.phase ?? ''}`);
  if (status?.conditions?.length) {
    sheet.put(0, 'Conditions:');
    sheet.put(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    sheet.put(1, '----\t------\t------------------\t------\t-------');
    for (const it of status.conditions)
      sheet.put(1, `${it.type}\t${it.status}\t${longTime(it.lastTransitionTime)}\t${it.reason ?? ''}\t${it.message ?? ''}`);
  }
  sheet.put(0, '');
  putQuotas(sheet, (await lookup.all('resourcequotas', metadata.name)) as unknown as core.ResourceQuota[]);
  sheet.put(0, '');
  putLimits(sheet, (await lookup.all('limitranges', metadata.name)) as unknown as core.LimitRange[]);
  return sheet.toString();
}
