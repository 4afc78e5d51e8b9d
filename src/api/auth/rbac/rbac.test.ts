import { describe, expect, test } from 'vitest';
import type { rbac } from '../../../kinds/index.ts';
import type { Attempt } from '../attempt.ts';
import { isSubject, notCovered, ruleAllows } from './rules.ts';

const pods = (verbs: string[], more: Partial<rbac.PolicyRule> = {}): rbac.PolicyRule => ({
  verbs,
  apiGroups: [''],
  resources: ['pods'],
  ...more,
});
const to = (verb: string, more: object = {}): Attempt => ({ verb, group: '', plural: 'pods', ...more });

const cases: Array<[name: string, rule: rbac.PolicyRule, attempt: Attempt, want: boolean]> = [
  ['a verb and a resource', pods(['get']), to('get'), true],
  ['another verb', pods(['get']), to('list'), false],
  ['another group', pods(['get']), to('get', { group: 'apps' }), false],
  ['every verb', pods(['*']), to('anything'), true],
  ['every group and resource', { verbs: ['get'], apiGroups: ['*'], resources: ['*'] }, to('get', { group: 'x', subresource: 'log' }), true],
  ['a subresource is not its resource', pods(['get']), to('get', { subresource: 'log' }), false],
  ['a subresource by name', pods(['get'], { resources: ['pods/log'] }), to('get', { subresource: 'log' }), true],
  ['a subresource of anything', pods(['get'], { resources: ['*/scale'] }), to('get', { subresource: 'scale' }), true],
  ['one object', pods(['get'], { resourceNames: ['web'] }), to('get', { name: 'web' }), true],
  ['another object', pods(['get'], { resourceNames: ['web'] }), to('get', { name: 'db' }), false],
  ['a list where one object is allowed', pods(['list'], { resourceNames: ['web'] }), to('list'), false],
  ['a path', { verbs: ['get'], nonResourceURLs: ['/metrics'] }, { verb: 'get', path: '/metrics' }, true],
  ['paths below', { verbs: ['get'], nonResourceURLs: ['/apis/*'] }, { verb: 'get', path: '/apis/apps' }, true],
  ['a path beside', { verbs: ['get'], nonResourceURLs: ['/apis/*'] }, { verb: 'get', path: '/apis' }, false],
  ['a path by a rule for resources', pods(['get']), { verb: 'get', path: '/pods' }, false],
];
for (const [name, rule, attempt, want] of cases) test(name, () => expect(ruleAllows(rule, attempt)).toBe(want));

describe('subjects', () => {
  const robot = { name: 'system:serviceaccount:shop:robot', groups: ['system:serviceaccounts', 'system:authenticated'] };
  const subjects: Array<[subject: rbac.Subject, namespace: string | undefined, want: boolean]> = [
    [{ kind: 'User', name: 'system:serviceaccount:shop:robot' }, undefined, true],
    [{ kind: 'User', name: 'robot' }, undefined, false],
    [{ kind: 'Group', name: 'system:serviceaccounts' }, undefined, true],
    [{ kind: 'Group', name: 'system:masters' }, undefined, false],
    [{ kind: 'ServiceAccount', name: 'robot', namespace: 'shop' }, 'other', true],
    [{ kind: 'ServiceAccount', name: 'robot', namespace: 'other' }, 'shop', false],
    [{ kind: 'ServiceAccount', name: 'robot' }, 'shop', true],
    [{ kind: 'Robot', name: 'robot' }, 'shop', false],
  ];
  test.each(subjects)('%j in %s', (subject, namespace, want) => expect(isSubject(robot, subject, namespace)).toBe(want));
});

test('what is given away must be held, part by part', () => {
  const owned = [pods(['get', 'list']), pods(['delete'], { resourceNames: ['web'] }), { verbs: ['get'], nonResourceURLs: ['/apis/*'] }];
  expect(notCovered(owned, [pods(['get'])])).toEqual([]);
  expect(notCovered(owned, [pods(['get', 'watch'])])).toEqual([pods(['watch'])]);
  expect(notCovered(owned, [pods(['delete'], { resourceNames: ['web'] })])).toEqual([]);
  expect(notCovered(owned, [pods(['delete'])])).toEqual([pods(['delete'])]);
  expect(notCovered(owned, [{ verbs: ['get'], nonResourceURLs: ['/apis/apps', '/metrics'] }])).toEqual([
    { verbs: ['get'], nonResourceURLs: ['/metrics'] },
  ]);
  expect(notCovered([{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], [pods(['*'], { resources: ['*'] })])).toEqual([]);
});
