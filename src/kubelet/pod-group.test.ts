import { expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import type { core } from '../kinds/index.ts';
import { groupLimits } from './pod-group.ts';

const gi = 1024 ** 3;
const one: Partial<core.PodSpec> = {
  containers: [{ name: 'a', resources: { requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } } }],
};
test.each<[string, Partial<core.PodSpec>, number, unknown]>([
  ["its containers' limits are all there is", one, -1, undefined],
  ['processes are limited for all pods', one, 100, { pids: 100, cpuShares: 1024 }],
  [
    'huge pages, of which the engine knows nothing',
    {
      containers: [
        { name: 'a', resources: { limits: { 'hugepages-2Mi': '4Mi' } } },
        { name: 'b', resources: { limits: { 'hugepages-2Mi': '2Mi' } } },
      ],
    },
    -1,
    { cpuShares: 2, hugePages: new Map([[2 << 20, 6 << 20]]) },
  ],
  [
    'as a whole',
    { ...one, resources: { requests: { cpu: '1500m' }, limits: { cpu: '3', memory: '2Gi' } } },
    -1,
    { cpuShares: 1536, nanoCpus: 3e9, memoryBytes: 2 * gi },
  ],
  [
    'what its runtime class costs comes on top',
    { ...one, resources: { limits: { memory: '1Gi' } }, overhead: { memory: '1Gi' } },
    -1,
    { cpuShares: 1024, memoryBytes: 2 * gi },
  ],
])('%s', (_, spec, pids, want) => expect(groupLimits(podForTests(spec), pids)).toEqual(want));
