import { describe, expect, test } from 'vitest';
import type { Ingress, IngressClass, IPAddress, ServiceCIDR } from '../generated/networking-v1.ts';
import { ingress } from './ingress.ts';
import { ingressClass } from './ingress-class.ts';
import { ipAddress } from './ip-address.ts';
import { serviceCidr } from './service-cidr.ts';

const texts = (faults: ReadonlyArray<{ path: string; message: string }> = []): string[] => faults.map((it) => `${it.path}: ${it.message}`);
const metadata = { name: 'x', namespace: 'n' };
const web = { service: { name: 'web', port: { number: 80 } } };
const at = (path: string | undefined, pathType = 'Prefix', backend: object = web, host?: string) => ({
  rules: [{ ...(host !== undefined && { host }), http: { paths: [{ ...(path !== undefined && { path }), pathType, backend }] } }],
});
const path = 'spec.rules[0].http.paths[0]';

describe('an Ingress', () => {
  const cases: Array<[name: string, spec: object, want: string[]]> = [
    ['one path', at('/'), []],
    ['a default backend alone', { defaultBackend: web }, []],
    ['a host, a wildcard', { ...at('/', 'Exact', web, '*.example.com'), tls: [{ hosts: ['*.example.com', 'a.b'], secretName: 's' }] }, []],
    ['any path for whoever implements it', at('', 'ImplementationSpecific'), []],
    ['nothing', {}, ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
    ['no path type', at('/', ''), [`${path}.pathType: Required value: pathType must be specified`]],
    [
      'an unknown path type',
      at('/', 'Regex'),
      [`${path}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    ['a relative path', at('x'), [`${path}.path: Invalid value: "x": must be an absolute path`]],
    ['dots', at('/a/../b'), [`${path}.path: Invalid value: "/a/../b": must not contain '/../'`]],
    ['dots at the end', at('/a/..'), [`${path}.path: Invalid value: "/a/..": cannot end with '/..'`]],
    [
      'an address as host',
      at('/', 'Prefix', web, '10.0.0.1'),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    ['no backend', at('/', 'Prefix', {}), [`${path}.backend: Invalid value: "": resource or service backend is required`]],
    ['no port', at('/', 'Prefix', { service: { name: 'web' } }), [`${path}.backend: Required value: port name or number is required`]],
    [
      'two ports',
      at('/', 'Prefix', { service: { name: 'web', port: { name: 'a', number: 1 } } }),
      [`${path}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      'a port out of range',
      at('/', 'Prefix', { service: { name: 'web', port: { number: 70_000 } } }),
      [`${path}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    ['a rule without paths', { rules: [{ http: { paths: [] } }] }, ['spec.rules[0].http.paths: Required value']],
  ];
  for (const [name, spec, want] of cases) test(name, () => expect(texts(ingress.validate?.({ metadata, spec } as Ingress))).toEqual(want));

  test('its columns', () => {
    const spec = { ...at('/', 'Prefix', web, 'a.b'), tls: [{}], ingressClassName: 'peapod' };
    const it = { metadata, spec, status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } } as unknown as Ingress;
    expect(ingress.columns?.map((column) => column.value(it, 0))).toEqual(['peapod', 'a.b', '10.0.0.1', '80, 443']);
  });
});

test.each([
  ['peapod.dev/front', []],
  ['', ['spec.controller: Required value']],
  ['front', ['spec.controller: Invalid value: "front": must be a domain-prefixed path (such as "acme.io/foo")']],
])('an IngressClass with the controller %s', (controller, want) =>
  expect(texts(ingressClass.validate?.({ metadata, spec: { controller } } as IngressClass))).toEqual(want),
);

test.each([
  [['10.97.0.0/24'], []],
  [['10.97.0.0/24', 'fd00::/112'], []],
  [[], ['spec.cidrs: Required value: at least one CIDR required']],
  [['10.97.0.1/24'], ['spec.cidrs[0]: Invalid value: "10.97.0.1/24": must not have bits set beyond the prefix length']],
  [['x'], ['spec.cidrs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
])('a ServiceCIDR of %s', (cidrs, want) =>
  expect(texts(serviceCidr.validate?.({ metadata, spec: { cidrs } } as unknown as ServiceCIDR))).toEqual(want),
);

test.each([
  ['10.96.0.1', []],
  ['fd00::1', []],
  ['fd00:0::1', ['must be a valid IP address in canonical form']],
  ['10.96.0.01', ['must be a valid IP address in canonical form']],
  ['x', ['must be a valid IP address in canonical form']],
])('an IPAddress called %s', (name, want) => expect(ipAddress.nameFaults?.(name, false)).toEqual(want));

test('an IPAddress is of something, for good', () => {
  const of = (name: string) => ({ metadata, spec: { parentRef: { resource: 'services', namespace: 'n', name } } }) as unknown as IPAddress;
  expect(texts(ipAddress.validate?.({ metadata } as IPAddress))).toEqual(['spec.parentRef: Required value']);
  expect(texts(ipAddress.validate?.(of('a'), of('b')))).toEqual([
    'spec.parentRef: Invalid value: {"resource":"services","namespace":"n","name":"a"}: field is immutable',
  ]);
  expect(ipAddress.columns?.map((column) => column.value(of('a'), 0))).toEqual(['services/n/a']);
});
