import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { rbac } from '../../kinds/index.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { parsePath, type User } from '../request.ts';
import { authenticate } from './authenticate.ts';
import { createAuthorizer } from './authorize.ts';
import { openPki, type Pki } from './pki.ts';
import { policyObjects } from './rbac/policy.ts';
import { rolesFrom } from './rbac/roles.ts';

const start = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;
const noTokens = { check: async () => undefined };
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'peapod-pki-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const open = (folder: string, options: { at?: number; names?: string[] } = {}): Promise<Pki> =>
  openPki(join(dir, folder), { serverNames: options.names ?? ['node-1', '10.96.0.1'], clock: new VirtualClock(options.at ?? start) });

describe('certificates', () => {
  test('are what clients need', async () => {
    const pki = await open('made');
    const [ca, server, admin] = [pki.caCertificate, pki.server.cert, pki.admin.cert].map((it) => new X509Certificate(it)) as [
      X509Certificate,
      X509Certificate,
      X509Certificate,
    ];
    expect(ca.ca).toBe(true);
    for (const it of [server, admin]) {
      expect(it.verify(ca.publicKey)).toBe(true);
      expect(it.ca).toBe(false);
      expect(it.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    }
    for (const name of ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'])
      expect(server.checkHost(name)).toBe(name);
    expect(server.checkHost('node-1')).toBe('node-1');
    for (const address of ['127.0.0.1', '::1', '10.96.0.1']) expect(server.checkIP(address)).toBe(address);
    expect(server.checkHost('example.com')).toBeUndefined();
    expect(admin.subject).toBe('O=system:masters\nCN=kubernetes-admin');
    for (const name of ['ca', 'server', 'admin'])
      for (const end of ['key', 'crt']) expect(statSync(join(dir, 'made', `${name}.${end}`)).mode & 0o777).toBe(0o600);
  });

  test('stay the same when opened again', async () => {
    const [first, second] = [await open('again'), await open('again')];
    expect([second.caCertificate, second.server, second.admin]).toEqual([first.caCertificate, first.server, first.admin]);
  });

  test('are renewed under the same authority', async () => {
    const first = await open('renewed');
    const other = await open('renewed', { names: ['node-2'] });
    expect(other.caCertificate).toBe(first.caCertificate);
    expect(other.admin).toEqual(first.admin);
    expect(new X509Certificate(other.server.cert).checkHost('node-2')).toBe('node-2');
    const later = await open('renewed', { names: ['node-2'], at: start + 340 * day });
    expect(later.caCertificate).toBe(first.caCertificate);
    expect(later.server).not.toEqual(other.server);
    expect(later.admin).not.toEqual(other.admin);
  });

  test('that are damaged are made anew, but for the authority', async () => {
    const first = await open('damaged');
    writeFileSync(join(dir, 'damaged', 'server.crt'), 'rubbish');
    writeFileSync(join(dir, 'damaged', 'admin.key'), first.server.key);
    const second = await open('damaged');
    expect(second.caCertificate).toBe(first.caCertificate);
    expect(new X509Certificate(second.admin.cert).subject).toContain('system:masters');
    writeFileSync(join(dir, 'damaged', 'ca.key'), readFileSync(join(dir, 'damaged', 'ca.key'), 'utf8').slice(0, 80));
    await expect(open('damaged')).rejects.toThrow(/certificate authority .*ca\.crt.* cannot be used: .* Put the files back from a backup/);
  });

  test('tell the server who asks', async () => {
    const pki = await open('who');
    const seen: User[] = [];
    const server = createServer(
      { ...pki.server, ca: pki.caCertificate, requestCert: true, rejectUnauthorized: false },
      async (request, response) => {
        try {
          seen.push(await authenticate(request, noTokens));
          response.end('fine');
        } catch (error) {
          response.writeHead(401).end((error as Error).message);
        }
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const ask = (options: object): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: pki.caCertificate, agent: false, ...options }, (it) => {
          it.resume().on('end', () => resolve(it.statusCode));
        }).on('error', reject);
      });
    const foreign = await open('foreign');
    expect(await ask(pki.admin)).toBe(200);
    expect(await ask(await pki.signClient('jane, O=system:masters', ['dev', 'ops']))).toBe(200);
    expect(await ask({})).toBe(200);
    expect(await ask(foreign.admin)).toBe(200);
    expect(await ask(pki.server)).toBe(200);
    expect(await ask({ headers: { authorization: 'Basic eDp5' } })).toBe(200);
    expect(await ask({ headers: { authorization: 'Bearer x' } })).toBe(401);
    server.close();
    const nobody = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(seen).toEqual([
      { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
      { name: 'jane, O=system:masters', groups: ['dev', 'ops', 'system:authenticated'] },
      nobody,
      nobody,
      nobody,
      nobody,
    ]);
  });
});

test('a connection without a certificate belongs to nobody', () => {
  expect(authenticate({ socket: {}, headers: {} } as unknown as IncomingMessage, noTokens)).toMatchObject({ name: 'system:anonymous' });
});

const { roles, bindings } = policyObjects();
const policy = rolesFrom({
  role: () => undefined,
  clusterRole: (name) => roles.find((it) => it.metadata.name === name) as rbac.ClusterRole | undefined,
  bindings: () => [],
  clusterBindings: () => bindings as rbac.ClusterRoleBinding[],
  stop: () => {},
});
const { authorize } = createAuthorizer(policy);

const allowed: Array<[groups: string[], method: string, url: string]> = [
  [['system:masters'], 'DELETE', '/api/v1/namespaces/default/pods'],
  [[], 'GET', '/healthz'],
  [[], 'GET', '/livez/store?verbose'],
  [[], 'GET', '/readyz'],
  [[], 'GET', '/version'],
  [[], 'GET', '/version/'],
  [['system:authenticated'], 'GET', '/apis'],
  [['system:authenticated'], 'GET', '/api/v1'],
];
for (const [groups, method, url] of allowed)
  test(`${groups} may ${method} ${url}`, () => expect(() => authorize({ name: 'it', groups }, parsePath(method, url))).not.toThrow());

const refused: Array<[method: string, url: string, message: string]> = [
  ['POST', '/apis', 'forbidden: User "it" cannot post path "/apis"'],
  ['POST', '/version', 'forbidden: User "it" cannot post path "/version"'],
  ['GET', '/healthzz', 'forbidden: User "it" cannot get path "/healthzz"'],
  ['GET', '/', 'forbidden: User "it" cannot get path "/"'],
  [
    'GET',
    '/api/v1/namespaces/default/pods',
    'pods is forbidden: User "it" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    'GET',
    '/api/v1/namespaces/default/pods/web/log',
    'pods "web" is forbidden: User "it" cannot get resource "pods/log" in API group "" in the namespace "default"',
  ],
  [
    'PATCH',
    '/apis/apps/v1/namespaces/x/deployments/web/scale',
    'deployments.apps "web" is forbidden: User "it" cannot patch resource "deployments/scale" in API group "apps" in the namespace "x"',
  ],
  ['GET', '/api/v1/nodes?watch=1', 'nodes is forbidden: User "it" cannot watch resource "nodes" in API group "" at the cluster scope'],
  [
    'DELETE',
    '/api/v1/namespaces/x',
    'namespaces "x" is forbidden: User "it" cannot delete resource "namespaces" in API group "" in the namespace "x"',
  ],
];
for (const [method, url, message] of refused)
  test(`others may not ${method} ${url}`, () => {
    expect(() => authorize({ name: 'it', groups: ['system:authenticated'] }, parsePath(method, url))).toThrow(
      expect.objectContaining({ message, code: 403, reason: 'Forbidden' }),
    );
  });
