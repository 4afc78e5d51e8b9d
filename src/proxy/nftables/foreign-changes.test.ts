import { expect, test } from 'vitest';
import { foreignChanges } from './foreign-changes.ts';

test('changes of our table by another program are told, our own and those of other tables are not', () => {
  const told: string[][] = [];
  const read = foreignChanges(
    (pid) => pid === 7,
    (lines) => told.push([...lines]),
    (line) => line.includes('peapod'),
  );
  for (const line of [
    'add element ip peapod services { 10.96.0.1 . tcp . 443 : goto pick-1 }',
    '# new generation 3 by process 7 (nft)',
    'add table ip other',
    '# new generation 4 by process 8 (nft)',
    'delete chain ip peapod pick-1',
    'delete table ip peapod',
    '# new generation 5 by process 9 (nft)',
  ])
    read(line);
  expect(told).toEqual([['delete chain ip peapod pick-1', 'delete table ip peapod']]);
});
