import fc from 'fast-check';
import { type Field, isScalar, type Message, messageOf, singles } from '../../../src/meta/schema/schema.ts';
import type { Reason } from '../../../src/meta/status-error.ts';
import { type Refusal, refuses, standing } from '../../fixtures/api/refusals.ts';
import type { Ask, Json } from '../../fixtures/api/requests.ts';

// Always the same cases: a failure is found again by its name.
const seed = 20_261_124;
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(arbitrary, { seed, numRuns });

const container = {
  name: 'c',
  image: 'i:1',
  command: ['run'],
  args: ['a'],
  env: [{ name: 'A', value: '1' }],
  ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
  resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
  volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
  livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 },
  securityContext: { runAsUser: 1, readOnlyRootFilesystem: true },
};
const podSpec = {
  containers: [container],
  volumes: [{ name: 'v', configMap: { name: 'cm', items: [{ key: 'a', path: 'b', mode: 420 }] } }],
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }],
  terminationGracePeriodSeconds: 5,
  hostNetwork: false,
};
const metadata = { name: 'x', labels: { a: 'b' }, annotations: { note: 'n' }, finalizers: ['example.com/f'] };

type Sample = { path: string; message: string; object: Json };
const whole: Sample[] = [
  { path: '/api/v1/namespaces/default/pods', message: 'core/v1.Pod', object: { kind: 'Pod', apiVersion: 'v1', metadata, spec: podSpec } },
  {
    path: '/apis/apps/v1/namespaces/default/deployments',
    message: 'apps/v1.Deployment',
    object: {
      ...{ kind: 'Deployment', apiVersion: 'apps/v1', metadata },
      spec: {
        replicas: 2,
        selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
        template: { metadata: { labels: { a: 'b' } }, spec: podSpec },
      },
    },
  },
  {
    path: '/api/v1/namespaces/default/services',
    message: 'core/v1.Service',
    object: {
      ...{ kind: 'Service', apiVersion: 'v1', metadata },
      spec: { type: 'ClusterIP', selector: { a: 'b' }, ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }] },
    },
  },
  {
    path: '/api/v1/namespaces/default/configmaps',
    message: 'core/v1.ConfigMap',
    object: { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { a: '1' }, binaryData: { b: 'AA==' }, immutable: false },
  },
  {
    path: '/api/v1/namespaces/default/persistentvolumeclaims',
    message: 'core/v1.PersistentVolumeClaim',
    object: {
      ...{ kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' },
    },
  },
  {
    path: '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    message: 'coordination/v1.Lease',
    object: {
      ...{ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata },
      spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
    },
  },
];

type Step = string | number;
/** A place in an object: the way to it, the message that has the field there, and the field. */
type Place = { steps: Step[]; owner: Message; field: Field | undefined; value: Json };

/** Every place of an object that the schema knows, `undefined` fields being the objects themselves. */
function placesOf(message: Message, value: Json, steps: Step[]): Place[] {
  const places: Place[] = [{ steps, owner: message, field: undefined, value }];
  for (const [key, inner] of Object.entries(value as object)) {
    const field = message.fields.get(key);
    if (!field || key === 'kind' || key === 'apiVersion') continue;
    const here = [...steps, key];
    places.push({ steps: here, owner: message, field, value: inner });
    const items: Array<[Step[], Json]> = field.list
      ? (inner as Json[]).map((it, i) => [[...here, i], it])
      : field.map
        ? []
        : [[here, inner]];
    const type = isScalar(field.type) || singles[field.type] ? undefined : messageOf(field.type);
    if (type) for (const [at, item] of items) places.push(...placesOf(type, item, at));
  }
  return places;
}

function replaced(object: Json, steps: readonly Step[], value: unknown): Json {
  const copy = structuredClone(object) as Json;
  let at = copy;
  for (const step of steps.slice(0, -1)) at = at[step];
  at[steps.at(-1) as Step] = value;
  return copy;
}

const pathOf = (steps: readonly Step[]): string =>
  steps.reduce<string>((text, it) => (typeof it === 'number' ? `${text}[${it}]` : text ? `${text}.${it}` : it), '');

const shape = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);
/** What a quantity or a port may also be. */
const alsoFits: Readonly<Record<string, readonly string[]>> = { quantity: ['number', 'string'], intOrString: ['number', 'string'] };
const values = fc.constantFrom<unknown>('a text', 7.5, true, ['a'], { a: 'b' }, [[]], [{ a: {} }], { a: [1] }, 1e300, -1.5, [null], [7]);

const places = whole.flatMap((it) =>
  placesOf(messageOf(it.message) as Message, it.object, [])
    .filter((place) => place.steps.length > 0)
    .map((place) => ({ ...it, place })),
);

/** Whether a reader must refuse `value` at the place: it has another shape than the field. */
function isWrong({ field, value: right }: Place, value: unknown): boolean {
  if (field === undefined) return shape(value) !== 'object';
  if (field.list)
    return (
      shape(value) !== 'array' ||
      (value as unknown[]).some((it) => (shape(it) === 'null' ? false : shape(it) !== shape((right as unknown[])[0])))
    );
  const single = singles[field.type];
  if (single && !field.map) return single !== 'any' && !(alsoFits[single] ?? ['string']).includes(shape(value));
  if (field.map) return shape(value) !== 'object' || Object.values(value as object).some((it) => shape(it) !== 'string');
  if (field.type === 'int32' || field.type === 'int64') return !Number.isInteger(value);
  return shape(value) !== shape(right);
}

const brief = (value: unknown): string => JSON.stringify(value).slice(0, 40);

const wrongTypes: Refusal[] = sample(fc.tuple(fc.constantFrom(...places), values), 600)
  .filter(([{ place }, value]) => isWrong(place, value))
  .slice(0, 150)
  .map(([{ path, object, place }, value]) => ({
    name: `wrong type: ${object.kind} ${pathOf(place.steps)} = ${brief(value)}`,
    ask: { method: 'POST', path, body: replaced(object, place.steps, value) },
    want: ['BadRequest'],
    says: /cannot (be handled|unmarshal)/,
  }));

const objects = whole.flatMap((it) =>
  placesOf(messageOf(it.message) as Message, it.object, [])
    .filter((place) => place.field === undefined)
    .map((place) => ({ ...it, place })),
);
const strangeKey = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '$patch',
    'Spec',
    'METADATA',
    ' name',
    'näme',
    '😀',
  ),
  fc.stringMatching(/^[a-z]{3,12}$/),
);
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const unknownFields: Refusal[] = sample(fc.tuple(fc.constantFrom(...objects), strangeKey, values), 200)
  .filter(([{ place }, key]) => !place.owner.fields.has(key) && (place.steps.length > 0 || !['kind', 'apiVersion'].includes(key)))
  .slice(0, 100)
  .map(([{ path, object, place }, key, value]) => {
    // As text, since no object literal can hold a __proto__ of its own.
    const marked = replaced({ whole: object }, ['whole', ...place.steps], { ...place.value, UNKNOWN: value }).whole;
    const body = JSON.stringify(marked).replace('"UNKNOWN"', JSON.stringify(key));
    return {
      name: `unknown field under Strict: ${object.kind} ${pathOf([...place.steps, key])}`,
      ask: { method: 'POST', path: `${path}?fieldValidation=Strict`, body },
      want: ['BadRequest'],
      says: new RegExp(`strict decoding error: .*unknown field ${escaped(JSON.stringify(pathOf([...place.steps, key])))}`),
    };
  });

const doubledKeys: Refusal[] = sample(fc.constantFrom(...places), 60)
  .filter(({ place }) => typeof place.steps.at(-1) === 'string')
  .slice(0, 40)
  .map(({ path, object, place }) => {
    const key = place.steps.at(-1) as string;
    const marked = replaced(object, [...place.steps.slice(0, -1), 'DOUBLED'], place.value);
    return {
      name: `doubled key under Strict: ${object.kind} ${pathOf(place.steps)}`,
      ask: {
        method: 'POST',
        path: `${path}?fieldValidation=Strict`,
        body: JSON.stringify(marked).replace('"DOUBLED"', JSON.stringify(key)),
      },
      want: ['BadRequest'] as const,
      says: /duplicate field/,
    };
  });

const badName = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
    fc.stringMatching(/^[A-Za-z0-9_./-]{1,300}$/),
    fc.stringMatching(/^[-.][a-z]{1,5}$/),
  )
  .filter((it) => it.length > 253 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(it));
const badNames: Refusal[] = sample(badName, 60).map((name) => ({
  name: `bad name: ${brief(name)}`,
  ask: { method: 'POST', path: '/api/v1/namespaces/default/configmaps', body: { metadata: { name } } },
  want: ['Invalid'],
  says: /metadata\.name: Invalid value/,
}));

const badLabel = fc
  .string({ minLength: 1, maxLength: 80, unit: 'grapheme' })
  .filter((it) => !/^(?:[a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(it) || it.length > 63);
const badLabels: Refusal[] = sample(fc.tuple(badLabel, fc.boolean()), 40)
  .filter(([text]) => text !== '__proto__')
  .map(([text, asKey]) => ({
    name: `bad label ${asKey ? 'key' : 'value'}: ${brief(text)}`,
    ask: {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      body: { metadata: { name: 'x', labels: asKey ? { [text]: 'v' } : { k: text } } },
    },
    want: ['Invalid'],
    says: /metadata\.labels: Invalid value/,
  }));

const cut: Refusal[] = sample(fc.tuple(fc.constantFrom(...whole), fc.double({ min: 0.01, max: 0.99, noNaN: true })), 40).map(
  ([{ path, object }, part]) => {
    const text = JSON.stringify(object);
    const length = Math.floor(text.length * part);
    return {
      name: `JSON cut short: ${object.kind} after ${length}`,
      ask: { method: 'POST', path, body: text.slice(0, length) },
      want: ['BadRequest'],
    };
  },
);

const noise: Refusal[] = sample(
  fc.tuple(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.constantFrom(
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/merge-patch+json',
      'application/json-patch+json',
      'application/strategic-merge-patch+json',
    ),
  ),
  90,
).map(([bytes, type], i) => {
  const body = Buffer.from(type.endsWith('protobuf') && i % 3 > 0 ? Buffer.concat([Buffer.from('k8s\0'), bytes]) : bytes);
  const ask: Ask = type.includes('patch')
    ? { method: 'PATCH', path: '/api/v1/namespaces/default/pods/there', type, body }
    : { method: 'POST', path: '/api/v1/namespaces/default/configmaps', type, body };
  return { name: `noise as ${type} ${i}`, ask, want: ['BadRequest', 'Invalid'] };
});

/** JSON of any shape is a patch, but none of these leaves a pod that is one. */
const badPatches: Refusal[] = sample(fc.tuple(fc.constantFrom('spec', 'metadata', 'status'), values, fc.boolean()), 60)
  .filter(([field, value]) => field !== 'status' && shape(value) !== 'object')
  .map(([field, value, strategic]) => ({
    name: `patch: ${field} = ${brief(value)}${strategic ? ', strategic' : ''}`,
    ask: {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/pods/there',
      type: strategic ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json',
      body: JSON.stringify({ [field]: value }),
    },
    want: ['BadRequest', 'Invalid'] as Reason[],
  }));

const operations = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'merge', ''),
    path: fc.constantFrom(
      '/nowhere/at/all',
      '/spec/containers/7/name',
      '/metadata/__proto__/x',
      'spec',
      '/spec/containers/-1',
      '/metadata/labels/a~2b/c',
    ),
    from: fc.constantFrom('/nowhere', '/spec/nowhere/x', ''),
    value: values,
  }),
  { minLength: 1, maxLength: 3 },
);
const badOperations: Refusal[] = sample(operations, 30).map((body, i) => ({
  name: `JSON patch ${i}: ${body.map((it) => `${it.op} ${it.path}`).join(', ')}`,
  ask: { method: 'PATCH', path: '/api/v1/namespaces/default/pods/there', type: 'application/json-patch+json', body },
  want: ['BadRequest', 'Invalid'],
}));

const number = fc.oneof(fc.constantFrom('x', '1.5', '1e3', '0x10', ' 1', '1_000', '٣', '--1', 'NaN'), fc.stringMatching(/^[a-z]{1,8}$/));
const badQueries: Refusal[] = sample(
  fc.tuple(fc.constantFrom('limit', 'resourceVersion', 'timeoutSeconds', 'continue', 'labelSelector', 'fieldSelector'), number),
  60,
).flatMap(([key, value]) => {
  const selects = key.endsWith('Selector') ? `${value}((` : value;
  const path = `/api/v1/namespaces/default/pods?${key}=${encodeURIComponent(selects)}`;
  return [{ name: `list?${key}=${brief(selects)}`, ask: { path }, want: ['BadRequest'] as const }];
});

const uniquely = (cases: Refusal[]): Refusal[] => [...new Map(cases.map((it) => [it.name, it])).values()];

refuses(
  uniquely([
    ...wrongTypes,
    ...unknownFields,
    ...doubledKeys,
    ...badNames,
    ...badLabels,
    ...cut,
    ...noise,
    ...badPatches,
    ...badOperations,
    ...badQueries,
    // And one that is right but for being there already: the server still tells right from wrong.
    {
      name: 'what is there already',
      ask: { method: 'POST', path: '/api/v1/namespaces/default/configmaps', body: standing.configMap },
      want: ['AlreadyExists'],
    },
  ]),
);
