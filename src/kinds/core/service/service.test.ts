import { describe, expect, test } from 'vitest';
import type { Service } from '../../generated/core-v1.ts';
import { service } from './service.ts';

type Spec = Service['spec'];
const made = (spec: Spec): Service => {
  const it = { metadata: { name: 's', namespace: 'n' }, spec: structuredClone(spec) } as Service;
  service.defaults?.(it);
  service.prepareCreate?.(it);
  return it;
};
const changed = (was: Service, spec: Spec): Service => {
  const it = { ...structuredClone(was), spec: structuredClone(spec) };
  service.defaults?.(it);
  service.prepareUpdate?.(it, was);
  return it;
};
const faults = (it: Service, was?: Service): string[] => (service.validate?.(it, was) ?? []).map((one) => `${one.path}: ${one.message}`);
const ports = [{ port: 80 }];
const full = (spec: Spec): Service => made({ clusterIP: '10.96.0.5', ports, ...spec });

describe('defaults', () => {
  const cases: Array<[name: string, spec: Spec, want: Partial<Spec>]> = [
    [
      'a plain one',
      { ports },
      { type: 'ClusterIP', internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    ['one with external addresses', { ports, externalIPs: ['10.0.0.1'] }, { externalTrafficPolicy: 'Cluster' }],
    ['one with affinity', { ports, sessionAffinity: 'ClientIP' }, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }],
    ['a load balancer', { ports, type: 'LoadBalancer' }, { externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true }],
    [
      'headless without selector',
      { clusterIP: 'None' },
      { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['None'] },
    ],
    ['headless with a selector', { clusterIP: 'None', selector: { a: 'b' } }, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }],
    [
      'one that would like both families',
      { ports, ipFamilyPolicy: 'PreferDualStack' },
      { ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' },
    ],
  ];
  for (const [name, spec, want] of cases) test(name, () => expect(made(spec).spec).toMatchObject(want));
  test('what was set for an affinity that it has no more is dropped', () => {
    const { spec } = made({ ports, sessionAffinity: 'None', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } });
    expect(spec).not.toHaveProperty('sessionAffinityConfig');
  });
  test('an external name has none of it', () => {
    const { spec } = made({ type: 'ExternalName', externalName: 'example.com' });
    expect(Object.keys(spec).sort()).toEqual(['externalName', 'sessionAffinity', 'type']);
  });
});

describe('refusals', () => {
  const cases: Array<[name: string, spec: Spec, want: string]> = [
    ['no ports', { clusterIP: '10.96.0.5' }, 'spec.ports: Required value'],
    [
      'SCTP',
      { ports: [{ port: 80, protocol: 'SCTP' }] },
      'spec.ports[0].protocol: Invalid value: "SCTP": SCTP is not carried on this cluster: use TCP or UDP',
    ],
    [
      'both families',
      { ports, ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    ['IPv6', { ports, ipFamilies: ['IPv6'] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      'two families, one stack',
      { ports, ipFamilies: ['IPv4', 'IPv6'] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      'a list without the address',
      { ports, clusterIPs: ['10.96.0.5'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.5"]: must be empty when `clusterIP` is not specified',
    ],
    [
      'a list that says otherwise',
      { ports, clusterIP: '10.96.0.6', clusterIPs: ['10.96.0.5'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.5"]: first value must match `clusterIP`',
    ],
    [
      'no address at all',
      { ports, clusterIP: 'x' },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      'an IPv6 address',
      { ports, clusterIP: 'fd00::1' },
      'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
    ],
    [
      'headless node ports',
      { ports, type: 'NodePort', clusterIP: 'None' },
      'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
    ],
    [
      'an external name with an address',
      { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.96.0.5' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    [
      'an external name with families',
      { type: 'ExternalName', externalName: 'a.b', ipFamilies: ['IPv4'] },
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
    ],
    ['an external name without a name', { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      'an external address that is its own',
      { ports, externalIPs: ['127.0.0.1'] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      "the agent's port",
      { ports: [{ port: 10_250 }], type: 'LoadBalancer' },
      'spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet',
    ],
    [
      'a range that is none',
      { ports, type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/33'] },
      'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      'a class of what is no balancer',
      { ports, loadBalancerClass: 'a/b' },
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      'a policy of what is inside',
      { ports, externalTrafficPolicy: 'Local' },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      'health of what is not Local',
      { ports, type: 'LoadBalancer', healthCheckNodePort: 30_000 },
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      'a distribution nobody knows',
      { ports, trafficDistribution: 'Near' },
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
    ],
  ];
  for (const [name, spec, want] of cases) test(name, () => expect(faults(made(spec))).toEqual([want]));
});

describe('changes', () => {
  const local: Spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
  test('from every type to every other is possible when what was given is left out', () => {
    const all: Spec[] = [{}, { type: 'NodePort' }, { type: 'LoadBalancer' }, { type: 'ExternalName', externalName: 'a.b' }];
    for (const from of all)
      for (const to of all) {
        const was = from.type === 'ExternalName' ? made(from) : full(from);
        expect(faults(changed(was, { ports, ...to }), was)).toEqual([]);
      }
  });

  test('what belongs to the type goes with it, even when it is sent back as it was', () => {
    const was = full({ ...local, healthCheckNodePort: 31_000, loadBalancerClass: 'a/b', ports: [{ port: 80, nodePort: 30_080 }] });
    was.status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] }, conditions: [] };
    const now = changed(was, { ...was.spec, type: 'ClusterIP' });
    for (const field of ['externalTrafficPolicy', 'healthCheckNodePort', 'loadBalancerClass', 'allocateLoadBalancerNodePorts'] as const)
      expect(now.spec).not.toHaveProperty(field);
    expect(now.spec.ports?.[0]).not.toHaveProperty('nodePort');
    expect(now.status).toEqual({ loadBalancer: {}, conditions: [] });
    expect(faults(now, was)).toEqual([]);
    const external = changed(was, { ...was.spec, type: 'ExternalName', externalName: 'a.b' });
    expect(faults(external, was)).toEqual([]);
    expect(external.spec).not.toHaveProperty('clusterIP');
  });

  test('what was given stays when it is not named', () => {
    const was = full({ ...local, healthCheckNodePort: 31_000, ports: [{ port: 80, nodePort: 30_080 }] });
    const now = changed(was, { ...local, ports });
    expect(now.spec).toMatchObject({ clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'], healthCheckNodePort: 31_000 });
    expect(now.spec.ports?.[0]?.nodePort).toBe(30_080);
  });

  test.each<[string, Spec, Spec, string]>([
    [
      'another address',
      {},
      { clusterIP: '10.96.0.6', clusterIPs: ['10.96.0.6'] },
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set',
    ],
    [
      'another class',
      { type: 'LoadBalancer', loadBalancerClass: 'a/b' },
      { type: 'LoadBalancer', loadBalancerClass: 'a/c' },
      'spec.loadBalancerClass: Invalid value: "a/c": may not change once set',
    ],
    [
      'another health port',
      { ...local, healthCheckNodePort: 31_000 },
      { ...local, healthCheckNodePort: 31_001 },
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    ],
  ])('%s is refused', (_, before, after, want) => {
    const was = full(before);
    expect(faults(changed(was, { ports, ...after }), was)).toEqual([want]);
  });

  test('who balances nothing has no addresses to tell', () => {
    const was = full({});
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
    expect(service.validateStatus?.({ ...was, status }, was).map((it) => it.message)).toEqual([
      'Forbidden: may only be used when `spec.type` is "LoadBalancer"',
    ]);
  });
});
