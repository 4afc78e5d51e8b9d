import { expect, test } from 'vitest';
import type { core, discovery } from '../kinds/index.ts';
import { addressKey, isInRange, reverseAddress } from './addresses.ts';
import { type ClusterNames, type Found, lookUp, type ResourceRecord, type Zone } from './records.ts';

const zone: Zone = { domain: 'cluster.local', ttl: 30, servers: ['10.96.0.10'], ownRanges: ['10.96.0.0/16', '10.244.0.0/16'] };
const meta = (name: string) => ({ name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' });
const service = (name: string, spec: core.ServiceSpec): core.Service => ({ apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec });
const endpoint = (address: string, rest: Partial<discovery.Endpoint> = {}): discovery.Endpoint => ({ addresses: [address], ...rest });
const slice = (name: string, endpoints: discovery.Endpoint[], ports: discovery.EndpointPort[] = []): discovery.EndpointSlice => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: meta(`${name}-abc`), addressType: 'IPv4' },
  ...{ endpoints, ports },
});
const http = { name: 'http', protocol: 'TCP' as const, port: 80 };
const unready = { conditions: { ready: false } };

const services: Record<string, core.Service> = {
  web: service('web', {
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ports: [http, { name: 'dns', protocol: 'UDP' as const, port: 53 }],
  }),
  dual: service('dual', { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8', 'fd00::8'], ports: [http] }),
  db: service('db', { clusterIP: 'None', ports: [http] }),
  cold: service('cold', { clusterIP: 'None', ports: [http] }),
  early: service('early', { clusterIP: 'None', publishNotReadyAddresses: true }),
  out: service('out', { type: 'ExternalName', externalName: 'example.com.' }),
};
const slices: Record<string, discovery.EndpointSlice[]> = {
  web: [slice('web', [endpoint('10.244.0.3')], [{ name: 'http', protocol: 'TCP', port: 8080 }])],
  db: [
    slice(
      'db',
      [endpoint('10.244.0.4', { hostname: 'db-0' }), endpoint('10.244.0.5', { hostname: 'db-1', ...unready })],
      [{ ...http, port: 5432 }],
    ),
    slice('db', [endpoint('10.244.0.6')], [{ ...http, port: 5432 }]),
  ],
  cold: [slice('cold', [endpoint('10.244.0.9', unready)], [http])],
  early: [slice('early', [endpoint('10.244.0.11', { hostname: 'e', ...unready })])],
};
const cluster: ClusterNames = {
  hasNamespace: (name) => name === 'default',
  service: (namespace, name) => (namespace === 'default' ? services[name] : undefined),
  slices: (_, name) => slices[name] ?? [],
  serviceAt: (address) => Object.values(services).find((it) => it.spec?.clusterIPs?.some((ip) => addressKey(ip) === address)),
  endpointsAt: (address) =>
    Object.entries(slices).flatMap(([name, all]) =>
      all.flatMap((it) =>
        (it.endpoints ?? [])
          .filter((one) => one.addresses[0] === address)
          .map((one) => ({ namespace: 'default', service: name, hostname: one.hostname, address })),
      ),
    ),
};

function show(it: ResourceRecord): string {
  switch (it.type) {
    case 'SRV':
      return `SRV ${it.priority} ${it.weight} ${it.port} ${it.target}`;
    case 'TXT':
      return `TXT ${it.text}`;
    case 'SOA':
      return 'SOA';
    case 'A':
    case 'AAAA':
      return `${it.type} ${it.address}`;
    default:
      return `${it.type} ${it.target}`;
  }
}
function text(found: Found): string {
  if (found.type === 'alias') return `alias ${found.target}`;
  if (found.type !== 'records') return found.type;
  const more = found.additionals.map((it) => `${it.name} ${show(it)}`);
  return [...found.answers.map(show), ...(more.length > 0 ? ['+', ...more] : [])].join(', ');
}

const svc = 'default.svc.cluster.local';
const cases: Array<[question: string, want: string]> = [
  // Services with an address
  [`A web.${svc}`, 'A 10.96.0.7'],
  [`AAAA web.${svc}`, 'nothing'],
  [`MX web.${svc}`, 'nothing'],
  [`A dual.${svc}`, 'A 10.96.0.8'],
  [`AAAA dual.${svc}`, 'AAAA fd00::8'],
  [`SRV _http._tcp.web.${svc}`, `SRV 0 100 80 web.${svc}, +, web.${svc} A 10.96.0.7`],
  [`SRV _dns._udp.web.${svc}`, `SRV 0 100 53 web.${svc}, +, web.${svc} A 10.96.0.7`],
  [`SRV _dns._tcp.web.${svc}`, 'no such name'],
  [`SRV web.${svc}`, `SRV 0 50 80 web.${svc}, SRV 0 50 53 web.${svc}, +, web.${svc} A 10.96.0.7`],
  [`A _http._tcp.web.${svc}`, 'A 10.96.0.7'],
  [`A 10-244-0-3.web.${svc}`, 'A 10.244.0.3'],
  [`A nobody.web.${svc}`, 'no such name'],
  [`A x._http._tcp.web.${svc}`, 'no such name'],
  [`A missing.${svc}`, 'no such name'],
  ['A web.other.svc.cluster.local', 'no such name'],
  // Headless services
  [`A db.${svc}`, 'A 10.244.0.4, A 10.244.0.6'],
  [`AAAA db.${svc}`, 'nothing'],
  [`A db-0.db.${svc}`, 'A 10.244.0.4'],
  [`A db-1.db.${svc}`, 'no such name'],
  [`A 10-244-0-6.db.${svc}`, 'A 10.244.0.6'],
  [
    `SRV _http._tcp.db.${svc}`,
    `SRV 0 50 5432 db-0.db.${svc}, SRV 0 50 5432 10-244-0-6.db.${svc}, +, db-0.db.${svc} A 10.244.0.4, 10-244-0-6.db.${svc} A 10.244.0.6`,
  ],
  [`A cold.${svc}`, 'no such name'],
  [`A early.${svc}`, 'A 10.244.0.11'],
  [`SRV early.${svc}`, 'nothing'],
  // Aliases
  [`A out.${svc}`, 'alias example.com'],
  [`A x.out.${svc}`, 'no such name'],
  // Pods
  ['A 10-244-0-3.default.pod.cluster.local', 'A 10.244.0.3'],
  ['AAAA 10-244-0-3.default.pod.cluster.local', 'nothing'],
  ['AAAA fd00--3.default.pod.cluster.local', 'AAAA fd00::3'],
  ['A 10-244-0-300.default.pod.cluster.local', 'no such name'],
  ['A 10-244-0-3.other.pod.cluster.local', 'no such name'],
  ['A x.10-244-0-3.default.pod.cluster.local', 'no such name'],
  // Addresses
  ['PTR 7.0.96.10.in-addr.arpa', `PTR web.${svc}`],
  ['A 7.0.96.10.in-addr.arpa', 'nothing'],
  ['PTR 8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', `PTR dual.${svc}`],
  ['PTR 4.0.244.10.in-addr.arpa', `PTR db-0.db.${svc}`],
  ['PTR 6.0.244.10.in-addr.arpa', `PTR 10-244-0-6.db.${svc}`],
  ['PTR 200.0.244.10.in-addr.arpa', 'no such name'],
  ['PTR 8.8.8.8.in-addr.arpa', 'elsewhere'],
  ['PTR 0.244.10.in-addr.arpa', 'elsewhere'],
  // The zone and what is between
  ['SOA cluster.local', 'authority'],
  ['NS cluster.local', 'NS ns.dns.cluster.local, +, ns.dns.cluster.local A 10.96.0.10'],
  ['A cluster.local', 'nothing'],
  ['A ns.dns.cluster.local', 'A 10.96.0.10'],
  ['TXT dns-version.cluster.local', 'TXT 1.1.0'],
  ['A dns-version.cluster.local', 'nothing'],
  ['A svc.cluster.local', 'nothing'],
  ['A default.svc.cluster.local', 'nothing'],
  ['A other.svc.cluster.local', 'no such name'],
  ['A default.pod.cluster.local', 'nothing'],
  ['A www.cluster.local', 'no such name'],
  ['A example.com', 'elsewhere'],
  ['A notcluster.local', 'elsewhere'],
  ['A .', 'elsewhere'],
];
for (const [question, want] of cases) {
  test(question, () => {
    const [type = '', name = ''] = question.split(' ');
    expect(text(lookUp(name, type, name, cluster, zone))).toBe(want);
  });
}

test('records carry the name as it was asked, and the lifetime of the zone', () => {
  const found = lookUp(`web.${svc}`, 'A', `WEB.${svc}`, cluster, zone);
  expect(found).toEqual({ type: 'records', answers: [{ name: `WEB.${svc}`, ttl: 30, type: 'A', address: '10.96.0.7' }], additionals: [] });
});

test('addresses in their forms', () => {
  expect(addressKey('FD00::1')).toBe(addressKey('fd00:0:0:0:0:0:0:1'));
  expect(addressKey('::ffff:1.2.3.4')).toBe('00000000000000000000ffff01020304');
  expect(reverseAddress('300.1.1.1.in-addr.arpa')).toBeUndefined();
  expect([
    isInRange('10.96.0.0/16', '10.96.255.1'),
    isInRange('10.96.0.0/16', '10.97.0.1'),
    isInRange('fd00::/8', addressKey('fd12::1')),
  ]).toEqual([true, false, true]);
});
