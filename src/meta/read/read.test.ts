import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeProtobuf } from '../schema/protobuf.ts';
import { readObject } from '../schema/read-object.ts';
import { StatusError } from '../status-error.ts';
import { readBody } from './body.ts';
import { duplicateKeys } from './duplicates.ts';
import { readYamlDocuments } from './yaml.ts';

const deployment = { kind: 'Deployment', apiVersion: 'apps/v1', version: 'v1', message: 'apps/v1.Deployment' };

test('YAML is read as Kubernetes reads it', () => {
  expect(
    readYamlDocuments('a: yes\nb: 0777\nc: 22:22\nd: 2026-01-01\ne: 1e3\nf: ~\n---\n---\nx: &q {r: 1}\ny:\n  <<: *q\n  s: "no"'),
  ).toEqual([
    { a: true, b: 511, c: '22:22', d: '2026-01-01', e: 1000, f: null },
    { x: { r: 1 }, y: { r: 1, s: 'no' } },
  ]);
  expect(() => readYamlDocuments('a: [')).toThrow('error converting YAML to JSON');
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((it, i) => `${it}: &${it} [${Array(10).fill(`*${'abcdefg'[i]}`)}]`),
  ].join('\n');
  expect(() => readYamlDocuments(bomb)).toThrow('aliasing');
});

test('a block of text that ends with the file has no line break that the file does not have', () => {
  expect(readYamlDocuments('a: |\n  x\n  y {}')).toEqual([{ a: 'x\ny {}' }]);
  expect(readYamlDocuments('a: |\n  x\n  y\n')).toEqual([{ a: 'x\ny\n' }]);
  expect(readYamlDocuments('a: |-\n  x')).toEqual([{ a: 'x' }]);
  expect(readYamlDocuments('a: "x\\n"')).toEqual([{ a: 'x\n' }]);
  expect(readYamlDocuments('b: [1]\n---\na:\n- b\n- |\n  c')).toEqual([{ b: [1] }, { a: ['b', 'c'] }]);
});

test('duplicate keys are named with their path', () => {
  expect(duplicateKeys('{"a":1,"b":{"c":1,"c":2},"l":[{"x":1},{"y":"}","y":"\\"{"}],"a":2}')).toEqual(['b.c', 'l[1].y', 'a']);
  expect(duplicateKeys('{"a":{"b":1},"c":{"b":1}}')).toEqual([]);
});

test('unknown fields are named and left out, quantities are brought to form', () => {
  const { object, unknown } = readObject<{ spec: unknown }>(deployment, {
    spec: {
      replicas: 2,
      foo: 1,
      template: { spec: { containers: [{ name: 'a', bar: 1, resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] } },
    },
  });
  expect(unknown).toEqual(['spec.foo', 'spec.template.spec.containers[0].bar']);
  expect(object.spec).toEqual({
    replicas: 2,
    template: { spec: { containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' } } }] } },
  });
});

test('wrong types are refused in Go words', () => {
  expect(() => readObject(deployment, { spec: { replicas: 'two' } })).toThrow(
    'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  );
  for (const bad of [
    [],
    1,
    'x',
    null,
    { spec: [] },
    { metadata: { labels: [] } },
    { spec: { template: { spec: { containers: {} } } } },
    { metadata: { creationTimestamp: 'now' } },
  ]) {
    expect(() => readObject(deployment, bad), JSON.stringify(bad)).toThrow(StatusError);
  }
});

test('a prototype key in a map is data', () => {
  const { object } = readObject<{ metadata: { labels: object } }>(deployment, JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}'));
  expect(Object.keys(object.metadata.labels)).toEqual(['__proto__']);
});

const bytes = (...parts: Array<number | string | Buffer>): Buffer =>
  Buffer.concat(parts.map((it) => (typeof it === 'number' ? Buffer.from([it]) : Buffer.from(it as string))));
const chunk = (tag: number, content: Buffer): Buffer => bytes(tag, content.length, content);

test('a protobuf body is decoded to its JSON form', () => {
  const meta = bytes(chunk(0x0a, bytes('web')), chunk(0x5a, bytes(chunk(0x0a, bytes('app')), chunk(0x12, bytes('x')))));
  const spec = bytes(0x08, 3);
  const object = bytes(chunk(0x0a, meta), chunk(0x12, spec));
  const body = bytes('k8s\0', chunk(0x0a, bytes(chunk(0x0a, bytes('apps/v1')), chunk(0x12, bytes('Deployment')))), chunk(0x12, object));
  const { value } = readBody(body, 'application/vnd.kubernetes.protobuf', true, () => 'apps/v1.Deployment');
  expect(readObject(deployment, value)).toEqual({
    object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels: { app: 'x' } }, spec: { replicas: 3 } },
    unknown: [],
  });
});

test('garbage in any content type is a StatusError', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom('application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'text/plain'),
      (raw, type) => {
        const prefix = type.endsWith('protobuf') && raw.length % 2 ? Buffer.from('k8s\0') : Buffer.alloc(0);
        try {
          readObject(deployment, readBody(Buffer.concat([prefix, raw]), type, true, () => 'apps/v1.Deployment').value);
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      },
    ),
    { numRuns: 500 },
  );
  expect(() => decodeProtobuf(Buffer.from('nonsense'), () => undefined)).toThrow(StatusError);
  expect(() => readBody(Buffer.from('['.repeat(100_000)), 'application/json', true, () => undefined)).toThrow(StatusError);
});
