import type { core } from '../../kinds/index.ts';
import { isSidecar } from '../restart.ts';

type Pod = core.Pod;
type Amounts = { [name: string]: string };
/** By container: what the node has given to it. Under no name: to the pod as a whole. */
export type Allocation = ReadonlyMap<string, core.ResourceRequirements>;

const whole = '';

/** What can change while a container runs. */
export const resizable = ['cpu', 'memory'] as const;

/** Init containers that end are gone before anybody could resize them. */
const containersToGive = ({ spec }: Pod): core.Container[] => [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers];

/** What the pod asks for now. */
export const askedFor = (pod: Pod): Allocation =>
  new Map([
    ...(pod.spec.resources ? [[whole, pod.spec.resources] as const] : []),
    ...containersToGive(pod).map((it) => [it.name, it.resources ?? {}] as const),
  ]);

/** What a pod that is seen for the first time has been given before: by what its status says, else what it asks for. */
export function firstAllocation(pod: Pod): Allocation {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const said = new Map([...containerStatuses, ...initContainerStatuses].map((it) => [it.name, it]));
  return new Map(
    [...askedFor(pod)].map(([name, asked]) => {
      if (name === whole) return [name, wholeSaid(pod, asked)];
      const status = said.get(name);
      if (!status?.resources) return [name, asked];
      const requests = status.allocatedResources ?? status.resources.requests;
      const { limits } = status.resources;
      return [name, { ...asked, ...amounts('requests', asked, requests), ...amounts('limits', asked, limits) }];
    }),
  );
}

/** The status tells of the whole what its containers add up to, and its overhead: only what was asked for counts. */
function wholeSaid({ status, spec }: Pod, asked: core.ResourceRequirements): core.ResourceRequirements {
  if (!status?.resources || spec.overhead) return asked;
  const of = (field: 'requests' | 'limits'): Amounts =>
    Object.fromEntries(
      Object.entries(asked[field] ?? {}).map(([name, amount]) => [
        name,
        (resizable as readonly string[]).includes(name) ? (status.resources?.[field]?.[name] ?? amount) : amount,
      ]),
    );
  return { ...asked, ...(asked.requests && { requests: of('requests') }), ...(asked.limits && { limits: of('limits') }) };
}

/** Of what a status says only that counts which can have been resized. */
function amounts(field: 'requests' | 'limits', asked: core.ResourceRequirements, said: Amounts | undefined): core.ResourceRequirements {
  const own: Amounts = { ...asked[field] };
  for (const name of resizable) {
    if (said?.[name] !== undefined) own[name] = said[name];
    else delete own[name];
  }
  return Object.keys(own).length > 0 ? { [field]: own } : {};
}

/** The pod as the node runs it: with what it was given, not with what it asks for. */
export function allocatedPod(pod: Pod, allocation: Allocation): Pod {
  const given = (it: core.Container): core.Container => {
    const resources = allocation.get(it.name);
    return resources === undefined || resources === it.resources ? it : { ...it, resources };
  };
  const resources = allocation.get(whole);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(pod.spec.resources && resources && { resources }),
      containers: pod.spec.containers.map(given),
      ...(pod.spec.initContainers && { initContainers: pod.spec.initContainers.map(given) }),
    },
  };
}
