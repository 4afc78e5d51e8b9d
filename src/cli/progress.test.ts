import { expect, test } from 'vitest';
import { recordedIo } from '../../test/fixtures/cli/io.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { createProgress } from './progress.ts';

const at = (isTerminal: boolean) => {
  const clock = new VirtualClock();
  const io = { ...recordedIo({ isTerminal, columns: 40 }), clock };
  return { clock, io, progress: createProgress(io) };
};

test('in a pipe: what is done, and what lasts, now and then', async () => {
  const { clock, io, progress } = at(false);
  progress.begin('quick');
  progress.done('quick one');
  progress.begin('slow');
  for (let i = 0; i < 22; i++) await clock.advance(1_000);
  progress.done('slow one');
  progress.begin('stopped');
  progress.stop();
  for (let i = 0; i < 5; i++) await clock.advance(1_000);
  expect(io.out()).toBe('✓ quick one\n… slow\n… slow\n… slow\n✓ slow one\n');
});

test('on a terminal: one line that counts and goes', async () => {
  const { clock, io, progress } = at(true);
  progress.begin('slow');
  await clock.advance(1_000);
  progress.done('slow one');
  progress.stop();
  expect(io.out()).toBe('\r\x1b[K… slow\r\x1b[K… slow (1 s)\r\x1b[K✓ slow one\n');
});
