import { expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import { loginsFor } from './logins.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (content: object, key = '.dockerconfigjson'): core.Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { [key]: base64(JSON.stringify(content)) },
});
const user = (username: string) => ({ username, password: 'p' });

const cases: Array<[name: string, reference: string, servers: string[], want: string[]]> = [
  ['the registry by name', 'reg.example.com/team/app:1', ['reg.example.com', 'other.example.com'], ['reg.example.com']],
  ['with its port', 'reg.example.com:5000/app', ['reg.example.com', 'reg.example.com:5000'], ['reg.example.com:5000']],
  ['with a scheme and a version', 'reg.example.com/app', ['https://reg.example.com/v2/'], ['https://reg.example.com/v2/']],
  [
    'a path, closest first',
    'reg.example.com/team/app',
    ['reg.example.com', 'reg.example.com/team', 'reg.example.com/else'],
    ['reg.example.com/team', 'reg.example.com'],
  ],
  [
    'a star within a part',
    'a1.reg.example.com/app',
    ['*.reg.example.com', '*.example.com', 'a*.reg.example.com'],
    ['a*.reg.example.com', '*.reg.example.com'],
  ],
  ['Docker Hub, by any of its names', 'app:1', ['https://index.docker.io/v1/', 'reg.example.com'], ['https://index.docker.io/v1/']],
  ['Docker Hub, a user’s', 'team/app', ['docker.io'], ['docker.io']],
  ['localhost is a registry', 'localhost/app', ['docker.io', 'localhost'], ['localhost']],
];
for (const [name, reference, servers, want] of cases)
  test(name, () => {
    const auths = Object.fromEntries(servers.map((it) => [it, user(it)]));
    expect(loginsFor(reference, [secret({ auths })]).map((it) => it.server)).toEqual(want);
  });

test('names and passwords in every form', () => {
  const of = (entry: object): object | undefined => loginsFor('r.io/a', [secret({ auths: { 'r.io': entry } })])[0];
  expect(of(user('u'))).toEqual({ server: 'r.io', username: 'u', password: 'p' });
  expect(of({ auth: base64('u:p:q') })).toEqual({ server: 'r.io', username: 'u', password: 'p:q' });
  expect(of({ identitytoken: 't' })).toEqual({ server: 'r.io', username: '', password: '', identityToken: 't' });
  expect(loginsFor('r.io/a', [secret({ 'r.io': user('old') }, '.dockercfg')])[0]?.username).toBe('old');
});

test('what is no login is left out', () => {
  const broken: core.Secret = { ...secret({}), data: { '.dockerconfigjson': base64('{') } };
  expect(
    loginsFor('r.io/a', [broken, secret({ auths: { 'r.io': null } }), secret({ auths: [] }), secret({ auths: { 'r.io': {} } })]),
  ).toEqual([]);
});
