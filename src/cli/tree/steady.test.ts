import { expect, test } from 'vitest';
import { at, factsOf, podWith } from '../../../test/fixtures/cli/facts.ts';
import { unsteadyFor } from './steady.ts';

const cases: Array<[name: string, status: Record<string, unknown>, milliseconds: number]> = [
  ['has just been started', { state: { running: { startedAt: at(0.5) } } }, 2_500],
  ['has run for a while', { state: { running: { startedAt: at(60) } } }, 0],
  ['was started again', { state: { running: { startedAt: at(4) } }, restartCount: 1 }, 6_000],
  ['was started again long ago', { state: { running: { startedAt: at(60) } }, restartCount: 9 }, 0],
  ['by a clock that is ahead', { state: { running: { startedAt: at(-3600) } } }, 10_000],
  ['has ended', { state: { terminated: { exitCode: 0 } } }, 0],
];
for (const [name, status, milliseconds] of cases) {
  test(`a container ${name}`, () => {
    const pod = podWith({ ready: true, ...status });
    expect(unsteadyFor(factsOf({ pods: [pod] }), pod)).toBe(milliseconds);
  });
}
