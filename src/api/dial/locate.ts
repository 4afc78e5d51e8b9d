import { isIP } from 'node:net';
import { type core, type discovery, endpointSlice, node, pod, service, swapOf } from '../../kinds/index.ts';
import type { Random } from '../../lib/random.ts';
import { badRequest, isReason, StatusError } from '../../meta/status-error.ts';
import { shown } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { getEntry, listPage } from '../verbs/read.ts';
import type { TargetName } from './target-name.ts';

export type Place = { host: string; port: number };

const unavailable = (message: string): StatusError => new StatusError('ServiceUnavailable', message);
const defaultPort = ({ protocol }: TargetName): number => (protocol === 'https:' ? 443 : 80);

/** Somewhere traffic may be sent to: an address of one machine that is not this one's inside. */
function isAllowed(address: string | undefined): address is string {
  return (
    address !== undefined && isIP(address) !== 0 && !/^(0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|255\.|::1$|::$|fe[89ab]|ff)/i.test(address)
  );
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw unavailable(`error trying to reach service: dial tcp: lookup tcp/${text}: unknown port`);
}

/** The pod's address, at the port asked for, else the first its containers declare (registry/core/pod, ResourceLocation). */
export function placeOfPod(it: core.Pod, target: TargetName): Place {
  const host = it.status?.podIPs?.[0]?.ip ?? it.status?.podIP;
  if (!isAllowed(host)) throw badRequest('address not allowed');
  const declared = it.spec.containers.flatMap((one) => one.ports ?? [])[0]?.containerPort;
  return { host, port: target.port === '' ? (declared ?? defaultPort(target)) : portNumber(target.port) };
}

/**
 * One of the ready endpoints of a Service's port that are pods of its namespace (registry/core/service, ResourceLocation),
 * or the process that it is swapped to.
 */
export function placeOfService(
  it: core.Service,
  slices: readonly discovery.EndpointSlice[],
  target: TargetName,
  random: Random,
  swapped?: Place,
): Place {
  const { name, namespace } = it.metadata;
  const asked = /^\d+$/.test(target.port) ? it.spec.ports?.find((one) => one.port === Number(target.port)) : undefined;
  if (/^\d+$/.test(target.port) && !asked) throw unavailable(`no service port ${target.port} found for service "${name}"`);
  const portName = asked ? (asked.name ?? '') : target.port;
  const places = slices.flatMap(({ addressType, ports = [], endpoints = [] }) => {
    const port = addressType === 'FQDN' ? undefined : ports?.find((one) => (one.name ?? '') === portName)?.port;
    if (port === undefined) return [];
    const ready = endpoints.filter((one) => one.conditions?.ready !== false);
    // Addresses that somebody wrote by hand could be anything that this process reaches and they do not.
    const known = ready.filter(
      ({ targetRef, addresses }) =>
        (targetRef?.kind === 'Pod' && targetRef.namespace === namespace) || (addresses[0] === swapped?.host && port === swapped?.port),
    );
    return known.flatMap((one) => (isAllowed(one.addresses[0]) ? [{ host: one.addresses[0], port }] : []));
  });
  const place = places[Math.floor(random.next() * places.length)];
  if (!place) throw unavailable(`no endpoints available for service "${name}"`);
  return place;
}

/**
 * Where a swapped Service leads: a relay on a node, which no pod stands for. It must be at the address of the node that it
 * names, and at a port that anybody may have: the annotation is in the hands of whoever may write Services.
 */
async function placeOfSwap(it: core.Service, api: ApiContext): Promise<Place | undefined> {
  const swap = swapOf(it);
  if (!swap || swap.number < 1024) return undefined;
  try {
    const there = shown(node, await getEntry(api, node, undefined, swap.node)) as core.Node;
    const isThere = there.status?.addresses?.some((one) => one.type === 'InternalIP' && one.address === swap.address);
    return isThere ? { host: swap.address, port: swap.number } : undefined;
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** A port of the node itself; undefined: its agent. */
export function placeOfNode(it: core.Node, target: TargetName): Place | undefined {
  const agentPort = it.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10_250;
  if (target.port === '' || Number(target.port) === agentPort) return undefined;
  const host = it.status?.addresses?.find((one) => one.type === 'InternalIP')?.address;
  if (!isAllowed(host)) throw badRequest('address not allowed');
  return { host, port: portNumber(target.port) };
}

export type Asked = { plural: string; namespace: string | undefined; target: TargetName };
export type Located = { place: Place } | { agentOf: string };

/** Looks up what a request means. Fails with NotFound, BadRequest or ServiceUnavailable, worded as upstream. */
export async function locate(api: ApiContext, { plural, namespace, target }: Asked): Promise<Located> {
  if (plural === 'pods') return { place: placeOfPod(shown(pod, await getEntry(api, pod, namespace, target.name)) as core.Pod, target) };
  if (plural === 'nodes') {
    const place = placeOfNode(shown(node, await getEntry(api, node, undefined, target.name)) as core.Node, target);
    return place ? { place } : { agentOf: target.name };
  }
  const found = shown(service, await getEntry(api, service, namespace, target.name)) as core.Service;
  const labelSelector = `kubernetes.io/service-name=${target.name}`;
  const page = await listPage(api, endpointSlice, { ...(namespace !== undefined && { namespace }), labelSelector });
  const slices = page.entries.map((it) => shown(endpointSlice, it) as discovery.EndpointSlice);
  return { place: placeOfService(found, slices, target, api.random, await placeOfSwap(found, api)) };
}
