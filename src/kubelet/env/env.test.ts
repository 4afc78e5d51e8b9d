import { describe, expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { buildEnv, type EnvSources, envSourceNames, expandCommand } from './env.ts';
import { expand } from './expand.ts';
import { serviceEnv } from './services.ts';

const meta = (name: string, namespace = 'default') => ({ name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '' });
const service = (name: string, namespace: string, clusterIP: string, ports: core.ServicePort[]): core.Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name, namespace),
  spec: { clusterIP, ports },
});
const kubernetes = service('kubernetes', 'default', '10.96.0.1', [{ name: 'https', port: 443, protocol: 'TCP' }]);
const redis = service('my-redis', 'shop', '10.96.0.7', [
  { port: 6379, protocol: 'TCP' },
  { name: 'metrics-tls', port: 9121, protocol: 'UDP' },
]);

const expansions: Array<[string, string]> = [
  ['$(A)', 'one'],
  ['$(A)-$(B)', 'one-two'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$one'],
  ['$(NONE)', '$(NONE)'],
  ['$A', '$A'],
  ['$(A', '$(A'],
  ['cost $ 5', 'cost $ 5'],
  ['$()', '$()'],
  // After upstream's table (third_party/forked/golang/expansion).
  ['$$', '$'],
  ['$$A', '$A'],
  ['$$$$', '$$'],
  ['$', '$'],
  ['A$', 'A$'],
  ['$(', '$('],
  ['$$(', '$('],
  ['$)', '$)'],
  ['foo$(A)bar', 'fooonebar'],
  ['$(A)$(B)$(A)', 'onetwoone'],
  ['$$(A)_$(B)', '$(A)_two'],
  ['$($(A))', '$($(A))'],
  ['$((A))', '$((A))'],
  ['$( A )', '$( A )'],
  ['\\$(A)', '\\one'],
  ['$(A)$', 'one$'],
  ['$(EMPTY)x', 'x'],
];
for (const [text, want] of expansions)
  test(`${text} becomes ${want}`, () => expect(expand(text, (it) => ({ A: 'one', B: 'two', EMPTY: '' })[it])).toBe(want));

describe('services', () => {
  test('docker links', () => {
    expect(Object.fromEntries(serviceEnv([redis], 'shop', true))).toEqual({
      MY_REDIS_SERVICE_HOST: '10.96.0.7',
      MY_REDIS_SERVICE_PORT: '6379',
      MY_REDIS_SERVICE_PORT_METRICS_TLS: '9121',
      MY_REDIS_PORT: 'tcp://10.96.0.7:6379',
      MY_REDIS_PORT_6379_TCP: 'tcp://10.96.0.7:6379',
      MY_REDIS_PORT_6379_TCP_PROTO: 'tcp',
      MY_REDIS_PORT_6379_TCP_PORT: '6379',
      MY_REDIS_PORT_6379_TCP_ADDR: '10.96.0.7',
      MY_REDIS_PORT_9121_UDP: 'udp://10.96.0.7:9121',
      MY_REDIS_PORT_9121_UDP_PROTO: 'udp',
      MY_REDIS_PORT_9121_UDP_PORT: '9121',
      MY_REDIS_PORT_9121_UDP_ADDR: '10.96.0.7',
    });
  });
  test('the API server is always there, others only when asked for and of the same namespace', () => {
    expect(serviceEnv([kubernetes, redis], 'shop', false).get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
    expect(serviceEnv([kubernetes, redis], 'shop', false).has('MY_REDIS_PORT')).toBe(false);
    expect(serviceEnv([kubernetes, redis], 'other', true).has('MY_REDIS_PORT')).toBe(false);
    expect(serviceEnv([service('h', 'shop', 'None', [{ port: 1 }])], 'shop', true).size).toBe(0);
  });
});

const config: core.ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('cfg'), data: { color: 'red', 'a.b': 'dot' } };
const hidden: core.Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: meta('sec'),
  data: { key: Buffer.from('s3cret').toString('base64') },
};
const other: core.Container = { name: 'other', image: 'x', resources: { limits: { cpu: '250m' } } };
const sources = (pod = podForTests({ initContainers: [other] }, { labels: { app: 'web' } })): EnvSources => ({
  pod,
  podIp: '10.244.0.5',
  hostIp: '10.244.0.1',
  configMap: (name) => (name === 'cfg' ? config : undefined),
  secret: (name) => (name === 'sec' ? hidden : undefined),
  services: [kubernetes],
  allocatable: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '10Gi' },
});
const envOf = (container: Partial<core.Container>): Record<string, string> =>
  Object.fromEntries(buildEnv({ name: 'app', ...container }, sources()));

describe('variables', () => {
  const cases: Array<[string, Partial<core.Container>, Record<string, string>]> = [
    ['plain', { env: [{ name: 'A', value: 'x' }, { name: 'B' }] }, { A: 'x', B: '' }],
    [
      'refer to earlier ones and services',
      {
        env: [
          { name: 'A', value: 'x' },
          { name: 'B', value: '$(A)/$(KUBERNETES_SERVICE_HOST)/$(C)' },
          { name: 'C', value: 'y' },
        ],
      },
      { B: 'x/10.96.0.1/$(C)' },
    ],
    [
      'envFrom with a prefix',
      { envFrom: [{ prefix: 'P_', configMapRef: { name: 'cfg' } }, { secretRef: { name: 'sec' } }] },
      { P_color: 'red', 'P_a.b': 'dot', key: 's3cret' },
    ],
    [
      'own win over envFrom',
      {
        envFrom: [{ configMapRef: { name: 'cfg' } }],
        env: [
          { name: 'color', value: 'blue' },
          { name: 'D', value: '$(a.b)' },
        ],
      },
      { color: 'blue', D: 'dot' },
    ],
    [
      'keys',
      {
        env: [
          { name: 'C', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'color' } } },
          { name: 'S', valueFrom: { secretKeyRef: { name: 'sec', key: 'key' } } },
        ],
      },
      { C: 'red', S: 's3cret' },
    ],
    [
      'fields',
      {
        env: ['metadata.name', 'metadata.uid', "metadata.labels['app']", 'status.podIP', 'status.hostIP', 'spec.nodeName'].map(
          (fieldPath, i) => ({ name: `F${i}`, valueFrom: { fieldRef: { fieldPath } } }),
        ),
      },
      { F0: 'web', F1: 'u1', F2: 'web', F3: '10.244.0.5', F4: '10.244.0.1', F5: 'n1' },
    ],
    [
      'resources',
      {
        resources: { limits: { cpu: '1500m' }, requests: { memory: '100M' } },
        env: [
          { name: 'R0', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'R1', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          { name: 'R2', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          { name: 'R3', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
          { name: 'R4', valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } } },
          { name: 'R5', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1G' } } },
          { name: 'R6', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
          { name: 'R7', valueFrom: { resourceFieldRef: { resource: 'limits.ephemeral-storage', divisor: '1Gi' } } },
          { name: 'R8', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', containerName: 'other', divisor: '1m' } } },
        ],
      },
      { R0: '2', R1: '1500', R2: '4096', R3: '96', R4: '0', R5: '5', R6: '2', R7: '10', R8: '250' },
    ],
  ];
  for (const [name, container, want] of cases) test(name, () => expect(envOf(container)).toMatchObject(want));

  test('optional references to nothing leave the variable out', () => {
    const env = envOf({
      envFrom: [{ configMapRef: { name: 'none', optional: true } }],
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'sec', key: 'none', optional: true } } },
      ],
    });
    expect(Object.keys(env).filter((it) => !it.startsWith('KUBERNETES'))).toEqual([]);
  });

  const faults: Array<[string, Partial<core.Container>]> = [
    ['configmap "none" not found', { envFrom: [{ configMapRef: { name: 'none' } }] }],
    ['secret "none" not found', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }] }],
    [
      "couldn't find key size in ConfigMap default/cfg",
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'size' } } }] },
    ],
    [
      'container none not found',
      { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', containerName: 'none' } } }] },
    ],
    ['unsupported fieldPath: spec.hostname', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.hostname' } } }] }],
    ["couldn't find key size in Secret default/sec", { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'sec', key: 'size' } } }] }],
  ];
  for (const [message, container] of faults) test(message, () => expect(() => envOf(container)).toThrow(message));

  test('hostile names are names', () => {
    const pod: core.ConfigMap = { ...config, data: JSON.parse('{"__proto__": "x", "constructor": "y"}') };
    const env = buildEnv({ name: 'app', envFrom: [{ configMapRef: { name: 'cfg' } }] }, { ...sources(), configMap: () => pod });
    expect([env.get('__proto__'), env.get('constructor')]).toEqual(['x', 'y']);
  });
});

test('commands are expanded', () => {
  const env = new Map([['PORT', '80']]);
  expect(expandCommand({ name: 'a', command: ['serve', '$(PORT)'], args: ['$$(PORT)', '$(X)'] }, env)).toEqual({
    command: ['serve', '80'],
    args: ['$(PORT)', '$(X)'],
  });
  expect(expandCommand({ name: 'a' }, env)).toEqual({});
});

test('sources are named once', () => {
  expect(
    envSourceNames({
      name: 'a',
      envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }],
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }],
    }),
  ).toEqual({ configMaps: ['c'], secrets: ['s'] });
});
