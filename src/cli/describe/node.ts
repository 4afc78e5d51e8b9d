import type { coordination, core } from '../../kinds/index.ts';
import { addQuantities, canonicalQuantity, milliValue } from '../../meta/quantity.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEventList } from './events.ts';
import { longTime, putAnnotations, putMap, Sheet, since } from './sheet.ts';

type Amounts = Readonly<Record<string, string>>;
const sortedNames = (amounts: Amounts | undefined): string[] => Object.keys(amounts ?? {}).sort();

export async function describeNode(object: AnyObject, lookup: Lookup): Promise<string> {
  const node = object as unknown as core.Node;
  const { metadata, spec = {} as core.NodeSpec, status = {} as core.NodeStatus } = node;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Roles:\t${rolesOf(node)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  const taints = (spec.taints ?? []).map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`);
  if (taints.length === 0) put('Taints:\t<none>');
  for (const [i, taint] of taints.entries()) put(`${i === 0 ? 'Taints:' : ''}\t${taint}`);
  put(`Unschedulable:\t${spec.unschedulable === true}`);
  putLease(
    sheet,
    (await lookup.one('leases.coordination.k8s.io', 'kube-node-lease', metadata.name)) as unknown as coordination.Lease | undefined,
  );
  if (status.conditions?.length) {
    put('Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage');
    put('  ----\t------\t-----------------\t------------------\t------\t-------');
    for (const it of status.conditions)
      put(
        `  ${it.type} \t${it.status} \t${longTime(it.lastHeartbeatTime)} \t${longTime(it.lastTransitionTime)} \t${it.reason ?? ''} \t${it.message ?? ''}`,
      );
  }
  put('Addresses:');
  for (const { type, address } of status.addresses ?? []) put(`  ${type}:\t${address}`);
  for (const [title, amounts] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    if (!amounts || Object.keys(amounts).length === 0) continue;
    put(`${title}:`);
    for (const name of sortedNames(amounts)) put(`  ${name}:\t${amounts[name]}`);
  }
  putInfo(put, status.nodeInfo);
  if (spec.podCIDR) put(`PodCIDR:\t${spec.podCIDR}`);
  if (spec.podCIDRs?.length) put(`PodCIDRs:\t${spec.podCIDRs.join(',')}`);
  if (spec.providerID) put(`ProviderID:\t${spec.providerID}`);
  const pods = (await lookup.all('pods', undefined, {
    fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`,
  })) as unknown as core.Pod[];
  putPods(sheet, pods, status.allocatable ?? status.capacity ?? {}, lookup.now);
  const byName = { ...object, metadata: { ...object.metadata, uid: metadata.name } };
  const events = [...(await lookup.events(byName)), ...(await lookup.events(object))];
  putEventList(sheet, events, lookup.now);
  return sheet.toString();
}

function rolesOf({ metadata }: core.Node): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return [key.slice(prefix.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : roles.sort().join(',');
}

function putLease(sheet: Sheet, lease: coordination.Lease | undefined): void {
  sheet.put(0, 'Lease:');
  sheet.put(1, `HolderIdentity:\t${lease?.spec?.holderIdentity ?? '<unset>'}`);
  sheet.put(1, `AcquireTime:\t${longTime(lease?.spec?.acquireTime)}`);
  sheet.put(1, `RenewTime:\t${longTime(lease?.spec?.renewTime)}`);
}

function putInfo(put: (line: string) => void, info: core.NodeSystemInfo | undefined): void {
  put('System Info:');
  put(`  Machine ID:\t${info?.machineID ?? ''}`);
  put(`  System UUID:\t${info?.systemUUID ?? ''}`);
  put(`  Boot ID:\t${info?.bootID ?? ''}`);
  put(`  Kernel Version:\t${info?.kernelVersion ?? ''}`);
  put(`  OS Image:\t${info?.osImage ?? ''}`);
  put(`  Operating System:\t${info?.operatingSystem ?? ''}`);
  put(`  Architecture:\t${info?.architecture ?? ''}`);
  put(`  Container Runtime Version:\t${info?.containerRuntimeVersion ?? ''}`);
  put(`  Kubelet Version:\t${info?.kubeletVersion ?? ''}`);
  put(`  Kube-Proxy Version:\t${info?.kubeProxyVersion ?? ''}`);
}

const shown = ['cpu', 'memory', 'ephemeral-storage'];

function putPods(sheet: Sheet, pods: readonly core.Pod[], room: Amounts, now: number): void {
  const put = (line: string): void => sheet.put(0, line);
  put(`Non-terminated Pods:\t(${pods.length} in total)`);
  sheet.put(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  sheet.put(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  const sums = { requests: {} as Record<string, string>, limits: {} as Record<string, string> };
  for (const pod of pods) {
    const mine = { requests: amountsOf(pod, 'requests'), limits: amountsOf(pod, 'limits') };
    for (const part of ['requests', 'limits'] as const)
      for (const [name, amount] of Object.entries(mine[part])) sums[part][name] = addQuantities(sums[part][name] ?? '0', amount);
    const cells = (['cpu', 'memory'] as const).flatMap((name) => [
      ofRoom(mine.requests[name], room[name]),
      ofRoom(mine.limits[name], room[name]),
    ]);
    sheet.put(1, `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cells.join('\t')}\t${since(pod.metadata.creationTimestamp, now)}`);
  }
  put('Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)');
  put('  Resource\tRequests\tLimits');
  put('  --------\t--------\t------');
  const names = [...shown, ...sortedNames(room).filter((it) => it.startsWith('hugepages-') || it.includes('/'))];
  for (const name of names) put(`  ${name}\t${ofRoom(sums.requests[name], room[name])}\t${ofRoom(sums.limits[name], room[name])}`);
}

function ofRoom(amount: string | undefined, room: string | undefined): string {
  const of = milliValue(room ?? '0');
  const percent = of > 0 ? Math.trunc((milliValue(amount ?? '0') / of) * 100) : 0;
  return `${amount === undefined ? '0' : canonicalQuantity(amount)} (${percent}%)`;
}

/** What a pod takes: its containers together, or its largest init container if that is more. */
function amountsOf({ spec }: core.Pod, part: 'requests' | 'limits'): Record<string, string> {
  const sum: Record<string, string> = {};
  const sidecars = (spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  for (const it of [...spec.containers, ...sidecars])
    for (const [name, amount] of Object.entries(it.resources?.[part] ?? {})) sum[name] = addQuantities(sum[name] ?? '0', amount);
  for (const it of spec.initContainers ?? [])
    for (const [name, amount] of Object.entries(it.resources?.[part] ?? {}))
      if (milliValue(amount) > milliValue(sum[name] ?? '0')) sum[name] = amount;
  for (const [name, amount] of Object.entries(spec.overhead ?? {}))
    if (part === 'requests' || sum[name]) sum[name] = addQuantities(sum[name] ?? '0', amount);
  return sum;
}
