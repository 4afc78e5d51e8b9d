import { expect, test } from 'vitest';
import { meantBy } from './arguments.ts';
import { findResource, type Resource, type Served } from './discovery.ts';

const resource = (group: string, version: string, kind: string, plural: string, more: Partial<Resource> = {}): Resource => ({
  ...{ group, version, apiVersion: group ? `${group}/${version}` : version, kind, plural, singular: kind.toLowerCase() },
  ...{ shortNames: [], categories: [], namespaced: true, verbs: ['get', 'list'], preferred: true, subresources: [], ...more },
});
const served: Served = {
  groupVersions: ['v1', 'apps/v1', 'events.k8s.io/v1'],
  resources: [
    resource('', 'v1', 'Pod', 'pods', { shortNames: ['po'], categories: ['all'] }),
    resource('', 'v1', 'Event', 'events', { shortNames: ['ev'] }),
    resource('apps', 'v1', 'Deployment', 'deployments', { shortNames: ['deploy'], categories: ['all'] }),
    resource('events.k8s.io', 'v1', 'Event', 'events', { shortNames: ['ev'] }),
  ],
};

test('names of kinds', () => {
  const found = [
    'po',
    'pod',
    'Pods',
    'POD',
    'deploy',
    'deployments.apps',
    'deployment.v1.apps',
    'events',
    'ev.events.k8s.io',
    'nope',
    'pods.apps',
  ].map((it) => findResource(served, it)?.apiVersion);
  expect(found).toEqual(['v1', 'v1', 'v1', 'v1', 'apps/v1', 'apps/v1', 'apps/v1', 'v1', 'events.k8s.io/v1', undefined, undefined]);
});

const cases: Array<[args: string, want: string]> = [
  ['pods', 'all pods'],
  ['po,deploy', 'all pods,deployments'],
  ['all', 'all pods,deployments'],
  ['pod a b', 'pods/a pods/b'],
  ['pod/a deploy/b', 'pods/a deployments/b'],
  ['po,deploy a', 'pods/a deployments/a'],
  ['', 'nothing'],
];
for (const [args, want] of cases) {
  test(`means ${args || 'nothing'}`, () => {
    const meant = meantBy(args.split(' ').filter(Boolean), served);
    const text =
      meant.by === 'type'
        ? `all ${meant.resources.map((it) => it.plural).join(',')}`
        : meant.by === 'name'
          ? meant.targets.map((it) => `${it.resource.plural}/${it.name}`).join(' ')
          : 'nothing';
    expect(text).toBe(want);
  });
}

const faults: Array<[args: string, message: string]> = [
  ['nope', `the server doesn't have a resource type "nope"`],
  ['pods/a svc', 'there is no need to specify a resource type as a separate argument'],
  ['pods/', 'arguments in resource/name form must have a single resource and name'],
  ['pods/a/b', 'arguments in resource/name form may not have more than one slash'],
];
for (const [args, message] of faults) test(`refuses ${args}`, () => expect(() => meantBy(args.split(' '), served)).toThrow(message));
