import { createHash } from 'node:crypto';
import type { networking } from '../../kinds/index.ts';
import { matchesSelector } from '../../meta/selector.ts';
import type { Piece } from '../nftables/pieces.ts';
import { disjoint } from '../nftables/service-pieces.ts';

/** A pod with an address of its own; those in the host's network have the host's, and no policy selects them. */
export type PolicyPod = {
  namespace: string;
  labels: { [key: string]: string };
  address: string;
  /** Selected pods elsewhere are their node's business. */
  isHere: boolean;
  /** Its named container ports. */
  ports: ReadonlyArray<{ name: string; protocol: string; port: number }>;
};

export type PolicyWorld = {
  policies: readonly networking.NetworkPolicy[];
  pods: readonly PolicyPod[];
  /** Labels by name of namespace. */
  namespaces: ReadonlyMap<string, { [key: string]: string }>;
};

type Peer = networking.NetworkPolicyPeer;
type Port = networking.NetworkPolicyPort;
type Direction = 'ingress' | 'egress';

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/**
 * What the kernel needs to enforce policies. Each selected pod has an element in the map `ingress` or `egress`, which leads
 * to a chain: what a rule allows returns from there, all else is dropped. Pods for which the same holds share the chain;
 * peers are sets of addresses, so that a pod that comes or goes changes elements alone.
 */
export function compilePolicies(world: PolicyWorld): Piece[] {
  const pieces = new Map<string, Piece>();
  const add = (key: string, piece: Piece): void => void pieces.set(key, piece);
  const peers = peerSets(world, add);
  for (const pod of world.pods) {
    if (!pod.isHere) continue;
    for (const direction of ['ingress', 'egress'] as const) {
      const selecting = world.policies.filter((it) => isAbout(it, direction) && selects(it, pod));
      if (selecting.length === 0) continue;
      const allowed = selecting.flatMap((it) => rulesOf(it, direction, pod, peers));
      const rules = [...new Set(allowed), 'drop'];
      const name = `${direction}-${short(rules.join('\n'))}`;
      add(`chain ${name}`, { type: 'chain', name, rules });
      add(`${direction} ${pod.address}`, { type: 'element', of: direction, key: pod.address, value: `jump ${name}` });
    }
  }
  return [...pieces.values()];
}

const isAbout = ({ spec }: networking.NetworkPolicy, direction: Direction): boolean =>
  (spec.policyTypes ?? ['Ingress']).includes(direction === 'ingress' ? 'Ingress' : 'Egress');

const selects = ({ metadata, spec }: networking.NetworkPolicy, pod: PolicyPod): boolean =>
  metadata.namespace === pod.namespace && matchesSelector(spec.podSelector ?? {}, pod.labels);

type Peers = {
  /** The name of a set of the addresses of the pods that a peer means. */
  setOf: (peer: Peer, namespace: string) => string;
  podsOf: (peer: Peer, namespace: string) => readonly PolicyPod[];
  /** The name of a set of `address . port` at which those pods have a named port; undefined for none. */
  portSetOf: (from: readonly Peer[], namespace: string, port: { name: string; protocol: string }) => string;
};

function peerSets({ pods, namespaces }: PolicyWorld, add: (key: string, piece: Piece) => void): Peers {
  const podsOf = ({ podSelector, namespaceSelector }: Peer, namespace: string): PolicyPod[] =>
    pods.filter(
      (it) =>
        (namespaceSelector ? matchesSelector(namespaceSelector, namespaces.get(it.namespace)) : it.namespace === namespace) &&
        (!podSelector || matchesSelector(podSelector, it.labels)),
    );
  function setOf(peer: Peer, namespace: string): string {
    const name = `peers-${short(JSON.stringify([peer, peer.namespaceSelector ? '' : namespace]))}`;
    add(`set ${name}`, { type: 'set', name, spec: 'type ipv4_addr;' });
    for (const { address } of podsOf(peer, namespace)) add(`${name} ${address}`, { type: 'element', of: name, key: address });
    return name;
  }
  function portSetOf(from: readonly Peer[], namespace: string, port: { name: string; protocol: string }): string {
    const name = `ports-${short(JSON.stringify([from, namespace, port]))}`;
    add(`set ${name}`, { type: 'set', name, spec: 'type ipv4_addr . inet_service;' });
    const meant = from.length === 0 ? pods : from.flatMap((it) => podsOf(it, namespace));
    for (const it of meant) {
      const number = it.ports.find((one) => one.name === port.name && one.protocol === port.protocol)?.port;
      if (number !== undefined) add(`${name} ${it.address} ${number}`, { type: 'element', of: name, key: `${it.address} . ${number}` });
    }
    return name;
  }
  return { setOf, podsOf, portSetOf };
}

/** What one policy lets the pod receive or send. */
function rulesOf({ metadata, spec }: networking.NetworkPolicy, direction: Direction, pod: PolicyPod, peers: Peers): string[] {
  const namespace = metadata.namespace ?? '';
  const rules: string[] = [];
  const all =
    direction === 'ingress'
      ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ others: from, ports }))
      : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ others: to, ports }));
  for (const { others, ports } of all) {
    const who =
      others.length === 0 ? [''] : others.map((it) => peerMatch(it, direction, namespace, peers)).filter((it) => it !== undefined);
    for (const what of portMatches(
      ports,
      (name, protocol) => pod.ports.find((it) => it.name === name && it.protocol === protocol)?.port,
      direction,
    ))
      for (const it of who) rules.push([it, what, 'return'].filter(Boolean).join(' '));
    if (direction === 'ingress') continue;
    // A name means the port of the pod that is called: each may have another.
    for (const { port, protocol = 'TCP' } of ports) {
      if (typeof port !== 'string') continue;
      const selected = others.filter((it) => !it.ipBlock);
      if (selected.length === 0 && others.length > 0) continue;
      const set = peers.portSetOf(selected, namespace, { name: port, protocol });
      rules.push(`meta l4proto ${protocol.toLowerCase()} ip daddr . th dport @${set} return`);
    }
  }
  return rules;
}

/** Undefined for a range of addresses of the other family. */
function peerMatch(peer: Peer, direction: Direction, namespace: string, peers: Peers): string | undefined {
  const address = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
  if (!peer.ipBlock) return `${address} @${peers.setOf(peer, namespace)}`;
  const [cidr] = disjoint([peer.ipBlock.cidr]);
  if (cidr === undefined) return undefined;
  const except = disjoint(peer.ipBlock.except ?? []);
  return `${address} ${cidr}${except.length > 0 ? ` ${address} != { ${except.join(', ')} }` : ''}`;
}

/** Matches of protocol and port; one that is empty for everything, none for ports that nobody has. */
function portMatches(
  ports: readonly Port[],
  numberOf: (name: string, protocol: string) => number | undefined,
  direction: Direction,
): string[] {
  if (ports.length === 0) return [''];
  return ports.flatMap(({ port, endPort, protocol = 'TCP' }) => {
    const word = protocol.toLowerCase();
    if (port === undefined) return [`meta l4proto ${word}`];
    if (typeof port === 'string' && direction === 'egress') return [];
    const first = typeof port === 'string' ? numberOf(port, protocol) : port;
    return first === undefined ? [] : [`${word} dport ${first}${endPort !== undefined && endPort > first ? `-${endPort}` : ''}`];
  });
}
