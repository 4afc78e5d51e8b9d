import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AnyKind,
  daemonSet,
  deployment,
  kinds,
  persistentVolumeClaim,
  pod,
  replicaSet,
  replicationController,
  service,
  statefulSet,
} from '../../../src/kinds/index.ts';
import { applyMergePatch } from '../../../src/meta/patch/merge.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { anyObject } from '../../fixtures/api/any-object.ts';
import { type Answer, type RawRequests, rawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

const seed = 20_261_124;

let server: TestApi;
let requests: RawRequests;
beforeAll(async () => {
  server = await openTestApi();
  requests = rawRequests(server);
  await requests.send({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body: { metadata: { name: 'default' } } });
});
afterAll(async () => {
  requests.close();
  await server.close();
});

const pathOf = ({ group, apiVersion, namespaced, plural }: AnyKind): string =>
  `${group ? `/apis/${apiVersion}` : '/api/v1'}${namespaced ? '/namespaces/default' : ''}/${plural}`;

/** Anything but a fault of the server's own. */
function answered(answer: Answer, what: unknown): number {
  const told = `${answer.code} ${answer.text.slice(0, 500)}\n${JSON.stringify(what)}\n${server.errors.join('\n')}`;
  expect(answer.code, told).toBeLessThan(500);
  expect(server.errors, told).toEqual([]);
  return answer.code;
}

/** Whatever the schema lets through is stored or refused, and what was stored can be read, replaced, patched and deleted. */
async function live(kind: AnyKind, object: KubeObject, other: KubeObject, name: string): Promise<boolean> {
  const path = pathOf(kind);
  const named = { ...object, metadata: { ...object.metadata, name, namespace: undefined, resourceVersion: undefined } };
  const made = await requests.send({ method: 'POST', path, body: named });
  if (answered(made, named) !== 201) return false;
  const read = await requests.send({ path: `${path}/${name}` });
  expect(read.body).toEqual(made.body);
  const revision = server.store.revision();
  const put = await requests.send({ method: 'PUT', path: `${path}/${name}`, body: made.body });
  expect([answered(put, made.body), put.body]).toEqual([200, made.body]);
  expect(server.store.revision(), 'the same again changes nothing').toBe(revision);
  const table = await requests.send({ path: `${path}/${name}`, headers: { Accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' } });
  expect(answered(table, made.body)).toBe(200);
  for (const [sub, type] of [
    ['', 'application/merge-patch+json'],
    ['', 'application/strategic-merge-patch+json'],
    ['/status', 'application/merge-patch+json'],
  ] as const) {
    const { metadata: _, ...body } = other;
    answered(await requests.send({ method: 'PATCH', path: `${path}/${name}${sub}`, type, body }), body);
  }
  answered(await requests.send({ method: 'DELETE', path: `${path}/${name}?gracePeriodSeconds=0` }), made.body);
  return true;
}

describe.each(kinds.map((it) => [it.resource, it] as const))('%s', (_, kind) => {
  test('any object of it is stored or refused, and lives', async () => {
    const pairs = fc.sample(fc.tuple(anyObject(kind), anyObject(kind)), { seed, numRuns: 40 });
    for (const [i, [object, other]] of pairs.entries()) await live(kind, object, other, `x-${i}`);
  });
});

const container = {
  name: 'c',
  image: 'i',
  env: [{ name: 'A', value: '1' }],
  ports: [{ containerPort: 80 }],
  resources: { limits: { cpu: '1' } },
};
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container], volumes: [{ name: 'v', emptyDir: {} }] } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const good: Array<[AnyKind, object]> = [
  [pod, template.spec],
  [deployment, { replicas: 1, selector: { matchLabels: { a: 'b' } }, template }],
  [replicaSet, { replicas: 1, selector: { matchLabels: { a: 'b' } }, template }],
  [
    statefulSet,
    { serviceName: 's', selector: { matchLabels: { a: 'b' } }, template, volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: claim }] },
  ],
  [daemonSet, { selector: { matchLabels: { a: 'b' } }, template }],
  [replicationController, { template }],
  [service, { selector: { a: 'b' }, ports: [{ port: 80, name: 'http' }] }],
  [persistentVolumeClaim, claim],
];

describe.each(good.map(([kind, spec]) => [kind.resource, kind, spec] as const))('a good one of %s', (_, kind, spec) => {
  test('with anything merged into it is stored or refused', async () => {
    const path = pathOf(kind);
    const whole = { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { name: 'good' }, spec };
    expect((await requests.send({ method: 'POST', path, body: whole })).code).toBe(201);
    for (const { metadata: _m, ...other } of fc.sample(anyObject(kind), { seed, numRuns: 100 })) {
      for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json'])
        answered(await requests.send({ method: 'PATCH', path: `${path}/good?dryRun=All`, type, body: other }), other);
      const merged = applyMergePatch({ ...whole, metadata: { name: 'merged' } }, other) as object;
      answered(await requests.send({ method: 'POST', path: `${path}?dryRun=All`, body: merged }), merged);
    }
  });
});
