import { expect, test } from 'vitest';
import type { Pod, ResourceRequirements } from '../../generated/core-v1.ts';
import { defaultPod } from './defaults.ts';
import { podLevelFaults } from './pod-level.ts';
import { podRequests, qosClassOf } from './resources.ts';

type Amounts = { [name: string]: string };
const made = (whole: ResourceRequirements | undefined, ...containers: ResourceRequirements[]): Pod => {
  const spec = {
    ...(whole && { resources: whole }),
    containers: containers.map((resources, i) => ({ name: `c${i}`, image: 'i', resources })),
  };
  const draft = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec } as unknown as Pod;
  defaultPod(draft);
  return draft;
};

// Upstream: TestSetDefaultPodRequests (KEP-2837).
test.each<[string, Pod, Amounts | undefined]>([
  ['limits alone become requests', made({ limits: { cpu: '2', memory: '1Gi' } }, {}), { cpu: '2', memory: '1Gi' }],
  [
    'what the containers ask for comes first',
    made({ limits: { cpu: '2' } }, { requests: { cpu: '1' } }, { requests: { cpu: '500m' } }),
    { cpu: '1500m' },
  ],
  ['what is said stays', made({ requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } }, {}), { cpu: '1', memory: '1Gi' }],
  ['no limits, nothing added', made({ requests: { cpu: '1' } }, { requests: { memory: '1Gi' } }), { cpu: '1' }],
])('defaults: %s', (_, pod, want) => expect(pod.spec.resources?.requests).toEqual(want));

test.each<[string, Pod, string]>([
  ['nothing', made(undefined, {}), 'BestEffort'],
  ['the pod alone, limits for both', made({ limits: { cpu: '1', memory: '1Gi' } }, {}), 'Guaranteed'],
  ['the pod alone, one limit', made({ limits: { cpu: '1' } }, {}), 'Burstable'],
  ['containers do not count when the pod asks', made({ requests: { cpu: '1' } }, { limits: { cpu: '1', memory: '1Gi' } }), 'Burstable'],
  ['zero is nothing', made(undefined, { requests: { cpu: '0' }, limits: { memory: '0' } }), 'BestEffort'],
])('quality of service: %s', (_, pod, want) => expect(qosClassOf(pod)).toBe(want));

test.each<[string, Pod, string[]]>([
  ['all is well', made({ requests: { cpu: '2' }, limits: { cpu: '2' } }, { requests: { cpu: '1' } }, { requests: { cpu: '1' } }), []],
  ['not every resource', made({ requests: { 'example.com/x': '1' } }, {}), ['spec.resources.requests[example.com/x]: Unsupported value']],
  [
    'containers that ask for more together',
    made({ requests: { cpu: '1' } }, { requests: { cpu: '1' } }, { requests: { cpu: '1' } }),
    ['spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2'],
  ],
  [
    'a container that may use more',
    made({ limits: { memory: '1Gi' } }, { limits: { memory: '2Gi' }, requests: { memory: '1Mi' } }),
    ['spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi'],
  ],
])('faults: %s', (_, pod, want) => {
  const got = podLevelFaults(pod.spec, 'spec', new Set()).map(({ path, message }) => `${path}: ${message}`);
  for (const [i, text] of want.entries()) expect(got[i]).toContain(text);
  if (want.length === 0) expect(got).toEqual([]);
});

test('the scheduler counts the pod as a whole, with overhead', () => {
  const pod = made({ requests: { cpu: '2' } }, { requests: { cpu: '1', memory: '1Gi' } });
  pod.spec.overhead = { cpu: '250m' };
  expect(podRequests(pod.spec)).toEqual({ cpu: '2250m', memory: '1Gi' });
});
