import { isIP, isIPv4 } from 'node:net';
import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { portName, portNumber } from '../../meta/names.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import { selectorText } from '../../meta/selector.ts';
import { defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../generated/networking-v1.ts';

const protocols = ['TCP', 'UDP', 'SCTP'];
const types = ['Ingress', 'Egress'];

/** A range as bits from its start, and how many count. */
function parseRange(text: string): { bits: bigint; size: number; length: number } | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0 || !/^\d+$/.test(length)) return undefined;
  const size = isIPv4(address) ? 32 : 128;
  if (Number(length) > size) return undefined;
  return { bits: isIPv4(address) ? bitsOfIPv4(address) : bitsOfIPv6(address), size, length: Number(length) };
}

const bitsOfIPv4 = (address: string): bigint => address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);

function bitsOfIPv6(address: string): bigint {
  const [head = '', tail] = address.replace(/\d+\.\d+\.\d+\.\d+$/, asGroups).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...(tail === undefined ? [] : zeros), ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function asGroups(address: string): string {
  const n = bitsOfIPv4(address);
  return `${(n >> 16n).toString(16)}:${(n & 0xffffn).toString(16)}`;
}

const noRange = (path: string, value: string): FieldError =>
  invalidValue(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');

function blockFaults({ cidr, except = [] }: IPBlock, path: string): FieldError[] {
  if (!cidr) return [required(`${path}.cidr`)];
  const whole = parseRange(cidr);
  if (!whole) return [noRange(`${path}.cidr`, cidr)];
  return except.flatMap((text, i) => {
    const at = `${path}.except[${i}]`;
    const part = parseRange(text);
    if (!part) return [noRange(at, text)];
    const rest = BigInt(whole.size - whole.length);
    const isWithin = part.size === whole.size && part.length > whole.length && part.bits >> rest === whole.bits >> rest;
    return isWithin ? [] : [invalidValue(at, text, 'must be a strict subset of `cidr`')];
  });
}

function peerFaults({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: string): FieldError[] {
  const isSelected = podSelector !== undefined || namespaceSelector !== undefined;
  return [
    ...labelSelectorFaults(podSelector, `${path}.podSelector`),
    ...labelSelectorFaults(namespaceSelector, `${path}.namespaceSelector`),
    ...(ipBlock ? blockFaults(ipBlock, `${path}.ipBlock`) : []),
    ...(!isSelected && !ipBlock ? [required(path, 'must specify a peer')] : []),
    ...(isSelected && ipBlock ? [forbidden(path, 'may not specify both ipBlock and another peer')] : []),
  ];
}

function portFaults({ protocol, port, endPort }: NetworkPolicyPort, path: string): FieldError[] {
  const faults = protocol === undefined || protocols.includes(protocol) ? [] : [notSupported(`${path}.protocol`, protocol, protocols)];
  const end = `${path}.endPort`;
  if (typeof port === 'number') {
    faults.push(...faultsOf(`${path}.port`, port, portNumber(port)));
    if (endPort === undefined) return faults;
    if (endPort < port) faults.push(invalidValue(end, port, 'must be greater than or equal to `port`'));
    return [...faults, ...faultsOf(end, endPort, portNumber(endPort))];
  }
  const without = port === undefined ? 'not specified' : 'non-numeric';
  if (endPort !== undefined) faults.push(invalidValue(end, endPort, `may not be specified when \`port\` is ${without}`));
  return port === undefined ? faults : [...faults, ...faultsOf(`${path}.port`, port, portName(port))];
}

/** Upstream: pkg/apis/networking/validation, ValidateNetworkPolicySpec. */
function specFaults({ spec }: NetworkPolicy): FieldError[] {
  const rules = [
    ...(spec.ingress ?? []).map(({ ports, from }, i) => ({ at: `spec.ingress[${i}]`, ports, peers: from, word: 'from' })),
    ...(spec.egress ?? []).map(({ ports, to }, i) => ({ at: `spec.egress[${i}]`, ports, peers: to, word: 'to' })),
  ];
  const named = spec.policyTypes ?? [];
  return [
    ...labelSelectorFaults(spec.podSelector, 'spec.podSelector'),
    ...rules.flatMap(({ at, ports = [], peers = [], word }) => [
      ...ports.flatMap((it, i) => portFaults(it, `${at}.ports[${i}]`)),
      ...peers.flatMap((it, i) => peerFaults(it, `${at}.${word}[${i}]`)),
    ]),
    ...(named.length > types.length
      ? [invalidValue('spec.policyTypes', named, 'may not specify more than two policyTypes')]
      : named.flatMap((it, i) => (types.includes(it) ? [] : [notSupported(`spec.policyTypes[${i}]`, it, types)]))),
  ];
}

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  namespaced: true,
  generation: true,
  defaults: (draft) => {
    draft.spec ??= {};
    draft.spec.podSelector ??= {};
    const { ingress = [], egress = [], policyTypes = [] } = draft.spec;
    for (const { ports = [] } of [...ingress, ...egress]) for (const it of ports) it.protocol ??= 'TCP';
    if (policyTypes.length === 0) draft.spec.policyTypes = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate: specFaults,
  columns: [{ name: 'Pod-Selector', type: 'string', value: ({ spec }) => selectorText(spec?.podSelector ?? {}) || '<none>' }],
});
