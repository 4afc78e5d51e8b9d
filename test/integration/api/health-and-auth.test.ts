import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asAdmin, asAnyone, type Json, rawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

let server: TestApi;
let admin: ReturnType<typeof asAdmin>;
let anyone: ReturnType<typeof asAnyone>;
beforeAll(async () => {
  server = await openTestApi();
  admin = asAdmin(server);
  anyone = asAnyone(server);
});
afterAll(() => server.close());

describe('health', () => {
  test('is told to anybody', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/livez/ping']) {
      const { text, headers } = await anyone.get(path).expect(200);
      expect([text, headers['content-type']]).toEqual(['ok', 'text/plain; charset=utf-8']);
    }
    expect((await anyone.get('/readyz?verbose').expect(200)).text).toBe('[+]ping ok\nreadyz check passed\n');
  });

  test('names the part that ails; the process itself is well', async () => {
    let fault: string | undefined = 'the engine does not answer';
    server.api.addHealthCheck({ name: 'engine', check: () => fault });
    const { text } = await anyone.get('/readyz').expect(500);
    expect(text).toBe('[+]ping ok\n[-]engine failed: the engine does not answer\nreadyz check failed\n');
    await anyone.get('/readyz?exclude=engine').expect(200);
    await anyone.get('/readyz/engine').expect(500);
    await anyone.get('/livez').expect(200);
    fault = undefined;
    await anyone.get('/readyz/engine').expect(200);
  });

  test('/version says what API it is', async () => {
    const { body } = await anyone.get('/version').expect(200);
    expect(body).toMatchObject({ major: '1', minor: '36', gitVersion: 'v1.36.0', platform: expect.stringMatching(/^linux\//) });
  });

  test('/metrics are for administrators, with series of closed sets', async () => {
    await admin.get('/api/v1/made-up').expect(404);
    const { text } = await admin.get('/metrics').expect(200);
    expect(text).toContain('# TYPE peapod_api_requests_total counter');
    expect(text).not.toContain('made-up');
    await anyone.get('/metrics').expect(403);
  });
});

describe('who asks', () => {
  test('without a certificate: nobody, who may do nothing more', async () => {
    const { body } = await anyone.get('/api/v1/namespaces/default/pods').expect(403);
    expect(body).toMatchObject({
      ...{ kind: 'Status', reason: 'Forbidden', details: { kind: 'pods' } },
      message: 'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    for (const path of ['/api', '/apis', '/openapi/v2', '/openapi/v3', '/', '/metrics']) await anyone.get(path).expect(403);
    await anyone
      .post('/api/v1/namespaces/default/configmaps')
      .send({ metadata: { name: 'x' } })
      .expect(403);
    await anyone.delete('/api/v1/namespaces/default').expect(403);
  });

  test('with a token that is nobody’s: 401', async () => {
    const { body } = await anyone.get('/api').set('Authorization', 'Bearer nonsense').expect(401);
    expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
  });

  test('with the administrator’s certificate: who may do everything', async () => {
    const review = async (spec: object): Promise<Json> =>
      (await admin.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews').send({ spec }).expect(201)).body;
    expect((await review({ resourceAttributes: { verb: '*', group: '*', resource: '*' } })).status).toEqual({ allowed: true });
    expect((await review({ nonResourceAttributes: { verb: 'get', path: '/metrics' } })).status).toEqual({ allowed: true });
    const { body: me } = await admin.post('/apis/authentication.k8s.io/v1/selfsubjectreviews').send({}).expect(201);
    expect(me.status.userInfo).toMatchObject({ groups: ['system:masters', 'system:authenticated'] });
    const { body: rules } = await admin
      .post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews')
      .send({ spec: { namespace: 'default' } })
      .expect(201);
    expect(rules.status.resourceRules).toEqual([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]);
  });

  test('of others is asked by a review of theirs', async () => {
    const review = async (user: object, attributes: object): Promise<boolean> =>
      (
        await admin
          .post('/apis/authorization.k8s.io/v1/subjectaccessreviews')
          .send({ spec: { ...user, ...attributes } })
          .expect(201)
      ).body.status.allowed;
    const pods = { resourceAttributes: { verb: 'list', resource: 'pods' } };
    expect(await review({ user: 'x', groups: ['system:masters'] }, pods)).toBe(true);
    expect(await review({ user: 'x' }, pods)).toBe(false);
    expect(await review({ user: 'x' }, { nonResourceAttributes: { verb: 'get', path: '/healthz' } })).toBe(true);
    await admin
      .post('/apis/authorization.k8s.io/v1/subjectaccessreviews')
      .send({ spec: { user: 'x' } })
      .expect(422);
    await admin.post('/apis/authorization.k8s.io/v1/subjectaccessreviews').send({ spec: pods }).expect(422);
    await admin.get('/apis/authorization.k8s.io/v1/subjectaccessreviews').expect(405);
  });

  test('as somebody else, for who may', async () => {
    const { body } = await admin.get('/api/v1/pods').set('Impersonate-User', 'jane').expect(403);
    expect(body.message).toContain('User "jane" cannot list resource "pods"');
    await admin.get('/api/v1/pods').set('Impersonate-User', 'jane').set('Impersonate-Group', 'system:masters').expect(200);
    await admin.get('/api/v1/pods').set('Impersonate-Group', 'x').expect(400);
    const refused = await anyone.get('/version').set('Impersonate-User', 'jane').expect(403);
    expect(refused.body.message).toBe(
      'users "jane" is forbidden: User "system:anonymous" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  test('with a token that is reviewed: nobody known', async () => {
    const { body } = await admin
      .post('/apis/authentication.k8s.io/v1/tokenreviews')
      .send({ spec: { token: 'x' } })
      .expect(201);
    expect(body.status).toEqual({ user: {}, error: 'invalid bearer token' });
  });
});

describe('the wire', () => {
  test('large answers are zipped for who can unzip them', async () => {
    const data = { a: 'x'.repeat(200_000) };
    await admin
      .post('/api/v1/namespaces/default/configmaps')
      .send({ metadata: { name: 'large' }, data })
      .expect(201);
    const requests = rawRequests(server);
    const path = '/api/v1/namespaces/default/configmaps/large';
    const zipped = await admin.get(path).set('Accept-Encoding', 'gzip').expect(200);
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(Number(zipped.headers['content-length'])).toBeLessThan(20_000);
    expect(zipped.body.data).toEqual(data);
    const plain = await requests.send({ path, headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const small = await requests.send({ path: '/version', headers: { 'Accept-Encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
    requests.close();
  });

  test('?pretty is for eyes', async () => {
    const { text } = await admin.get('/api/v1/namespaces/default?pretty=true').expect(200);
    expect(text).toContain('\n  "kind": "Namespace"');
  });

  /** What comes back for bytes that are written to the socket as they are. */
  const spoken = (bytes: string | Buffer): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ port: server.api.port, host: '127.0.0.1', ca: server.pki.caCertificate });
      let heard = '';
      socket.on('data', (part: Buffer) => {
        heard += part.toString();
      });
      socket.on('close', () => resolve(heard));
      socket.on('error', () => resolve(heard));
      socket.write(bytes);
    });

  test('what is no HTTP is told so, and hung up on', async () => {
    expect(await spoken('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n(.|\r\n)*"reason":"BadRequest"/);
    expect(await spoken(Buffer.alloc(1000, 0xff))).toMatch(/^HTTP\/1\.1 400/);
    expect(await spoken(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/);
    expect(
      await spoken('GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 400/);
    await anyone.get('/livez').expect(200);
  });

  test('a client that goes away half way leaves nothing behind', async () => {
    const before = server.store.revision();
    const socket = connect({
      port: server.api.port,
      host: '127.0.0.1',
      ca: server.pki.caCertificate,
      cert: server.pki.admin.cert,
      key: server.pki.admin.key,
    });
    await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()));
    socket.write(
      'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"metadata":{"name":"half"}}',
    );
    socket.destroy();
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await admin.get('/api/v1/namespaces/default/configmaps/half').expect(404);
    expect(server.store.revision()).toBe(before);
    expect(server.errors).toEqual([]);
  });
});

describe('/debug/', () => {
  test('shows the inside of parts to those who are known', async () => {
    server.api.addDebugPage({ name: 'part', text: (rest) => (rest[0] === 'none' ? undefined : `seen: ${rest.join(' and ') || 'all'}`) });
    const { text, headers } = await admin.get('/debug/part/a/b%20c').expect(200);
    expect([text, headers['content-type']]).toEqual(['seen: a and b c\n', 'text/plain; charset=utf-8']);
    expect((await admin.get('/debug').expect(200)).text).toBe('/debug/part\n');
    expect((await admin.get('/debug/part').expect(200)).text).toBe('seen: all\n');
    await admin.get('/debug/part/none').expect(404);
    await admin.get('/debug/other').expect(404);
    await anyone.get('/debug/part').expect(403);
  });
});
