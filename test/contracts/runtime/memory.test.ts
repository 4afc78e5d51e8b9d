import { systemClock } from '../../../src/lib/clock.ts';
import { createMemoryRuntime } from '../../../src/runtime/index.ts';
import { runtimeContract } from './contract.ts';

runtimeContract('memory', async () => {
  let next = 2;
  return {
    runtime: createMemoryRuntime(systemClock),
    labels: { owner: 'contract' },
    image: 'busybox',
    network: { name: 'contract', subnet: '10.251.0.0/24', gateway: '10.251.0.1' },
    address: () => `10.251.0.${next++}`,
    close: async () => {},
  };
});
