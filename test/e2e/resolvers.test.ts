import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, isPodReady, pod, service } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { run } from '../fixtures/cluster/kubectl.ts';

/** The Kubernetes DNS specification (1.1.0), asked by programs that other people wrote: dig, glibc's and musl's resolvers. */
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
let dir: string;
const namespace = 'default';
const dns = '10.131.0.10';
const has = (program: string): boolean => existsSync(`/usr/bin/${program}`);
const until = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => found(cluster, what, look);

/** Where a library lives, and what makes programs for it; the second image is a whole Debian. */
const libraries = [
  { name: 'musl', compiler: 'musl-gcc', flags: ['-static'], image: 'busybox:1.36' },
  { name: 'glibc', compiler: 'gcc', flags: [], image: 'jocatalin/kubernetes-bootcamp:v1' },
];

/** A program that asks its C library for a name, by the family that is wanted. */
const source = `
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    struct addrinfo wish, *all;
    memset(&wish, 0, sizeof wish);
    wish.ai_socktype = SOCK_STREAM;
    int fault = getaddrinfo(words[i], 0, &wish, &all);
    if (fault) { printf("%s: %s\\n", words[i], gai_strerror(fault)); continue; }
    for (struct addrinfo *it = all; it; it = it->ai_next) {
      char text[64];
      void *address = it->ai_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)it->ai_addr)->sin6_addr : (void *)&((struct sockaddr_in *)it->ai_addr)->sin_addr;
      printf("%s: %s\\n", words[i], inet_ntop(it->ai_family, address, text, sizeof text));
    }
  }
  return 0;
}`;

async function create(
  name: string,
  spec: Partial<core.PodSpec>,
  container: Partial<core.Container> = {},
  labels: { [key: string]: string } = {},
) {
  const app: core.Container = { name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'], ...container };
  await client.create(pod, {
    metadata: { name, namespace, labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [app], ...spec },
  });
}

const made: { [name: string]: string } = {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'resolvers', second: 130, nodePorts: '23100-23199' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  dir = mkdtempSync(join(tmpdir(), 'peapod-resolvers-'));
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'dns', protocol: 'UDP' as const, port: 53 },
  ];
  const web = await client.create(service, { metadata: { name: 'web', namespace }, spec: { selector: { app: 'db' }, ports } });
  await client.create(service, { metadata: { name: 'db', namespace }, spec: { clusterIP: 'None', selector: { app: 'db' }, ports } });
  await client.create(service, {
    metadata: { name: 'outside', namespace },
    spec: { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' },
  });
  made.web = web.spec.clusterIP ?? '';
  await create('db-0', { hostname: 'db-0', subdomain: 'db' }, {}, { app: 'db' });
  writeFileSync(join(dir, 'lookup.c'), source);
  for (const { name, compiler, flags, image } of libraries.filter(({ compiler }) => has(compiler))) {
    execFileSync(compiler, [...flags, '-O1', '-o', join(dir, name), join(dir, 'lookup.c')]);
    const volumes = [{ name: 'program', hostPath: { path: dir } }];
    await create(name, { volumes }, { image, volumeMounts: [{ name: 'program', mountPath: '/program', readOnly: true }] });
  }
  for (const name of ['db-0', ...libraries.filter(({ compiler }) => has(compiler)).map((it) => it.name)])
    await until(`${name} is ready`, async () => {
      const it = await client.get(pod, { namespace, name });
      if (!it || !isPodReady(it)) return false;
      made[name] = it.status?.podIP ?? '';
      return true;
    });
});
afterAll(async () => {
  close();
  await cluster?.destroy();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const dashed = (address: string): string => address.replaceAll('.', '-');
const reversed = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;

describe('records of the specification, by dig', () => {
  const zone = 'svc.cluster.local';
  const cases: Array<[what: string, type: string, name: () => string, want: () => string[]]> = [
    ['2.1 the version of the schema', 'TXT', () => 'dns-version.cluster.local', () => ['"1.1.0"']],
    ['2.3.1 a service', 'A', () => `web.default.${zone}`, () => [made.web as string]],
    ['2.3.1 no IPv6: nothing, but no "no such name"', 'AAAA', () => `web.default.${zone}`, () => []],
    ['2.3.2 a port', 'SRV', () => `_http._tcp.web.default.${zone}`, () => [`0 100 80 web.default.${zone}.`]],
    ['2.3.2 a port of UDP', 'SRV', () => `_dns._udp.web.default.${zone}`, () => [`0 100 53 web.default.${zone}.`]],
    ['2.3.3 the address of a service', 'PTR', () => reversed(made.web as string), () => [`web.default.${zone}.`]],
    ['2.4.1 a headless service', 'A', () => `db.default.${zone}`, () => [made['db-0'] as string]],
    ['2.4.1 a named endpoint', 'A', () => `db-0.db.default.${zone}`, () => [made['db-0'] as string]],
    ['2.4.2 ports of endpoints', 'SRV', () => `_http._tcp.db.default.${zone}`, () => [`0 100 8080 db-0.db.default.${zone}.`]],
    ['2.4.3 the address of an endpoint', 'PTR', () => reversed(made['db-0'] as string), () => [`db-0.db.default.${zone}.`]],
    ['2.5 an external name', 'CNAME', () => `outside.default.${zone}`, () => [`web.default.${zone}.`]],
    ['2.5 an external name, followed', 'A', () => `outside.default.${zone}`, () => [`web.default.${zone}.`, made.web as string]],
    ['a pod by its address', 'A', () => `${dashed(made['db-0'] as string)}.default.pod.cluster.local`, () => [made['db-0'] as string]],
    ['the API server', 'A', () => `kubernetes.default.${zone}`, () => ['10.131.0.1']],
    ['the host', 'A', () => 'host.docker.internal', () => ['10.130.0.1']],
  ];
  for (const way of ['+notcp', '+tcp', '+noedns', '+bufsize=4096'])
    test.skipIf(!has('dig'))(`all of them, ${way}`, async () => {
      const answers: string[] = [];
      const wanted: string[] = [];
      for (const [what, type, name, want] of cases) {
        const { stdout } = await run('dig', [way, '+short', '+tries=1', '+time=5', `@${dns}`, name(), type]);
        answers.push(`${what}: ${stdout.trim().split('\n').filter(Boolean).join(' ')}`);
        wanted.push(`${what}: ${want().join(' ')}`);
      }
      expect(answers).toEqual(wanted);
    });
  test.skipIf(!has('dig'))('what is not there', async () => {
    const statusOf = async (name: string, type: string) => /status: (\w+)/.exec((await run('dig', [`@${dns}`, name, type])).stdout)?.[1];
    expect(await statusOf(`none.default.${zone}`, 'A')).toBe('NXDOMAIN');
    expect(await statusOf(`web.default.${zone}`, 'AAAA')).toBe('NOERROR');
    expect(await statusOf(`_none._tcp.web.default.${zone}`, 'SRV')).toBe('NXDOMAIN');
  });
  if (!has('dig')) console.warn('!! dig is not installed (bind9-dnsutils): records are NOT asked for with it');
});

/** Names as applications write them: search paths, absolute ones, ones that are not there. */
const names = [
  'web',
  'web.default',
  'web.default.svc',
  'web.default.svc.cluster.local',
  'web.default.svc.cluster.local.',
  'db-0.db',
  'outside',
  'kubernetes',
  'host.docker.internal',
];
const expected = (): string[] =>
  names.map(
    (name) => `${name}: ${{ 'db-0.db': made['db-0'], kubernetes: '10.131.0.1', 'host.docker.internal': '10.130.0.1' }[name] ?? made.web}`,
  );

async function inside(name: string, ...command: string[]): Promise<string[]> {
  const it = await client.get(pod, { namespace, name });
  const id = execFileSync(
    'docker',
    ['ps', '-q', '--filter', `label=io.kubernetes.pod.uid=${it?.metadata.uid}`, '--filter', 'name=k8s_app_'],
    { encoding: 'utf8' },
  ).trim();
  const { stdout, stderr } = await run('docker', ['exec', id, ...command]);
  return `${stdout}${stderr}`.trim().split('\n');
}

for (const { name, compiler } of libraries) {
  test.skipIf(!has(compiler))(`the resolver of ${name}`, async () => {
    expect(await inside(name, `/program/${name}`, ...names)).toEqual(expected());
    expect((await inside(name, `/program/${name}`, 'none'))[0]).toMatch(/^none: (Name|No address)/);
  });
  if (!has(compiler)) console.warn(`!! ${compiler} is not installed: the resolver of ${name} is NOT tested`);
}
