import { expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { sameTemplate, templateHash } from './template.ts';

const template = (extra: object = {}, container: object = {}): core.PodTemplateSpec =>
  ({
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'nginx', ...container }], ...extra },
  }) as core.PodTemplateSpec;

test('a hash stays what it is from version to version: names of stored sets are made of it', () => {
  expect([undefined, 1, 2].map((it) => templateHash(template(), it))).toMatchInlineSnapshot(`
    [
      "595bbfdf48",
      "79b75d8684",
      "7b5795c4fc",
    ]
  `);
});

test('a hash depends on what is said, not on the order in which, nor on the hash itself', () => {
  const turned = {
    spec: { containers: [{ image: 'nginx', name: 'app' }] },
    metadata: { labels: { 'pod-template-hash': 'x', app: 'web' } },
  };
  expect(templateHash(turned as never, undefined)).toBe(templateHash(template(), undefined));
  const hashes = Array.from({ length: 500 }, (_, i) => templateHash(template({}, { image: `nginx:${i}` }), undefined));
  expect(new Set(hashes).size).toBe(500);
  for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
});

const pairs: Array<[name: string, a: core.PodTemplateSpec, b: core.PodTemplateSpec, same: boolean]> = [
  ['another image', template(), template({}, { image: 'nginx:2' }), false],
  ['the hash label', template(), { ...template(), metadata: { labels: { app: 'web', 'pod-template-hash': 'x' } } as never }, true],
  ['another label', template(), { ...template(), metadata: { labels: { app: 'web', a: 'b' } } as never }, false],
  [
    'an annotation (kubectl rollout restart)',
    template(),
    { ...template(), metadata: { labels: { app: 'web' }, annotations: { at: 'now' } } as never },
    false,
  ],
  ['nothing spelled out', template(), template({ volumes: [], nodeSelector: {} }, { env: null }), true],
  ['a default spelled out', template(), template({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' }), true],
  ['another than the default', template(), template({ dnsPolicy: 'None' }), false],
  [
    'a quantity written differently',
    template({}, { resources: { limits: { cpu: '1' } } }),
    template({}, { resources: { limits: { cpu: '1000m' } } }),
    true,
  ],
  ['another quantity', template({}, { resources: { limits: { cpu: '1' } } }), template({}, { resources: { limits: { cpu: '2' } } }), false],
  ['texts that look like quantities', template({}, { args: ['1'] }), template({}, { args: ['1000m'] }), false],
  ['the order of a list', template({}, { args: ['a', 'b'] }), template({}, { args: ['b', 'a'] }), false],
];
test.each(pairs)('%s', (_, a, b, same) => {
  expect([sameTemplate(a, b), sameTemplate(b, a)]).toEqual([same, same]);
});
