import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { minutes } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import type { ImageState } from '../../runtime/index.ts';
import { bytesToFree, collectImages, type Disk } from './collect.ts';
import { openPulledImages, type PulledImages } from './pulled.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pulled-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const rooms: Array<[name: string, disk: Disk, limits: { high: number; low: number }, want: number]> = [
  ['off', { capacityBytes: 100, usedBytes: 100 }, { high: 100, low: 80 }, 0],
  ['room enough', { capacityBytes: 100, usedBytes: 84 }, { high: 85, low: 80 }, 0],
  ['too full', { capacityBytes: 100, usedBytes: 85 }, { high: 85, low: 80 }, 5],
  ['no disk', { capacityBytes: 0, usedBytes: 0 }, { high: 85, low: 80 }, 0],
];
for (const [name, disk, limits, want] of rooms) test(name, () => expect(bytesToFree(disk, limits)).toBe(want));

describe('a full disk', () => {
  const clock = new VirtualClock();
  let pulled: PulledImages;
  let here: Map<string, string>;
  let removed: string[];
  let failures: string[];
  const collect = (
    more: { usedBytes?: number; wanted?: string[]; busy?: string[]; used?: { [name: string]: number } } = {},
  ): Promise<void> =>
    collectImages({
      limits: { high: 85, low: 80 },
      images: {
        inspect: async (name) => (here.has(name) ? ({ id: here.get(name), sizeBytes: 10 } as ImageState) : undefined),
        untag: async (name) => {
          if (more.busy?.includes(name)) throw new Error('conflict: unable to remove repository reference');
          here.delete(name);
          removed.push(name);
        },
      },
      ...{ pulled, clock, log: silentLog, signal: new AbortController().signal },
      lastUse: (name) => more.used?.[name],
      wanted: () => new Set(more.wanted),
      disk: async () => ({ capacityBytes: 100, usedBytes: more.usedBytes ?? 95 }),
      onFailure: (message) => void failures.push(message),
    });
  beforeEach(async () => {
    pulled = await openPulledImages(join(dir, 'pulled.json'));
    here = new Map([...['a', 'b', 'c'].map((it): [string, string] => [it, `id-${it}`]), ['theirs', 'id-theirs']]);
    removed = [];
    failures = [];
    for (const [i, name] of ['a', 'b', 'c'].entries()) pulled.note(name, `id-${name}`, clock.now() - minutes(10 - i));
  });

  test('loses what was unused the longest, and no more than must go', async () => {
    await collect();
    expect([removed, failures, pulled.all().map((it) => it.name)]).toEqual([['a', 'b'], [], ['c']]);
  });
  test('keeps what pods have, what containers use, and what was used a moment ago', async () => {
    await collect({ wanted: ['a'], busy: ['b'], used: { c: clock.now() } });
    expect([removed, failures.length]).toEqual([[], 1]);
  });
  test('keeps images of others, under a name of ours too', async () => {
    here.set('a', 'id-of-somebody');
    await collect({ usedBytes: 100 });
    expect([removed, here.has('a'), here.has('theirs')]).toEqual([['b', 'c'], true, true]);
  });
  test('is remembered over restarts', async () => {
    await pulled.saved();
    expect((await openPulledImages(join(dir, 'pulled.json'))).all().map((it) => it.name)).toEqual(['a', 'b', 'c']);
  });
});
