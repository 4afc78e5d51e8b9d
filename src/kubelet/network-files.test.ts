import { describe, expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import type { core } from '../kinds/index.ts';
import { hostnameOf, hostsText, kernelHostname, parseResolver, resolverOf, resolverText, withinLimits } from './network-files.ts';

const host = parseResolver(
  '# made by hand\nnameserver 192.168.1.1\nnameserver 127.0.0.53\nsearch old.example\nsearch lan.example corp.example\noptions edns0 trust-ad\n',
);
const dns = { clusterDns: '10.96.0.10', clusterDomain: 'cluster.local', host };
const clusterSearch = 'search default.svc.cluster.local svc.cluster.local cluster.local lan.example corp.example';

const cases: Array<[string, Partial<core.PodSpec>, string]> = [
  ['ClusterFirst', {}, `${clusterSearch}\nnameserver 10.96.0.10\noptions ndots:5\n`],
  ['Default', { dnsPolicy: 'Default' }, 'search lan.example corp.example\nnameserver 192.168.1.1\noptions edns0 trust-ad\n'],
  [
    'ClusterFirst in the host network',
    { hostNetwork: true },
    'search lan.example corp.example\nnameserver 192.168.1.1\nnameserver 127.0.0.53\noptions edns0 trust-ad\n',
  ],
  [
    'ClusterFirstWithHostNet',
    { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    `${clusterSearch}\nnameserver 10.96.0.10\noptions ndots:5\n`,
  ],
  [
    'None',
    {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.2.3.4'], searches: ['a.example'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] },
    },
    'search a.example\nnameserver 1.2.3.4\noptions ndots:2 edns0\n',
  ],
  [
    'merged',
    {
      dnsConfig: {
        nameservers: ['1.2.3.4', '10.96.0.10'],
        searches: ['lan.example', 'x.example'],
        options: [{ name: 'ndots', value: '1' }],
      },
    },
    `${clusterSearch} x.example\nnameserver 10.96.0.10\nnameserver 1.2.3.4\noptions ndots:1\n`,
  ],
];
describe('resolv.conf', () => {
  for (const [name, spec, want] of cases) test(name, () => expect(resolverText(resolverOf(podForTests(spec), dns))).toBe(want));
  test('what no resolver would read is left out and told of', () => {
    const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'];
    const searches = Array.from({ length: 40 }, (_, i) => `${'x'.repeat(90)}${i}.example`);
    const { resolver, cut } = withinLimits({ nameservers, searches, options: [] });
    expect([resolver.nameservers, resolver.searches.length]).toEqual([nameservers.slice(0, 3), 20]);
    expect(cut).toEqual([
      expect.stringMatching(
        /^Search Line limits were exceeded, some search paths have been omitted, the applied search line is: x+0\.example /,
      ),
      'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 2.2.2.2 3.3.3.3',
    ]);
    const few = { nameservers: ['1.1.1.1'], searches: ['a'], options: [] };
    expect(withinLimits(few)).toEqual({ resolver: few, cut: [] });
  });
  test('a host with nothing but a resolver of its own', () => {
    const alone = { ...dns, host: parseResolver('nameserver 127.0.0.53\n') };
    expect(resolverOf(podForTests({ dnsPolicy: 'Default' }), alone).nameservers).toEqual(['10.96.0.10']);
  });
});

describe('hosts', () => {
  test('managed', () => {
    const pod = podForTests({ subdomain: 'db', hostAliases: [{ ip: '1.2.3.4', hostnames: ['foo', 'bar'] }] });
    expect(hostsText(pod, 'cluster.local', { address: '10.244.0.5' })).toBe(
      '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n' +
        '10.244.0.5\tweb.db.default.svc.cluster.local\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\tfoo\tbar\n',
    );
    expect(hostsText(podForTests(), 'cluster.local', { address: '10.244.0.5' })).toMatch(/\n10\.244\.0\.5\tweb\n$/);
  });
  test("of the host's network", () => {
    expect(hostsText(podForTests(), 'cluster.local', { hostFile: '127.0.0.1 localhost\n' })).toBe(
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n',
    );
  });
});

test('host names', () => {
  expect(hostnameOf(podForTests({ hostname: 'h', subdomain: 's' }), 'c.l')).toEqual({ hostname: 'h', domain: 's.default.svc.c.l' });
  expect(hostnameOf(podForTests({}, { name: `${'a'.repeat(62)}-b` }), 'c.l').hostname).toBe('a'.repeat(62));
  expect(kernelHostname(podForTests({ subdomain: 's', setHostnameAsFQDN: true }), 'c.l')).toBe('web.s.default.svc.c.l');
  expect(() => kernelHostname(podForTests({ subdomain: 's'.repeat(50), setHostnameAsFQDN: true }), 'cluster.local')).toThrow(
    'is too long (64 characters is the max',
  );
});
