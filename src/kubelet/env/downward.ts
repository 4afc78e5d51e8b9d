import type { core } from '../../kinds/index.ts';
import { milliValue, quantityValue } from '../../meta/quantity.ts';

export type PodAddresses = { podIp: string; hostIp: string };

const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/;
const asText = (map: { [key: string]: string } | undefined): string =>
  Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify((map as { [key: string]: string })[key])}`)
    .join('\n');

/** The value of a fieldRef; undefined when no such field can be referred to. */
export function podField(pod: core.Pod, path: string, { podIp, hostIp }: PodAddresses): string | undefined {
  const key = subscript.exec(path);
  if (key) return pod.metadata[key[1] as 'labels' | 'annotations']?.[key[2] as string] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return asText(pod.metadata.labels);
    case 'metadata.annotations':
      return asText(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    default:
      return undefined;
  }
}

/** The value of a resourceFieldRef, in units of the divisor, rounded up. A limit that is not set counts as what the node can give. */
export function resourceField(
  container: core.Container,
  field: { resource: string; divisor?: string },
  allocatable: { [name: string]: string },
): string {
  const [kind, ...rest] = field.resource.split('.') as ['limits' | 'requests', ...string[]];
  const name = rest.join('.');
  const { limits, requests } = container.resources ?? {};
  const whole = allocatable[name] ?? '0';
  const amount = kind === 'limits' ? (limits?.[name] ?? whole) : (requests?.[name] ?? '0');
  const divisor = field.divisor && milliValue(field.divisor) > 0 ? field.divisor : '1';
  if (name === 'cpu') return String(Math.ceil(milliValue(amount) / milliValue(divisor)));
  return String(Math.ceil(quantityValue(amount) / quantityValue(divisor)));
}
