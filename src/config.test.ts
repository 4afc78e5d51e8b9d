import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Given, nth, readConfig } from './config.ts';

test('defaults make a cluster named peapod on loopback', () => {
  const config = readConfig({}, {});
  expect(config).toMatchObject({
    cluster: 'peapod',
    dockerHost: 'unix:///var/run/docker.sock',
    api: { host: '127.0.0.1', port: 6443 },
    network: {
      name: 'peapod',
      podCidr: '10.244.0.0/16',
      nodeCidr: '10.244.0.0/24',
      serviceCidr: '10.96.0.0/16',
      clusterDns: '10.96.0.10',
      nodePorts: { first: 30_000, last: 32_767 },
    },
  });
  expect(config.dataDir).toMatch(/peapod$/);
  expect(Object.isFrozen(config.network.nodePorts)).toBe(true);
});

test('flags win over the environment, the environment over the file, the file over defaults', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'peapod-config-')), 'config.yaml');
  writeFileSync(file, 'name: from-file\nport: 7001\nmax-pods: 50\nnode-port-addresses: [127.0.0.1, 127.0.0.2]\n');
  const env = { PEAPOD_CONFIG: file, PEAPOD_NAME: 'from-env', PEAPOD_PORT: '7002' };
  const config = readConfig({ port: '7003' }, env);
  expect([config.cluster, config.api.port, config.node.maxPods]).toEqual(['from-env', 7003, 50]);
  expect(config.network.nodePortAddresses).toEqual(['127.0.0.1', '127.0.0.2']);
  expect(config.network.name).toBe('peapod-from-env');
});

const faults: Array<[name: string, flags: Given, env: NodeJS.ProcessEnv, message: RegExp]> = [
  ['a port that is no number', { port: 'http' }, {}, /^flag --port: "http" must be a number from 0 to 65535$/],
  ['an address of a variable', {}, { PEAPOD_LISTEN: '::1' }, /^environment variable PEAPOD_LISTEN: "::1" must be an IPv4 address/],
  ['a range that begins in the middle', { 'pod-cidr': '10.244.1.0/16' }, {}, /must begin at the first address/],
  ['a range that is too narrow', { 'service-cidr': '10.96.0.0/28' }, {}, /with a prefix of 8 to 24 bits/],
  ['ranges that overlap', { 'pod-cidr': '10.0.0.0/8' }, {}, /^pod-cidr 10\.0\.0\.0\/8 and service-cidr 10\.96\.0\.0\/16 overlap$/],
  ['a name that is no label', { name: 'My Cluster' }, {}, /^flag --name: "My Cluster" must be a DNS label/],
  ['node ports backwards', { 'node-ports': '32000-31000' }, {}, /must be a range such as/],
  ['mirrors of nothing', { mirrors: 'a.example' }, {}, /^flag --mirrors: "a.example" must be a list such as gcr.io=/],
  ['mirrors of what is no registry', { mirrors: 'redis=a.example' }, {}, /must be a list such as/],
  ['a mirror that is no place', { mirrors: 'gcr.io=http://a' }, {}, /names no place for images: "http:\/\/a"/],
  ['a preset there is not', { mirrors: 'preset:other' }, {}, /names a preset there is not: "other" \(there is primer\)$/],
  ['a file that is not there', { config: '/no/such/file' }, {}, /^\/no\/such\/file cannot be read: /],
];
for (const [name, flags, env, message] of faults) test(`refuses ${name}`, () => expect(() => readConfig(flags, env)).toThrow(message));

test('refuses a file with a setting that does not exist', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'peapod-config-')), 'config.yaml');
  writeFileSync(file, 'prot: 7001\n');
  expect(() => readConfig({ config: file }, {})).toThrow(/there is no setting "prot"/);
});

test('counts addresses over the borders of bytes', () => expect(nth('10.96.0.0/16', 300)).toBe('10.96.1.44'));

test('mirrors: none at first, a list, a preset, a mapping of the file', () => {
  const of = (given: Given, env: NodeJS.ProcessEnv = {}): unknown => readConfig(given, env).images.mirrors;
  expect(of({})).toEqual([]);
  expect(of({ mirrors: 'gcr.io=a.example/gcr, gcr.io=b.example:5000,docker.io=c.example' })).toEqual([
    { prefix: 'gcr.io', targets: ['a.example/gcr', 'b.example:5000'] },
    { prefix: 'docker.io', targets: ['c.example'] },
  ]);
  const ali = 'registry.cn-hangzhou.aliyuncs.com/google_containers';
  expect(of({}, { PEAPOD_MIRRORS: 'preset:primer' })).toEqual([
    { prefix: 'k8s.gcr.io', targets: [ali] },
    { prefix: 'registry.k8s.io', targets: [ali] },
    { prefix: 'gcr.io', targets: ['anjia0532/{dotted}'] },
  ]);
  const file = join(mkdtempSync(join(tmpdir(), 'peapod-config-')), 'config.yaml');
  writeFileSync(file, 'mirrors:\n  gcr.io: [a.example, b.example/x]\n  quay.io: c.example\n');
  expect(of({ config: file })).toEqual([
    { prefix: 'gcr.io', targets: ['a.example', 'b.example/x'] },
    { prefix: 'quay.io', targets: ['c.example'] },
  ]);
});

test("the user's own logins are where Docker keeps them", () => {
  expect(readConfig({}, { DOCKER_CONFIG: '/of/mine' }).images.dockerConfig).toBe('/of/mine/config.json');
  expect(readConfig({}, {}).images.dockerConfig).toMatch(/\/\.docker\/config\.json$/);
});
