import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createKernelTable, createNftables, programs } from '../../../src/proxy/index.ts';
import { trafficContract } from './contract.ts';

// Changing the kernel's tables takes root, and both programs.
const can = process.getuid?.() === 0 && ['nft', 'conntrack'].every((it) => spawnSync(it, ['--version'], { stdio: 'ignore' }).status === 0);

describe.skipIf(!can)('nftables', () => {
  const deps = { programs, clock: systemClock, log: silentLog };
  const advance = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  trafficContract(
    () => {
      const table = createKernelTable({ name: 'peapod-contract', serviceCidr: '127.41.0.0/24' }, deps);
      return { traffic: createNftables({ table, ...deps }), advance };
    },
    { isOwnWork: false },
    2,
  );
});
