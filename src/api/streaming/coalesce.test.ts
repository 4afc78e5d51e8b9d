import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { coalesce } from './coalesce.ts';

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function partsOf(source: AsyncIterable<string>): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of Readable.from(source, { objectMode: false }).pipe(coalesce())) parts.push(String(part));
  return parts;
}

describe('what comes', () => {
  test('in one turn is joined; the end waits for no turn', async () => {
    async function* lines(): AsyncGenerator<string> {
      yield 'one\n';
      yield 'two\n';
      for (let i = 0; i < 3; i++) await later();
      yield 'three\n';
      yield 'four\n';
    }
    const parts = await partsOf(lines());
    expect(parts.join('')).toBe('one\ntwo\nthree\nfour\n');
    expect(parts.length).toBeLessThan(4);
  });

  test('is handed on before more comes', async () => {
    let told = '';
    async function* lines(): AsyncGenerator<string> {
      yield 'begun\n';
      while (told === '') await later();
    }
    const joined = Readable.from(lines(), { objectMode: false }).pipe(coalesce());
    joined.on('data', (part) => {
      told += part;
    });
    await new Promise((resolve) => joined.once('end', resolve));
    expect(told).toBe('begun\n');
  });

  test('does not pile up when nobody reads', async () => {
    const joined = coalesce();
    let taken = 0;
    while (taken < 100 && joined.write(Buffer.alloc(16 * 1024))) taken++;
    for (let i = 0; i < 10; i++) await later();
    expect(taken).toBeLessThan(100);
    joined.destroy();
  });

  test('in large pieces is left as it is', async () => {
    const big = 'x'.repeat(100_000);
    async function* pieces(): AsyncGenerator<string> {
      yield big;
      yield big;
    }
    expect((await partsOf(pieces())).join('')).toBe(big + big);
  });
});
