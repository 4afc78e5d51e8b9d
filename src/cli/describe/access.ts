import type { rbac } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import { putAnnotations, putMap, Sheet } from './sheet.ts';

function start({ metadata }: AnyObject): Sheet {
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  return sheet;
}

const list = (words: readonly string[]): string => `[${words.join(' ')}]`;

/** Roles and cluster roles: each resource once, with all that may be done to it. */
export async function describeRole(object: AnyObject): Promise<string> {
  const sheet = start(object);
  sheet.put(0, 'PolicyRule:');
  sheet.put(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  sheet.put(1, '---------\t-----------------\t--------------\t-----');
  for (const row of rowsOf((object as unknown as rbac.Role).rules ?? [])) sheet.put(1, row.join('\t'));
  return sheet.toString();
}

type Row = { group: string; resource: string; name?: string; url?: string; verbs: string[] };

function rowsOf(rules: readonly rbac.PolicyRule[]): string[][] {
  const found = new Map<string, Row>();
  const add = (row: Omit<Row, 'verbs'>, verbs: readonly string[]): void => {
    const key = JSON.stringify(row);
    const known = found.get(key);
    if (known) known.verbs.push(...verbs);
    else found.set(key, { ...row, verbs: [...verbs] });
  };
  for (const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } of rules) {
    const names = resourceNames.length > 0 ? resourceNames : [undefined];
    for (const group of apiGroups)
      for (const resource of resources) for (const name of names) add({ group, resource, ...(name !== undefined && { name }) }, verbs);
    for (const url of nonResourceURLs) add({ group: '', resource: '', url }, verbs);
  }
  // As Go writes a rule: verbs come first.
  const order = (it: Row): string =>
    `${list(it.verbs)},${list(it.group === '' && it.resource === '' ? [] : [it.group])},${list([it.resource])},${it.name ?? ''}${it.url ?? ''}`;
  return [...found.values()]
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((it) => [
      inGroup(it.resource, it.group),
      list(it.url === undefined ? [] : [it.url]),
      list(it.name === undefined ? [] : [it.name]),
      list(it.verbs),
    ]);
}

/** `deployments.apps/scale`. */
function inGroup(resource: string, group: string): string {
  const [name = '', ...sub] = resource.split('/');
  return [group ? `${name}.${group}` : name, ...sub].join('/');
}

/** Bindings of roles and of cluster roles. */
export async function describeBinding(object: AnyObject): Promise<string> {
  const { roleRef, subjects = [] } = object as unknown as rbac.RoleBinding;
  const sheet = start(object);
  sheet.put(0, 'Role:');
  sheet.put(1, `Kind:\t${roleRef.kind}`);
  sheet.put(1, `Name:\t${roleRef.name}`);
  sheet.put(0, 'Subjects:');
  sheet.put(1, 'Kind\tName\tNamespace');
  sheet.put(1, '----\t----\t---------');
  for (const it of subjects) sheet.put(1, `${it.kind}\t${it.name}\t${it.namespace ?? ''}`);
  return sheet.toString();
}
