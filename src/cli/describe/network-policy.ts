import type { networking } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import type { AnyObject } from '../resources/index.ts';
import { putAnnotations, putMap, Sheet } from './sheet.ts';

type Peer = networking.NetworkPolicyPeer;
type Port = networking.NetworkPolicyPort;

/** As kubectl shows it: what is allowed, rule by rule. */
export async function describeNetworkPolicy(object: AnyObject): Promise<string> {
  const { metadata, spec } = object as unknown as networking.NetworkPolicy;
  const sheet = new Sheet();
  sheet.put(0, `Name:\t${metadata.name}`);
  sheet.put(0, `Namespace:\t${metadata.namespace}`);
  sheet.put(0, `Created on:\t${createdOn(metadata.creationTimestamp)}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  sheet.put(0, 'Spec:');
  const selector = selectorText(spec.podSelector ?? {});
  sheet.put(1, `PodSelector:     ${selector || '<none> (Allowing the specific traffic to all pods in this namespace)'}`);
  const types = spec.policyTypes ?? [];
  if (types.includes('Ingress')) {
    sheet.put(1, 'Allowing ingress traffic:');
    putRules(
      sheet,
      (spec.ingress ?? []).map(({ ports, from }) => ({ ports, peers: from })),
      { word: 'From', other: 'source', direction: 'ingress' },
    );
  } else sheet.put(1, 'Not affecting ingress traffic');
  if (types.includes('Egress')) {
    sheet.put(1, 'Allowing egress traffic:');
    putRules(
      sheet,
      (spec.egress ?? []).map(({ ports, to }) => ({ ports, peers: to })),
      { word: 'To', other: 'destination', direction: 'egress' },
    );
  } else sheet.put(1, 'Not affecting egress traffic');
  sheet.put(1, `Policy Types: ${types.join(', ')}`);
  return sheet.toString();
}

type Words = { word: 'From' | 'To'; other: string; direction: string };

function putRules(sheet: Sheet, rules: ReadonlyArray<{ ports: Port[] | undefined; peers: Peer[] | undefined }>, words: Words): void {
  if (rules.length === 0) sheet.put(2, `<none> (Selected pods are isolated for ${words.direction} connectivity)`);
  rules.forEach(({ ports = [], peers = [] }, i) => {
    if (ports.length === 0) sheet.put(2, 'To Port: <any> (traffic allowed to all ports)');
    for (const { port, protocol = 'TCP' } of ports) sheet.put(2, `To Port: ${port ?? '<nil>'}/${protocol}`);
    if (peers.length === 0) sheet.put(2, `${words.word}: <any> (traffic not restricted by ${words.other})`);
    for (const it of peers) {
      sheet.put(2, `${words.word}:`);
      putPeer(sheet, it);
    }
    if (i < rules.length - 1) sheet.put(2, '----------');
  });
}

function putPeer(sheet: Sheet, { podSelector, namespaceSelector, ipBlock }: Peer): void {
  if (namespaceSelector) sheet.put(3, `NamespaceSelector: ${selectorText(namespaceSelector) || '<none>'}`);
  if (podSelector) sheet.put(3, `PodSelector: ${selectorText(podSelector) || '<none>'}`);
  if (!ipBlock) return;
  sheet.put(3, 'IPBlock:');
  sheet.put(4, `CIDR: ${ipBlock.cidr}`);
  sheet.put(4, `Except: ${(ipBlock.except ?? []).join(', ')}`);
}

/** As Go prints a time. */
const createdOn = (time: string | undefined): string => (time ? `${time.replace('T', ' ').replace('Z', '')} +0000 UTC` : '<unset>');
