import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type RawRequests, rawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let requests: RawRequests;
beforeAll(async () => {
  server = await openTestApi();
  requests = rawRequests(server);
});
afterAll(async () => {
  requests.close();
  await server.close();
});

const path = '/api/v1/namespaces/default/configmaps';
const merge = 'application/merge-patch+json';
let made = 0;
const post = (validation: string | undefined, text: (name: string) => string, type = 'application/json'): Promise<Answer> =>
  requests.send({
    method: 'POST',
    path: validation === undefined ? path : `${path}?fieldValidation=${validation}`,
    body: text(`m-${++made}`),
    type,
  });
const unknown = (name: string): string => `{"metadata":{"name":"${name}","nam":1},"data":{"a":"1"},"dada":{"x":[1]}}`;
const doubled = (name: string): string => `{"metadata":{"name":"${name}"},"data":{"a":"1","a":"2"}}`;
const warningsOf = (it: Answer): string[] =>
  [it.headers.warning ?? []]
    .flat()
    .join('')
    .split(/, (?=299)/)
    .filter(Boolean);

describe('Strict refuses', () => {
  test('and names everything that is wrong', async () => {
    const { body } = await post('Strict', (name) => unknown(name).replace('"a":"1"', '"a":"1","a":"2"'));
    expect(body).toMatchObject({
      ...{ code: 400, reason: 'BadRequest' },
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.nam", unknown field "dada", duplicate field "data.a"',
    });
  });

  test('what a patch would bring in', async () => {
    await post('Strict', (name) => `{"metadata":{"name":"${name}"}}`);
    const one = `${path}/m-${made}`;
    const { body } = await requests.send({ method: 'PATCH', path: `${one}?fieldValidation=Strict`, type: merge, body: { dada: 1 } });
    expect(body).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: 'patch' }] } });
    expect(body.message).toContain('strict decoding error: unknown field "dada"');
  });
});

describe('Warn stores and says so', () => {
  for (const validation of ['Warn', undefined]) {
    test(validation ?? 'also when nothing is said', async () => {
      const answer = await post(validation, unknown);
      expect(answer.code).toBe(201);
      expect(answer.body).not.toHaveProperty('dada');
      expect(warningsOf(answer)).toEqual(['299 - "unknown field \\"metadata.nam\\""', '299 - "unknown field \\"dada\\""']);
    });
  }

  test('of doubled keys, where the last one counts, in JSON and YAML', async () => {
    const json = await post('Warn', doubled);
    expect(json.body.data).toEqual({ a: '2' });
    expect(warningsOf(json)).toEqual(['299 - "duplicate field \\"data.a\\""']);
    const yaml = await post('Warn', (name) => `metadata: {name: ${name}}\ndata:\n  a: "1"\n  a: "2"\n`, 'application/yaml');
    expect(yaml.body.data).toEqual({ a: '2' });
    expect(warningsOf(yaml)[0]).toContain('line 4: key already set in map');
  });

  test('of a patch', async () => {
    await post('Ignore', (name) => `{"metadata":{"name":"${name}"}}`);
    const answer = await requests.send({ method: 'PATCH', path: `${path}/m-${made}`, type: merge, body: { dada: 1, data: { b: 'c' } } });
    expect(answer.body.data).toEqual({ b: 'c' });
    expect(warningsOf(answer)).toEqual(['299 - "unknown field \\"dada\\""']);
  });
});

test('Ignore stores and says nothing', async () => {
  const answer = await post('Ignore', unknown);
  expect(answer.code).toBe(201);
  expect(answer.headers.warning).toBeUndefined();
  expect((await post('Ignore', doubled)).body.data).toEqual({ a: '2' });
});

test('a value of a wrong type is refused whatever was asked', async () => {
  for (const validation of ['Strict', 'Warn', 'Ignore']) {
    const { body } = await post(validation, (name) => `{"metadata":{"name":"${name}"},"data":{"a":1}}`);
    expect(body).toMatchObject({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    });
  }
});

test('a claim inside a StatefulSet may say what it is, as the server itself writes it', async () => {
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } };
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
  const labels = { app: 'db' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  const { code, body } = await requests.send({
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/statefulsets?fieldValidation=Strict',
    body: {
      metadata: { name: 'db' },
      spec: { serviceName: 'db', selector: { matchLabels: labels }, template, volumeClaimTemplates: [{ ...claim, spec }] },
    },
  });
  expect([code, body]).toEqual([
    201,
    expect.objectContaining({ spec: expect.objectContaining({ volumeClaimTemplates: [expect.objectContaining(claim)] }) }),
  ]);
});
