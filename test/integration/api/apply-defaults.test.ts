import { afterAll, beforeAll, expect, test } from 'vitest';
import { asAdmin, createDefaultAccount, type Json } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

// What the server fills in after the merge: defaults within what is owned as a whole, tolerations that admission adds, a
// Secret's stringData that becomes data. Each course was put to upstream's own field manager (apimachinery v0.33, with
// client-go's schema): the answers below are its answers, conflicts between appliers of the same manifest included.

let server: TestApi;
let api: ReturnType<typeof asAdmin>;
beforeAll(async () => {
  server = await openTestApi();
  api = asAdmin(server);
  await createDefaultAccount(api);
});
afterAll(async () => {
  expect(server.errors).toEqual([]);
  await server.close();
});

const podWith = (container: object, spec: object = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  spec: { containers: [{ name: 'c', image: 'x:1', ...container }], ...spec },
});
const nameOf = (fieldRef: object): Json => podWith({ env: [{ name: 'NAME', valueFrom: { fieldRef } }] });
const short = nameOf({ fieldPath: 'metadata.name' });
const full = nameOf({ apiVersion: 'v1', fieldPath: 'metadata.name' });
const tolerant = podWith({}, { tolerations: [{ key: 'k', operator: 'Exists' }] });
const secret = (content: object): Json => ({ apiVersion: 'v1', kind: 'Secret', ...content });
const text = secret({ stringData: { k: 'v' } });
const bytes = secret({ data: { k: 'dg==' } });

const ofPod = (more: object) => ({ 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, ...more } } } });
const ownsName = ofPod({ 'f:env': { 'k:{"name":"NAME"}': { '.': {}, 'f:name': {}, 'f:valueFrom': { 'f:fieldRef': {} } } } });
const ownsTolerations = { 'f:spec': { ...ofPod({})['f:spec'], 'f:tolerations': {} } };
const ownsText = { 'f:stringData': { 'f:k': {} } };
const ownsBytes = { 'f:data': { 'f:k': {} } };

const nameConflict = 'Apply failed with 1 conflict: conflict with "a": .spec.containers[name="c"].env[name="NAME"].valueFrom.fieldRef';
const tolerationConflict = 'Apply failed with 1 conflict: conflict with "a": .spec.tolerations';
const textConflict = 'Apply failed with 1 conflict: conflict with "a": .stringData.k';

/** Who applies what, and what comes of it: its refusal, or undefined where it is done. */
type Step = [by: string, config: Json, refusal?: string];
const courses: Array<[title: string, steps: Step[], owned: Record<string, object>]> = [
  [
    'a fieldRef without its version, by two',
    [
      ['a', short],
      ['b', short, nameConflict],
      ['a', short],
    ],
    { a: ownsName },
  ],
  [
    'a fieldRef in full, by two',
    [
      ['a', full],
      ['b', full],
    ],
    { a: ownsName, b: ownsName },
  ],
  [
    'a fieldRef without its version, then in full',
    [
      ['a', short],
      ['b', full],
    ],
    { a: ownsName, b: ownsName },
  ],
  [
    'tolerations that admission adds to, by two',
    [
      ['a', tolerant],
      ['b', tolerant, tolerationConflict],
      ['a', tolerant],
    ],
    { a: ownsTolerations },
  ],
  [
    'stringData, by two',
    [
      ['a', text],
      ['b', text, textConflict],
      ['a', text],
    ],
    { a: ownsText },
  ],
  [
    'stringData, another key by the same',
    [
      ['a', text],
      ['a', secret({ stringData: { j: 'v' } })],
    ],
    { a: { 'f:stringData': { 'f:j': {} } } },
  ],
  [
    'stringData, then the same as data',
    [
      ['a', text],
      ['b', bytes],
    ],
    { a: ownsText, b: ownsBytes },
  ],
  [
    'data, then the same as stringData',
    [
      ['a', bytes],
      ['b', text],
    ],
    { a: ownsBytes, b: ownsText },
  ],
];

for (const [i, [title, steps, owned]] of courses.entries())
  test(title, async () => {
    let last: Json;
    for (const [by, config, refusal] of steps) {
      const path = `/api/v1/namespaces/default/${config.kind === 'Pod' ? 'pods' : 'secrets'}/it-${i}`;
      const { body } = await api
        .patch(`${path}?fieldManager=${by}`)
        .type('application/apply-patch+yaml')
        .send(JSON.stringify({ ...config, metadata: { name: `it-${i}` } }));
      expect(body.kind === 'Status' ? body.message : undefined, `${by} applies`).toBe(refusal);
      if (!refusal) last = body;
    }
    const entries: Json[] = last.metadata.managedFields;
    expect(Object.fromEntries(entries.map((it) => [it.manager, it.fieldsV1]))).toEqual(owned);
    expect(entries.every((it) => it.operation === 'Apply')).toBe(true);
  });

test('what a key of stringData has left in data stays when the key is dropped: nobody owns it', async () => {
  const { body } = await api.get('/api/v1/namespaces/default/secrets/it-5').expect(200);
  expect(body.data).toEqual({ j: 'dg==', k: 'dg==' });
});
