import { expect, test } from 'vitest';
import type { NetworkPolicy, NetworkPolicySpec } from '../generated/networking-v1.ts';
import { networkPolicy } from './network-policy.ts';

const policy = (spec: NetworkPolicySpec): NetworkPolicy => {
  const it: NetworkPolicy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'default' },
    spec,
  } as NetworkPolicy;
  networkPolicy.defaults?.(it);
  return it;
};
const faults = (spec: NetworkPolicySpec): string[] =>
  (networkPolicy.validate?.(policy(spec)) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('a policy is of the types its rules speak of, and its ports are TCP', () => {
  expect(policy({}).spec).toEqual({ podSelector: {}, policyTypes: ['Ingress'] });
  expect(policy({ egress: [{ ports: [{ port: 53 }] }] }).spec).toEqual({
    ...{ podSelector: {}, egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }] },
    policyTypes: ['Ingress', 'Egress'],
  });
  expect(policy({ policyTypes: ['Egress'] }).spec.policyTypes).toEqual(['Egress']);
});

const cases: Array<[name: string, spec: NetworkPolicySpec, want: string[]]> = [
  [
    'everything in order',
    {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [
        {
          from: [
            { podSelector: {}, namespaceSelector: {} },
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
            { ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } },
          ],
          ports: [{ port: 80, endPort: 90 }, { port: 'http', protocol: 'UDP' }, { protocol: 'SCTP' }],
        },
      ],
    },
    [],
  ],
  ['a peer that is nobody', { ingress: [{ from: [{}] }] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
  [
    'a peer that is two things',
    { egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
    ['spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer'],
  ],
  [
    'exceptions outside of the range, or all of it',
    { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16', '10.0.0.0/8', 'x', 'fd00::/64'] } }] }] },
    [
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      'spec.ingress[0].from[0].ipBlock.except[3]: Invalid value: "fd00::/64": must be a strict subset of `cidr`',
    ],
  ],
  [
    'port ranges',
    { ingress: [{ ports: [{ port: 90, endPort: 80 }, { port: 'http', endPort: 80 }, { endPort: 80 }, { port: 0 }] }] },
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`',
      'spec.ingress[0].ports[1].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
      'spec.ingress[0].ports[2].endPort: Invalid value: 80: may not be specified when `port` is not specified',
      'spec.ingress[0].ports[3].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'words of no meaning',
    { policyTypes: ['Both' as 'Ingress'], ingress: [{ ports: [{ protocol: 'ICMP' }] }] },
    [
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
      'spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"',
    ],
  ],
];
test.each(cases)('%s', (_, spec, want) => expect(faults(spec)).toEqual(want));
