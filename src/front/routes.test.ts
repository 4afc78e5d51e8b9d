import { describe, expect, test } from 'vitest';
import type { core, discovery, networking } from '../kinds/index.ts';
import { destinationOf } from './backend.ts';
import { certificateFor, compileRoutes, isOurs, matchRoute, serviceOfHost } from './routes.ts';
import { Turns } from './serve.ts';

type Rule = NonNullable<NonNullable<networking.Ingress['spec']>['rules']>[number];
const to = (service: string) => ({ service: { name: service, port: { number: 80 } } });
const rule = (host: string | undefined, ...paths: Array<[path: string, pathType: string, service: string]>): Rule => ({
  ...(host !== undefined && { host }),
  http: { paths: paths.map(([path, pathType, service]) => ({ path, pathType, backend: to(service) })) },
});
const made = (name: string, spec: networking.Ingress['spec'], at = '2026-01-01T00:00:00Z'): networking.Ingress =>
  ({ metadata: { name, namespace: 'n', creationTimestamp: at }, spec }) as networking.Ingress;

describe('which rule fits', () => {
  // The examples of the API's documentation (Ingress, path types and host names).
  const paths: Array<[rules: Array<[string, string]>, asked: string, want: string | undefined]> = [
    [[['/', 'Prefix']], '/any/path', '/'],
    [[['/foo', 'Exact']], '/foo', '/foo'],
    [[['/foo', 'Exact']], '/bar', undefined],
    [[['/foo', 'Exact']], '/foo/', undefined],
    [[['/foo/', 'Exact']], '/foo', undefined],
    [[['/foo', 'Prefix']], '/foo', '/foo'],
    [[['/foo', 'Prefix']], '/foo/', '/foo'],
    [[['/foo/', 'Prefix']], '/foo', '/foo/'],
    [[['/foo/', 'Prefix']], '/foo/', '/foo/'],
    [[['/aaa/bb', 'Prefix']], '/aaa/bbb', undefined],
    [[['/aaa/bbb', 'Prefix']], '/aaa/bbb', '/aaa/bbb'],
    [[['/aaa/bbb/', 'Prefix']], '/aaa/bbb', '/aaa/bbb/'],
    [[['/aaa/bbb', 'Prefix']], '/aaa/bbb/', '/aaa/bbb'],
    [[['/aaa/bbb', 'Prefix']], '/aaa/bbb/ccc', '/aaa/bbb'],
    [[['/aaa/bbb', 'Prefix']], '/aaa/bbbxyz', undefined],
    [
      [
        ['/', 'Prefix'],
        ['/aaa', 'Prefix'],
      ],
      '/aaa/ccc',
      '/aaa',
    ],
    [
      [
        ['/', 'Prefix'],
        ['/aaa', 'Prefix'],
      ],
      '/ccc',
      '/',
    ],
    [[['/aaa', 'Prefix']], '/ccc', undefined],
    [
      [
        ['/foo', 'Prefix'],
        ['/foo', 'Exact'],
      ],
      '/foo',
      '/foo',
    ],
    [[['/foo', 'ImplementationSpecific']], '/foo/x', '/foo'],
  ];
  for (const [rules, asked, want] of paths)
    test(`${asked} of ${rules.map((it) => it.join(' ')).join(', ')}`, () => {
      const routes = compileRoutes([
        made('a', {
          rules: [
            rule(undefined, ...rules.map(([path, type]) => [path, type, `s${path.replaceAll('/', '-')}x`] as [string, string, string])),
          ],
        }),
      ]);
      expect(matchRoute(routes, 'any.host', asked)?.service).toBe(want && `s${want.replaceAll('/', '-')}x`);
    });

  const routes = compileRoutes([
    made('young', { rules: [rule('a.example.com', ['/', 'Prefix', 'young'])] }, '2026-01-02T00:00:00Z'),
    made('old', {
      rules: [rule('a.example.com', ['/', 'Prefix', 'exact']), rule('*.example.com', ['/', 'Prefix', 'wild'], ['/only', 'Exact', 'only'])],
    }),
    made('any', { rules: [rule(undefined, ['/any', 'Prefix', 'any'])] }),
    made('own', { rules: [rule('b.test', ['/x', 'Prefix', 'x'])], defaultBackend: to('own') }),
    made('default', { defaultBackend: to('default') }),
  ]);
  test.each([
    ['a.example.com', '/', 'exact'],
    ['b.example.com', '/', 'wild'],
    ['c.b.example.com', '/', 'default'],
    ['example.com', '/', 'default'],
    ['other.test', '/any/x', 'any'],
    ['b.test', '/x', 'x'],
    ['b.test', '/y', 'own'],
    ['other.test', '/', 'default'],
    ['web.default.localhost', '/', 'web'],
    ['web.default.localhost', '/any/x', 'any'],
  ])('%s%s goes to %s', (host, path, want) => expect(matchRoute(routes, host, path)?.service).toBe(want));
});

test('certificates by host, wildcards and rules without a list of hosts', () => {
  const routes = compileRoutes([
    made('a', { rules: [rule('a.test', ['/', 'Prefix', 's'])], tls: [{ secretName: 'of-rules' }] }),
    made('b', {
      defaultBackend: to('s'),
      tls: [
        { hosts: ['*.example.com'], secretName: 'wild' },
        { hosts: ['x.example.com'], secretName: 'one' },
      ],
    }),
  ]);
  expect(['a.test', 'y.example.com', 'x.example.com', 'z.test'].map((it) => certificateFor(routes, it))).toEqual([
    'n/of-rules',
    'n/wild',
    'n/one',
    undefined,
  ]);
});

test.each([
  [{ ingressClassName: 'peapod' }, {}, true],
  [{ ingressClassName: 'nginx' }, {}, false],
  [{}, { 'kubernetes.io/ingress.class': 'peapod' }, true],
  [{}, {}, false],
  [{ ingressClassName: 'none' }, {}, false],
])('an Ingress with %j, %j is ours: %s', (spec, annotations, want) => {
  const classOf = (name: string) =>
    ({ peapod: { spec: { controller: 'peapod.dev/front' } }, nginx: { spec: { controller: 'k8s.io/ingress-nginx' } } })[name] as
      | networking.IngressClass
      | undefined;
  expect(isOurs({ metadata: { name: 'a', annotations }, spec } as unknown as networking.Ingress, classOf)).toBe(want);
});

test.each([
  ['web.default.localhost', { namespace: 'default', service: 'web', port: {} }],
  ['web.localhost', undefined],
  ['a.web.default.localhost', undefined],
  ['web.default.example.com', undefined],
  ['localhost', undefined],
])('the service of %s', (host, want) => expect(serviceOfHost(host)).toEqual(want));

describe('where a backend leads', () => {
  const service = (ports: core.ServicePort[], more: object = {}) => ({ metadata: { name: 's' }, spec: { ports, ...more } }) as core.Service;
  const slice = (port: object, ...addresses: Array<[string, object?]>) =>
    ({
      addressType: 'IPv4',
      ports: [port],
      endpoints: addresses.map(([it, conditions = { ready: true }]) => ({ addresses: [it], conditions })),
    }) as unknown as discovery.EndpointSlice;
  const backend = (port: object = {}) => ({ namespace: 'n', service: 's', port });
  const http = { name: 'http', port: 80 };
  const cases: Array<[name: string, core.Service | undefined, discovery.EndpointSlice[], object, unknown]> = [
    ['no service', undefined, [], {}, undefined],
    ['no such port', service([http]), [], { number: 81 }, undefined],
    [
      'by number',
      service([http]),
      [slice({ name: 'http', port: 8080 }, ['10.0.0.1'])],
      { number: 80 },
      { speech: 'http', places: [{ host: '10.0.0.1', port: 8080 }] },
    ],
    [
      'by name',
      service([http, { name: 'admin', port: 9000 }]),
      [slice({ name: 'admin', port: 9001 }, ['10.0.0.1'])],
      { name: 'admin' },
      { speech: 'http', places: [{ host: '10.0.0.1', port: 9001 }] },
    ],
    [
      'unasked: what is called http',
      service([{ name: 'a', port: 1 }, http]),
      [slice({ name: 'http', port: 8080 }, ['10.0.0.1'])],
      {},
      { speech: 'http', places: [{ host: '10.0.0.1', port: 8080 }] },
    ],
    [
      'nobody ready',
      service([http]),
      [slice({ name: 'http', port: 8080 }, ['10.0.0.1', { ready: false }])],
      {},
      { speech: 'http', places: [] },
    ],
    [
      'those that end but serve',
      service([http]),
      [slice({ name: 'http', port: 8080 }, ['10.0.0.1', { ready: false, serving: true, terminating: true }])],
      {},
      { speech: 'http', places: [{ host: '10.0.0.1', port: 8080 }] },
    ],
    ['gRPC', service([{ port: 9000, appProtocol: 'kubernetes.io/h2c' }]), [], {}, { speech: 'h2c', places: [] }],
    ['TLS', service([{ name: 'https', port: 443 }]), [], {}, { speech: 'https', places: [] }],
    [
      'somewhere else',
      service([], { type: 'ExternalName', externalName: 'example.com' }),
      [],
      { number: 8080 },
      { speech: 'http', places: [{ host: 'example.com', port: 8080 }] },
    ],
  ];
  for (const [name, it, slices, port, want] of cases) test(name, () => expect(destinationOf(it, slices, backend(port))).toEqual(want));
});

test('endpoints have their turns, three are tried', () => {
  const turns = new Turns();
  const places = ['a', 'b', 'c', 'd'].map((host) => ({ host, port: 1 }));
  const hosts = () =>
    turns
      .of('s', places)
      .map((it) => it.host)
      .join('');
  expect([hosts(), hosts(), hosts(), hosts(), hosts()]).toEqual(['abc', 'bcd', 'cda', 'dab', 'abc']);
  expect(turns.of('none', [])).toEqual([]);
});
