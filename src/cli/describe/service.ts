import { type core, type discovery, swapOf } from '../../kinds/index.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { labelsText, putAnnotations, putMap, Sheet } from './sheet.ts';

export async function describeService(object: AnyObject, lookup: Lookup): Promise<string> {
  const { metadata, spec, status } = object as unknown as core.Service;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`Selector:\t${labelsText(spec.selector)}`);
  put(`Type:\t${spec.type ?? ''}`);
  put(`IP Family Policy:\t${spec.ipFamilyPolicy ?? '<none>'}`);
  put(`IP Families:\t${spec.ipFamilies?.length ? spec.ipFamilies.join(',') : '<none>'}`);
  put(`IP:\t${spec.clusterIP ?? ''}`);
  put(`IPs:\t${spec.clusterIPs?.length ? spec.clusterIPs.join(',') : '<none>'}`);
  if (spec.externalIPs?.length) put(`External IPs:\t${spec.externalIPs.join(',')}`);
  if (spec.loadBalancerIP) put(`Desired LoadBalancer IP:\t${spec.loadBalancerIP}`);
  if (spec.externalName) put(`External Name:\t${spec.externalName}`);
  const swapped = swapOf(object as unknown as core.Service);
  if (swapped) put(`Swapped:\t${swapped.port || '<unset>'}\t${swapped.to} (relayed at ${swapped.address}:${swapped.number})`);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0)
    put(
      `LoadBalancer Ingress:\t${ingress.map((it) => (it.ip ? `${it.ip}${it.ipMode ? ` (${it.ipMode})` : ''}` : it.hostname)).join(', ')}`,
    );
  const slices = (await lookup.all('endpointslices.discovery.k8s.io', metadata.namespace, {
    labelSelector: `kubernetes.io/service-name=${metadata.name}`,
  })) as unknown as discovery.EndpointSlice[];
  for (const port of spec.ports ?? []) {
    const name = port.name || '<unset>';
    put(`Port:\t${name}\t${port.port}/${port.protocol ?? 'TCP'}`);
    const target = port.targetPort;
    put(`TargetPort:\t${typeof target === 'number' && target === 0 ? port.port : target}/${port.protocol ?? 'TCP'}`);
    if (port.nodePort) put(`NodePort:\t${name}\t${port.nodePort}/${port.protocol ?? 'TCP'}`);
    put(`Endpoints:\t${endpointsOf(slices, port.name ?? '')}`);
  }
  put(`Session Affinity:\t${spec.sessionAffinity ?? ''}`);
  if (spec.externalTrafficPolicy) put(`External Traffic Policy:\t${spec.externalTrafficPolicy}`);
  if (spec.internalTrafficPolicy) put(`Internal Traffic Policy:\t${spec.internalTrafficPolicy}`);
  if (spec.trafficDistribution) put(`Traffic Distribution:\t${spec.trafficDistribution}`);
  if (spec.healthCheckNodePort) put(`HealthCheck NodePort:\t${spec.healthCheckNodePort}`);
  if (spec.loadBalancerSourceRanges?.length) put(`LoadBalancer Source Ranges:\t${spec.loadBalancerSourceRanges.join(',')}`);
  await putEvents(sheet, object, lookup);
  return sheet.toString();
}

const mostShown = 3;

/** Ready addresses behind a port, three of them at most. */
export function endpointsOf(slices: readonly discovery.EndpointSlice[], portName: string): string {
  const found = slices.flatMap((slice) =>
    (slice.ports ?? [])
      .filter((it) => (it.name ?? '') === portName)
      .flatMap((port) =>
        (slice.endpoints ?? [])
          .filter((it) => it.conditions?.ready !== false)
          .flatMap((it) => it.addresses.map((address) => `${address}:${port.port ?? ''}`)),
      ),
  );
  if (slices.length === 0) return '<none>';
  if (found.length === 0) return '';
  const more = found.length - mostShown;
  return `${found.slice(0, mostShown).join(',')}${more > 0 ? ` + ${more} more...` : ''}`;
}
