import { expect, test } from 'vitest';
import type { networking } from '../../kinds/index.ts';
import { compilePolicies, type PolicyPod } from './compile.ts';

const pod = (address: string, app: string, more: Partial<PolicyPod> = {}): PolicyPod => ({
  ...{ namespace: 'default', labels: { app }, address, isHere: true },
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  ...more,
});
const pods = [
  pod('10.1.0.2', 'db'),
  pod('10.1.0.3', 'web', { ports: [{ name: 'http', protocol: 'TCP', port: 9090 }] }),
  pod('10.1.0.4', 'web', { namespace: 'other' }),
  pod('10.1.1.2', 'db', { isHere: false }),
];
const namespaces = new Map<string, { [key: string]: string }>([
  ['default', { name: 'default' }],
  ['other', { name: 'other', team: 'b' }],
]);
const policy = (spec: networking.NetworkPolicySpec, namespace = 'default') =>
  ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p', namespace }, spec }) as networking.NetworkPolicy;

/** What is said of each selected pod, sets replaced by their members. */
function compiled(...policies: networking.NetworkPolicy[]): Record<string, readonly string[]> {
  const pieces = compilePolicies({ policies, pods, namespaces });
  const membersOf = (set: string): string =>
    `{${pieces.flatMap((it) => (it.type === 'element' && it.of === set ? [it.key] : [])).join(', ')}}`;
  const said: Record<string, readonly string[]> = {};
  for (const it of pieces) {
    if (it.type !== 'element' || !['ingress', 'egress'].includes(it.of)) continue;
    const chain = pieces.find((one) => one.type === 'chain' && `jump ${one.name}` === it.value);
    said[`${it.of} ${it.key}`] =
      chain?.type === 'chain' ? chain.rules.map((rule) => rule.replace(/@(\S+)/g, (_, set: string) => membersOf(set))) : [];
  }
  return said;
}

test('without policies nothing is said of anyone', () => expect(compilePolicies({ policies: [], pods, namespaces })).toEqual([]));

test('an empty selector selects all pods of the namespace on this node; no rules: all is dropped', () => {
  expect(compiled(policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }))).toEqual({
    'ingress 10.1.0.2': ['drop'],
    'egress 10.1.0.2': ['drop'],
    'ingress 10.1.0.3': ['drop'],
    'egress 10.1.0.3': ['drop'],
  });
});

test('an empty rule allows everything', () => {
  expect(compiled(policy({ podSelector: { matchLabels: { app: 'db' } }, ingress: [{}] }))).toEqual({
    'ingress 10.1.0.2': ['return', 'drop'],
  });
});

const db = { podSelector: { matchLabels: { app: 'db' } } };
const cases: Array<[name: string, peer: networking.NetworkPolicyPeer, want: string]> = [
  ['pods of the own namespace', { podSelector: { matchLabels: { app: 'web' } } }, 'ip saddr {10.1.0.3} return'],
  ['all pods of other namespaces', { namespaceSelector: { matchLabels: { team: 'b' } } }, 'ip saddr {10.1.0.4} return'],
  [
    'pods of other namespaces',
    { namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } },
    'ip saddr {10.1.0.3, 10.1.0.4} return',
  ],
  ['nobody', { podSelector: { matchLabels: { app: 'none' } } }, 'ip saddr {} return'],
  [
    'a range but for parts of it',
    { ipBlock: { cidr: '10.0.0.0/8', except: ['10.2.0.0/16', '10.2.3.0/24'] } },
    'ip saddr 10.0.0.0/8 ip saddr != { 10.2.0.0/16 } return',
  ],
];
test.each(cases)('from %s', (_, peer, want) => {
  expect(compiled(policy({ ...db, ingress: [{ from: [peer] }] }))).toEqual({ 'ingress 10.1.0.2': [want, 'drop'] });
});

test('a range of the other family alone allows nobody', () => {
  expect(compiled(policy({ ...db, ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/8' } }] }] }))).toEqual({ 'ingress 10.1.0.2': ['drop'] });
});

test('ports: numbers, ranges, names of the pod that is called, protocols', () => {
  const ports: networking.NetworkPolicyPort[] = [
    { port: 80 },
    { port: 90, endPort: 99, protocol: 'UDP' },
    { port: 'http' },
    { port: 'none' },
    { protocol: 'SCTP' },
  ];
  expect(compiled(policy({ ...db, ingress: [{ ports }] }))['ingress 10.1.0.2']).toEqual([
    'tcp dport 80 return',
    'udp dport 90-99 return',
    'tcp dport 8080 return',
    'meta l4proto sctp return',
    'drop',
  ]);
  const to = [{ podSelector: { matchLabels: { app: 'web' } } }, { ipBlock: { cidr: '1.2.3.4/32' } }];
  expect(compiled(policy({ ...db, policyTypes: ['Egress'], egress: [{ to, ports: [{ port: 80 }, { port: 'http' }] }] }))).toEqual({
    'egress 10.1.0.2': [
      'ip daddr {10.1.0.3} tcp dport 80 return',
      'ip daddr 1.2.3.4/32 tcp dport 80 return',
      'meta l4proto tcp ip daddr . th dport {10.1.0.3 . 9090} return',
      'drop',
    ],
  });
});

test('policies add up, and those of other namespaces say nothing', () => {
  const more = [
    policy({ ...db, ingress: [{ ports: [{ port: 80 }] }] }),
    policy({ podSelector: {} }),
    policy({ podSelector: {}, ingress: [{}] }, 'empty'),
  ];
  expect(compiled(...more)['ingress 10.1.0.2']).toEqual(['tcp dport 80 return', 'drop']);
});
