import type { core, discovery, networking } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { endpointsOf } from './service.ts';
import { putAnnotations, putMap, Sheet } from './sheet.ts';

/** As kubectl shows it: each path with the endpoints that its backend has now. */
export async function describeIngress(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec = {}, status } = object as unknown as networking.Ingress;
  const sheet = new Sheet();
  const put = (level: number, line: string): void => sheet.put(level, line);
  const backend = (it: networking.IngressBackend): Promise<string> => backendText(it, metadata.namespace ?? '', lookup);
  put(0, `Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  put(0, `Namespace:\t${metadata.namespace}`);
  put(0, `Address:\t${(status?.loadBalancer?.ingress ?? []).map((it) => it.ip || it.hostname || '').join(',')}`);
  put(0, `Ingress Class:\t${spec.ingressClassName ?? '<none>'}`);
  const byDefault = spec.defaultBackend ? await backend(spec.defaultBackend) : '<default>';
  put(0, `Default backend:\t${byDefault}`);
  if (spec.tls?.length) {
    put(0, 'TLS:');
    for (const { secretName, hosts = [] } of spec.tls)
      put(1, secretName ? `${secretName} terminates ${hosts.join(',')}` : `SNI routes ${hosts.join(',')}`);
  }
  put(0, 'Rules:');
  put(1, 'Host\tPath\tBackends');
  put(1, '----\t----\t--------');
  const rules = (spec.rules ?? []).filter((it) => it.http);
  for (const { host, http } of rules) {
    put(1, `${host || '*'}\t`);
    for (const path of http?.paths ?? []) put(2, `\t${path.path ?? ''} \t${await backend(path.backend)}`);
  }
  if (rules.length === 0) put(1, `*\t*\t${byDefault}`);
  putAnnotations(sheet, 0, metadata.annotations);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

async function backendText({ service, resource }: networking.IngressBackend, namespace: string, lookup: Lookup): Promise<string> {
  if (resource) return `APIGroup: ${resource.apiGroup ?? ''}, Kind: ${resource.kind}, Name: ${resource.name}`;
  if (!service) return '';
  const { name, port = {} } = service;
  const text = `${name}:${port.name || (port.number ?? '')}`;
  const found = (await lookup.one('services', namespace, name)) as unknown as core.Service | undefined;
  if (!found) return `${text} (<error: services "${name}" not found>)`;
  const portName = port.name ?? found.spec.ports?.find((it) => it.port === port.number)?.name ?? '';
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const slices = await lookup.all('endpointslices.discovery.k8s.io', namespace, { labelSelector });
  return `${text} (${endpointsOf(slices as unknown as discovery.EndpointSlice[], portName)})`;
}

export async function describeIngressClass(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec } = object as unknown as networking.IngressClass;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  sheet.put(0, `Controller:\t${spec?.controller ?? ''}`);
  const { apiGroup, kind, name } = spec?.parameters ?? {};
  if (kind) {
    sheet.put(0, 'Parameters:');
    if (apiGroup) sheet.put(1, `APIGroup:\t${apiGroup}`);
    sheet.put(1, `Kind:\t${kind}`);
    sheet.put(1, `Name:\t${name}`);
  }
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

export async function describeIpAddress(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec } = object as unknown as networking.IPAddress;
  const { group = '', resource, namespace = '', name } = spec.parentRef;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  sheet.put(0, 'Parent Reference:');
  sheet.put(1, `Group:\t${group}`);
  sheet.put(1, `Resource:\t${resource}`);
  sheet.put(1, `Namespace:\t${namespace}`);
  sheet.put(1, `Name:\t${name}`);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}
