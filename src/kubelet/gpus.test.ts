import { expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import type { ContainerState } from '../runtime/index.ts';
import { gpusFor } from './gpus.ts';

const asking = (limits: { [name: string]: string }): core.Container => ({ name: 'app', resources: { limits } });
const having = (gpus: string, status: ContainerState['status'] = 'running'): ContainerState =>
  ({ status, labels: { 'dev.peapod.gpus': gpus } }) as unknown as ContainerState;

test.each<[string, core.Container, string[], ContainerState[], unknown]>([
  ['none asked for', asking({ cpu: '1' }), ['0'], [], undefined],
  ['the first that are free', asking({ 'nvidia.com/gpu': '2' }), ['0', '1', '2'], [having('1')], { driver: 'nvidia', ids: ['0', '2'] }],
  ['what has ended holds nothing', asking({ 'nvidia.com/gpu': '1' }), ['0'], [having('0', 'exited')], { driver: 'nvidia', ids: ['0'] }],
  ['not known which there are', asking({ 'nvidia.com/gpu': '2' }), [], [], { driver: 'nvidia', count: 2 }],
  ["another maker's", asking({ 'amd.com/gpu': '1' }), ['0'], [], { driver: 'amd', count: 1 }],
])('%s', (_, container, all, containers, want) => expect(gpusFor(container, all, () => containers)).toEqual(want));
