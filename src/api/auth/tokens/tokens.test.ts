import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { tokensForTests } from '../../../../test/fixtures/api/tokens.ts';
import type { AnyKind, core } from '../../../kinds/index.ts';
import { seconds, toTime } from '../../../lib/clock.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';
import type { KubeObject } from '../../../meta/types.ts';
import { accountIn } from './claims.ts';
import { readJwt } from './jwt.ts';

const meta = (name: string, more: object = {}) => ({
  ...{ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '' },
  ...more,
});
const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta('robot') } as core.ServiceAccount;
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: meta('web'), spec: { containers: [], nodeName: 'n1' } } as unknown as core.Pod;
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta('held') } as core.Secret;

function bench() {
  const clock = new VirtualClock();
  const objects = new Map<string, KubeObject>([
    ['serviceaccounts/robot', account],
    ['pods/web', pod],
    ['secrets/held', secret],
  ]);
  const tokens = tokensForTests(clock, async (kind: AnyKind, _, name) => objects.get(`${kind.plural}/${name}`));
  const issue = (expirationSeconds = 600, binding: object = { pod }, audiences = ['https://issuer']): string =>
    tokens.issue(account, binding, { audiences, expirationSeconds }).token;
  return { clock, objects, tokens, issue };
}

test('a token says what upstream’s say', () => {
  const { issue, clock } = bench();
  const at = Math.floor(clock.now() / 1000);
  expect(readJwt(issue(600, { pod, node: { name: 'n1', uid: 'uid-n1' } }))?.claims).toEqual({
    ...{ aud: ['https://issuer'], exp: at + 600, iat: at, iss: 'https://issuer', jti: expect.any(String), nbf: at },
    'kubernetes.io': {
      namespace: 'shop',
      node: { name: 'n1', uid: 'uid-n1' },
      pod: { name: 'web', uid: 'uid-web' },
      serviceaccount: { name: 'robot', uid: 'uid-robot' },
    },
    sub: 'system:serviceaccount:shop:robot',
  });
});

test('the token that every pod gets is taken for a year', () => {
  const { tokens, issue, clock } = bench();
  const at = Math.floor(clock.now() / 1000);
  const claims = readJwt(issue(3607))?.claims;
  expect(claims).toMatchObject({ exp: at + 365 * 24 * 3600, 'kubernetes.io': { warnafter: at + 3607 } });
  expect(tokens.issue(account, { pod }, { audiences: ['https://issuer'], expirationSeconds: 3607 }).expires).toBe(
    toTime(clock.now() + seconds(3607)),
  );
  expect(readJwt(issue(3607, { pod }, ['vault']))?.claims.exp).toBe(at + 3607);
});

test('whose it is', async () => {
  const { tokens, issue } = bench();
  const { user, audiences } = (await tokens.check(issue(600, { pod, node: { name: 'n1', uid: 'uid-n1' } }))) ?? {};
  expect(audiences).toEqual(['https://issuer']);
  expect(user).toEqual({
    name: 'system:serviceaccount:shop:robot',
    uid: 'uid-robot',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)],
      'authentication.kubernetes.io/node-name': ['n1'],
      'authentication.kubernetes.io/node-uid': ['uid-n1'],
      'authentication.kubernetes.io/pod-name': ['web'],
      'authentication.kubernetes.io/pod-uid': ['uid-web'],
    },
  });
});

type Bench = ReturnType<typeof bench>;
const refusals: Array<[name: string, spoil: (it: Bench) => void | Promise<void>, message: string, binding?: object]> = [
  ['has run out', ({ clock }) => clock.advance(seconds(661)), 'service account token has expired'],
  ['is of another audience', () => {}, 'token audiences ["https://issuer"] is invalid for the target audiences ["vault"]'],
  ['has lost its pod', ({ objects }) => void objects.delete('pods/web'), 'service account token has been invalidated'],
  [
    'is of a pod whose time to go is over',
    ({ objects, clock }) =>
      void objects.set('pods/web', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: toTime(clock.now() - seconds(90)) } }),
    'service account token has been invalidated',
  ],
  [
    'is of an earlier pod',
    ({ objects }) => void objects.set('pods/web', { ...pod, metadata: { ...pod.metadata, uid: 'other' } }),
    'pod UID (other) does not match service account pod ref claim (uid-web)',
  ],
  ['has lost its secret', ({ objects }) => void objects.delete('secrets/held'), 'service account token has been invalidated', { secret }],
  ['has lost its account', ({ objects }) => void objects.delete('serviceaccounts/robot'), 'serviceaccounts "robot" not found'],
  [
    'is of an earlier account',
    ({ objects }) => void objects.set('serviceaccounts/robot', { ...account, metadata: { ...account.metadata, uid: 'other' } }),
    'service account UID (other) does not match claim (uid-robot)',
  ],
];
for (const [name, spoil, message, binding] of refusals)
  test(`refused: one that ${name}`, async () => {
    const it = bench();
    const token = it.issue(600, binding);
    await it.tokens.check(token);
    await spoil(it);
    await expect(it.tokens.check(token, message.includes('vault') ? ['vault'] : undefined)).rejects.toThrow(message);
  });

test('a pod that is just being deleted still speaks', async () => {
  const { tokens, issue, objects, clock } = bench();
  objects.set('pods/web', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: toTime(clock.now() + seconds(30)) } });
  expect(await tokens.check(issue())).toBeDefined();
});

test('the token in a secret holds as long as it stands there', async () => {
  const { tokens, objects } = bench();
  const token = tokens.issueLegacy(account, 'held');
  const held = (data: string): void =>
    void objects.set('secrets/held', { ...secret, data: { token: Buffer.from(data).toString('base64') } } as core.Secret);
  held(token);
  expect((await tokens.check(token))?.user).toEqual({
    ...{ name: 'system:serviceaccount:shop:robot', uid: 'uid-robot' },
    groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
  });
  held('another');
  await expect(tokens.check(token)).rejects.toThrow("token does not match server's copy");
  objects.delete('secrets/held');
  await expect(tokens.check(token)).rejects.toThrow('service account token has been invalidated');
});

test('forgeries', async () => {
  const { tokens, issue } = bench();
  const [head = '', body = '', signature = ''] = issue().split('.');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = readJwt(issue())?.claims as object;
  const changed = part({ ...claims, sub: 'system:serviceaccount:kube-system:robot' });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const foreign = sign('sha256', Buffer.from(`${head}.${body}`), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  for (const token of [
    `${head}.${changed}.${signature}`,
    `${head}.${body}.${foreign}`,
    `${part({ alg: 'none' })}.${body}.${signature}`,
    `${part({ alg: 'HS256' })}.${body}.${signature}`,
    `${head}.${body}.AAAA`,
  ])
    await expect(tokens.check(token)).rejects.toThrow('invalid signature');
  for (const token of [
    '',
    'x',
    'a.b.c',
    '..',
    `${head}.${body}`,
    `${head}.${body}.${signature}.x`,
    `${head}.${part({ iss: 'https://other' })}.${signature}`,
  ])
    expect(await tokens.check(token)).toBeUndefined();
});

test('names of accounts', () => {
  expect(accountIn('system:serviceaccount:shop:robot')).toEqual({ namespace: 'shop', name: 'robot' });
  for (const name of [
    'system:serviceaccount:shop',
    'system:serviceaccount::robot',
    'system:node:n1',
    'jane',
    'system:serviceaccount:a:b:c',
  ])
    expect(accountIn(name)).toBeUndefined();
});
