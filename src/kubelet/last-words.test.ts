import { describe, expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { cutMessages, endUnseen, wasInitialized } from './last-words.ts';

type Status = core.ContainerStatus;
const status = (name: string, state: core.ContainerState, lastState?: core.ContainerState): Status => ({
  ...{ name, state, ready: false, restartCount: 0, image: '', imageID: '' },
  ...(lastState && { lastState }),
});
const waiting = (name: string): Status => status(name, { waiting: { reason: 'ContainerCreating' } });
const running = (name: string): Status => status(name, { running: {} });
const ended = (name: string, exitCode: number, message?: string): Status =>
  status(name, { terminated: { exitCode, ...(message && { message }) } });
/** Each status in a word: its exit code, or that it waits or runs. */
const words = (list: readonly Status[]): string =>
  list.map((it) => it.state?.terminated?.exitCode ?? (it.state?.running ? 'running' : 'waiting')).join(' ');

describe('of a pod that is over', () => {
  const cases: Array<[what: string, init: Status[], apps: Status[], want: string]> = [
    ['what has ended stays', [], [ended('a', 0), ended('b', 3)], ' | 0 3'],
    ['what was never seen to end has failed', [], [waiting('a'), ended('b', 0)], ' | 137 0'],
    ['a first init container that never began counts as failed', [waiting('i'), waiting('j')], [waiting('a')], '137 waiting | waiting'],
    [
      'init containers before one that began count too',
      [waiting('i'), ended('j', 1), waiting('k')],
      [waiting('a')],
      '137 1 waiting | waiting',
    ],
    ['after the last init container the others had their turn', [ended('i', 0)], [waiting('a')], '0 | 137'],
    ['nor does a sidecar that was lost stay open', [running('i')], [ended('a', 0)], '137 | 0'],
  ];
  test.each(cases)('%s', (_, init, apps, want) => {
    const all = endUnseen(init, apps, wasInitialized(init, apps));
    expect(`${words(all.init)} | ${words(all.apps)}`).toBe(want);
  });
});

describe('messages', () => {
  const long = 'x'.repeat(5000);
  test('of three containers have room', () => {
    const all = [ended('a', 1, 'x'.repeat(4096)), ended('b', 1, 'why'), running('c')];
    expect(cutMessages(all)).toEqual(all);
  });
  test('of many are cut to their share', () => {
    const all = [
      ...Array.from({ length: 5 }, (_, i) => ended(`c${i}`, 1, long)),
      status('d', { waiting: {} }, { terminated: { exitCode: 1, message: long } }),
    ];
    const lengths = cutMessages(all).map((it) => (it.state?.terminated ?? it.lastState?.terminated)?.message?.length);
    expect(lengths).toEqual(Array.from({ length: 6 }, () => 2048));
  });
});
