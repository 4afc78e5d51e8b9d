import { describe, expect, test } from 'vitest';
import type { core, discovery } from '../../kinds/index.ts';
import { seededRandom } from '../../lib/random.ts';
import { LinkRewriter, rewriteLink, type Source } from './links.ts';
import { placeOfNode, placeOfPod, placeOfService } from './locate.ts';
import { proxyPathOf, targetNameOf } from './target-name.ts';

describe('the name of a target', () => {
  const cases: Array<[id: string, want: ReturnType<typeof targetNameOf>]> = [
    ['web', { protocol: 'http:', name: 'web', port: '' }],
    ['web:80', { protocol: 'http:', name: 'web', port: '80' }],
    ['web:http', { protocol: 'http:', name: 'web', port: 'http' }],
    ['https:web:443', { protocol: 'https:', name: 'web', port: '443' }],
    ['https:web:', { protocol: 'https:', name: 'web', port: '' }],
    ['http:web:x', { protocol: 'http:', name: 'web', port: 'x' }],
    [':web:80', { protocol: 'http:', name: 'web', port: '80' }],
    ['ftp:web:80', undefined],
    [':80', undefined],
    ['a:b:c:d', undefined],
    ['', undefined],
  ];
  for (const [id, want] of cases) test(JSON.stringify(id), () => expect(targetNameOf(id)).toEqual(want));
});

test.each([
  ['/api/v1/namespaces/a/pods/web/proxy', { before: '/api/v1/namespaces/a/pods/web/proxy', after: '' }],
  ['/api/v1/namespaces/a/services/web:80/proxy/', { before: '/api/v1/namespaces/a/services/web:80/proxy', after: '/' }],
  ['/api/v1/namespaces/proxy/pods/proxy/proxy/a%2Fb//c/', { before: '/api/v1/namespaces/proxy/pods/proxy/proxy', after: '/a%2Fb//c/' }],
  ['/api/v1/nodes/n/proxy/metrics', { before: '/api/v1/nodes/n/proxy', after: '/metrics' }],
  ['/api/v1/namespaces/a/pods/web/proxyx', undefined],
  ['/api/v1/pods/web/proxy', undefined],
])('the path %s', (path, want) => expect(proxyPathOf(path)).toEqual(want));

const source: Source = { prefix: '/api/v1/namespaces/a/services/web/proxy', host: '10.244.0.7:8080', asked: 'localhost:8001' };

test.each([
  ['/x', '/api/v1/namespaces/a/services/web/proxy/x'],
  ['/', '/api/v1/namespaces/a/services/web/proxy/'],
  ['/x/?a=/b#c', '/api/v1/namespaces/a/services/web/proxy/x/?a=/b#c'],
  ['http://10.244.0.7:8080/x', '/api/v1/namespaces/a/services/web/proxy/x'],
  ['//10.244.0.7:8080/x', '/api/v1/namespaces/a/services/web/proxy/x'],
  ['http://localhost:8001/x', 'http://localhost:8001/api/v1/namespaces/a/services/web/proxy/x'],
  ['http://localhost:8001/api/v1/namespaces/a/services/web/proxy/x', 'http://localhost:8001/api/v1/namespaces/a/services/web/proxy/x'],
  ['/api/v1/namespaces/a/services/web/proxy/x', '/api/v1/namespaces/a/services/web/proxy/x'],
  ['https://example.com/x', 'https://example.com/x'],
  ['x/y', 'x/y'],
  ['#top', '#top'],
  ['', ''],
  ['mailto:someone@example.com', 'mailto:someone@example.com'],
])('the link %s', (link, want) => expect(rewriteLink(link, source)).toBe(want));

describe('a page', () => {
  const p = source.prefix;
  const cases: Array<[name: string, page: string, want: string]> = [
    ['links of elements', '<a href="/x">y</a><img src=/i.png>', `<a href="${p}/x">y</a><img src="${p}/i.png">`],
    ['other attributes stay', '<a title="/x" HREF=\'/y\' data-href="/z">', `<a title="/x" HREF="${p}/y" data-href="/z">`],
    ['other elements stay', '<p href="/x">', '<p href="/x">'],
    ['what is script stays', '<script>a = "<a href=/x>"</script><a href="/x">', `<script>a = "<a href=/x>"</script><a href="${p}/x">`],
    ['the source of a script does not', '<script src="/a.js"></script>', `<script src="${p}/a.js"></script>`],
    ['comments stay', '<!-- <a href="/x"> --><a href="/y">', `<!-- <a href="/x"> --><a href="${p}/y">`],
    ['a > in quotes ends nothing', '<a title="a>b" href="/x">', `<a title="a>b" href="${p}/x">`],
    ['written with entities', '<a href="/x?a=1&amp;b=2">', `<a href="${p}/x?a=1&amp;b=2">`],
    ['not only ASCII', '<a href="/grün">grün ✓</a>', `<a href="${p}/grün">grün ✓</a>`],
    ['less than', 'a < b and <3 <a href="/x">', `a < b and <3 <a href="${p}/x">`],
    ['never ended', '<a href="/x', '<a href="/x'],
    ['no page at all', 'plain', 'plain'],
  ];
  const through = async (page: string, size: number): Promise<string> => {
    const rewriter = new LinkRewriter(source);
    const parts: Buffer[] = [];
    rewriter.on('data', (part: Buffer) => parts.push(part));
    const bytes = Buffer.from(page);
    for (let at = 0; at < bytes.length; at += size) rewriter.write(bytes.subarray(at, at + size));
    rewriter.end();
    await new Promise((resolve) => rewriter.once('end', resolve));
    return Buffer.concat(parts).toString();
  };
  for (const [name, page, want] of cases) {
    test(name, async () => expect(await through(page, page.length)).toBe(want));
    test(`${name}, byte by byte`, async () => expect(await through(page, 1)).toBe(want));
  }
});

const pod = (ip: string | undefined, ...ports: number[]): core.Pod =>
  ({
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'c', ports: ports.map((containerPort) => ({ containerPort })) }] },
    status: { podIP: ip },
  }) as core.Pod;
const target = (id: string) => targetNameOf(id) as NonNullable<ReturnType<typeof targetNameOf>>;

test.each([
  ['web', '10.244.0.7', [8080], { host: '10.244.0.7', port: 8080 }],
  ['web', '10.244.0.7', [], { host: '10.244.0.7', port: 80 }],
  ['https:web:', '10.244.0.7', [], { host: '10.244.0.7', port: 443 }],
  ['web:99', '10.244.0.7', [8080], { host: '10.244.0.7', port: 99 }],
  ['web', '127.0.0.1', [80], 'address not allowed'],
  ['web', '169.254.169.254', [80], 'address not allowed'],
  ['web', undefined, [80], 'address not allowed'],
  ['web:http', '10.244.0.7', [80], 'unknown port'],
])('the place of pod %s at %s', (id, ip, ports, want) => {
  const place = () => placeOfPod(pod(ip, ...ports), target(id));
  if (typeof want === 'string') expect(place).toThrow(want);
  else expect(place()).toEqual(want);
});

describe('the place of a service', () => {
  const service = { metadata: { name: 'web', namespace: 'a' }, spec: { ports: [{ name: 'http', port: 80 }] } } as unknown as core.Service;
  const slice = (ip: string, more: object = {}, port = 8080): discovery.EndpointSlice =>
    ({
      ...{ metadata: { name: 'web-1' }, addressType: 'IPv4', ports: [{ name: 'http', port }] },
      endpoints: [{ addresses: [ip], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace: 'a', name: 'p' }, ...more }],
    }) as discovery.EndpointSlice;
  const swapped = { host: '10.244.0.1', port: 40_000 };
  const cases: Array<[name: string, id: string, slices: discovery.EndpointSlice[], want: object | string]> = [
    ['a process that it is swapped to', 'web:80', [slice('10.244.0.1', { targetRef: undefined }, 40_000)], swapped],
    ['another port of the host', 'web:80', [slice('10.244.0.1', { targetRef: undefined }, 40_001)], 'no endpoints available'],
    ['by the number of its port', 'web:80', [slice('10.244.0.7')], { host: '10.244.0.7', port: 8080 }],
    ['by the name of its port', 'web:http', [slice('10.244.0.7')], { host: '10.244.0.7', port: 8080 }],
    ['of a port that has a name, unasked', 'web', [slice('10.244.0.7')], 'no endpoints available for service "web"'],
    ['a port it does not have', 'web:81', [slice('10.244.0.7')], 'no service port 81 found for service "web"'],
    ['nobody ready', 'web:80', [slice('10.244.0.7', { conditions: { ready: false } })], 'no endpoints available for service "web"'],
    ['no slices', 'web:80', [], 'no endpoints available for service "web"'],
    ['an address that is no pod', 'web:80', [slice('10.244.0.7', { targetRef: undefined })], 'no endpoints available'],
    ['a pod of elsewhere', 'web:80', [slice('10.244.0.7', { targetRef: { kind: 'Pod', namespace: 'b' } })], 'no endpoints available'],
    ['this host itself', 'web:80', [slice('127.0.0.1')], 'no endpoints available'],
  ];
  for (const [name, id, slices, want] of cases)
    test(name, () => {
      const place = () => placeOfService(service, slices, target(id), seededRandom(1), swapped);
      if (typeof want === 'string') expect(place).toThrow(want);
      else expect(place()).toEqual(want);
    });
});

test.each([
  ['n', undefined],
  ['n:10250', undefined],
  ['n:9100', { host: '10.244.0.1', port: 9100 }],
])('the place of node %s', (id, want) => {
  const it = { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address: '10.244.0.1' }] } } as core.Node;
  expect(placeOfNode(it, target(id))).toEqual(want);
});
