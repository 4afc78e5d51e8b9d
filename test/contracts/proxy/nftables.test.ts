import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createKernelTable, createNftables, type Listener, programs } from '../../../src/proxy/index.ts';
import { trafficContract } from './contract.ts';

// Changing the kernel's tables takes root, and both programs.
const can = process.getuid?.() === 0 && ['nft', 'conntrack'].every((it) => spawnSync(it, ['--version'], { stdio: 'ignore' }).status === 0);

describe.skipIf(!can)('nftables', () => {
  const deps = { programs, clock: systemClock, log: silentLog };
  const advance = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  trafficContract(
    () => {
      const table = createKernelTable({ name: 'peapod-contract', serviceCidr: '127.44.0.0/24' }, deps);
      return { traffic: createNftables({ table, ...deps }), advance };
    },
    { isOwnWork: false },
    4,
    '127.44',
  );

  test('of many services one that the kernel does not understand is told so, the others are carried', async () => {
    const table = createKernelTable({ name: 'peapod-contract', serviceCidr: '127.44.0.0/24' }, deps);
    const traffic = createNftables({ table, ...deps });
    const listener = (n: number, port = 80): Listener => ({
      ...{ id: `TCP 127.44.0.${n}:80`, protocol: 'TCP', address: `127.44.0.${n}`, port: 80, via: 'cluster IP', group: `s${n}` },
      endpoints: [{ address: '127.44.1.1', port }],
    });
    try {
      const told = await Promise.all([1, 2, 3, 4].map((n) => traffic.put(listener(n, n === 3 ? 70_000 : 80))));
      expect(told.map((it) => it?.reason)).toEqual([undefined, undefined, 'other', undefined]);
      expect(told[2]?.message).toMatch(/70000/);
      const shown = await programs.run('nft', 'list', 'map', 'ip', 'peapod-contract', 'services');
      expect([1, 2, 3, 4].filter((n) => shown.includes(`127.44.0.${n} . tcp`))).toEqual([1, 2, 4]);
      expect(await traffic.put(listener(3))).toBeUndefined();
    } finally {
      await traffic.close();
    }
  });
});
