import { expect, test } from 'vitest';
import type { ObjectChange } from '../client/index.ts';
import type { networking } from '../kinds/index.ts';
import { silentLog } from '../lib/log.ts';
import { followAddedRanges } from './added-ranges.ts';

test('ranges are kept as long as their objects are there; the cluster’s own is not theirs', async () => {
  const there = new Set<string>();
  const looked: string[] = [];
  const changes: string[] = [];
  let tell: (change: ObjectChange<networking.ServiceCIDR>) => void = () => undefined;
  const onChange = (listener: typeof tell) => {
    tell = listener;
    return () => undefined;
  };
  const keep = async (cidr: string) => {
    there.add(cidr);
    return { look: () => void looked.push(cidr), end: async () => void there.delete(cidr) };
  };
  const ranges = followAddedRanges({ onChange }, '10.96.0.0/16', { keep, changed: () => changes.push('changed'), log: silentLog });
  const range = (...cidrs: string[]) => ({ metadata: { name: 'x' }, spec: { cidrs } }) as unknown as networking.ServiceCIDR;
  tell({ type: 'added', object: range('10.96.0.0/16') });
  tell({ type: 'added', object: range('10.97.0.0/24', 'fd00::/112') });
  tell({ type: 'modified', object: range('10.97.0.0/24', 'fd00::/112') });
  expect([[...there], ranges.contains('10.97.0.9'), ranges.contains('10.96.0.9')]).toEqual([['10.97.0.0/24'], true, false]);
  expect([ranges.list(), changes]).toEqual([['10.97.0.0/24'], ['changed']]);
  ranges.look('10.97.0.0/24');
  await expect.poll(() => looked).toEqual(['10.97.0.0/24']);
  tell({ type: 'deleted', object: range('10.97.0.0/24') });
  await Promise.resolve();
  await expect.poll(() => [...there]).toEqual([]);
  tell({ type: 'added', object: range('10.98.0.0/24') });
  await ranges.end();
  expect([...there]).toEqual([]);
});
