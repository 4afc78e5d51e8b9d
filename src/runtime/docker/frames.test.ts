import { expect, test } from 'vitest';
import type { LogChunk } from '../runtime.ts';
import { withoutRepeats } from './frames.ts';

/** `12 one` is a whole line of the twelfth nanosecond, `12 one…` a piece of one, `12 !one` of the other stream. */
async function* engine(lines: readonly string[]): AsyncGenerator<LogChunk> {
  for (const line of lines) {
    const [, at = '', other, text = '', part] = /^(\d+) (!?)(.*?)(…?)$/.exec(line) ?? [];
    const stamp = `2026-01-01T00:00:00.${at.padStart(9, '0')}Z `;
    yield { stream: other ? 'stderr' : 'stdout', data: Buffer.from(`${stamp}${text}${part ? '' : '\n'}`) };
  }
}
const cases: Array<[name: string, said: string[], want: string]> = [
  ['nothing twice', ['1 a', '2 b', '3 c'], 'a b c'],
  ['the last lines again', ['1 a', '2 b', '3 c', '2 b', '3 c', '4 d'], 'a b c d'],
  ['the same words at another time', ['1 a', '2 a'], 'a a'],
  ['pieces of a long line, and all of them again', ['1 a', '2 b…', '2 c…', '2 d', '1 a', '2 b…', '2 c…', '2 d', '3 e'], 'a bcd e'],
  ['a clock that was put back', ['5 a', '6 b', '3 c', '4 d'], 'a b c d'],
  ['both streams at one time', ['1 a', '1 !b', '2 c'], 'a b c'],
];
test.each(cases)('who follows a log hears it once: %s', async (_, said, want) => {
  const heard: string[] = [];
  for await (const { data } of withoutRepeats(engine(said), false)) heard.push(data.toString());
  expect(heard.join('').trim().replaceAll('\n', ' ')).toBe(want);
});

test('times are kept where they are wanted', async () => {
  for await (const { data } of withoutRepeats(engine(['1 a']), true)) expect(data.toString()).toBe('2026-01-01T00:00:00.000000001Z a\n');
});
