import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../lib/clock.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { endingInSilence } from './attach.ts';

describe('the end of the input of a container that keeps its own', () => {
  /** The seconds after which the outputs spoke, and the one in which the engine hears of the end. */
  const cases: Array<[name: string, spoke: number[], endsAt: number]> = [
    ['two seconds after the last of it', [], 2],
    ['two seconds after the answer', [1], 3],
    ['an answer in parts', [1, 2, 3], 5],
    ['somebody who never ends', [1, 2, 3, 4, 5, 6, 7, 8, 9], 10],
  ];
  test.each(cases)('%s', async (_, spoke, endsAt) => {
    const clock = new VirtualClock(0);
    const engine = new PassThrough();
    let heardAt = 0;
    const stdin = endingInSilence(engine, { clock, heardAt: () => heardAt, isOver: () => false });
    stdin.end('question\n');
    await once(engine, 'readable');
    expect(String(engine.read())).toBe('question\n');
    engine.resume();
    for (let second = 1; second <= endsAt; second++) {
      expect(engine.writableEnded).toBe(false);
      await clock.advance(seconds(1));
      if (spoke.includes(second)) heardAt = clock.now();
    }
    expect(engine.writableEnded).toBe(true);
  });

  test('nobody waits for a process that has ended', async () => {
    const clock = new VirtualClock(0);
    const engine = new PassThrough();
    const stdin = endingInSilence(engine, { clock, heardAt: () => 0, isOver: () => true });
    stdin.end();
    await once(stdin, 'finish');
    expect(engine.writableEnded).toBe(true);
  });
});
